/** The participant's end of a running game: the picture, the keys and the focus. */

import type { Pictures } from "./assets";
import type { FocusWatch } from "./focus";
import type { Keyboard, KeyState } from "./input/keyboard";
import type { Game } from "./protocol.gen";
import type { Renderer, RendererOptions } from "./renderer";
import type { FramePacket, MatchFrame, Press } from "./worker/messages";

export interface StageTools {
  focus: Pick<FocusWatch, "focused" | "listen">;
  origin: number; // performance.timeOrigin: what makes the page's times absolute
  createRenderer(parent: HTMLElement, options: RendererOptions): Promise<Renderer>;
  createKeyboard(keys: string[], onChange: (state: KeyState) => void): Keyboard;
}

/** The part of a packet that can be seen. */
export type Shown = Pick<FramePacket, "draw" | "pixels" | "hud"> & Partial<Pick<MatchFrame, "corrected">>;

export type SendInput = (down: string[], presses: Press[], focused: boolean) => void;

export class Stage {
  private readonly keyboard: Keyboard;
  private readonly stopWatching: () => void;
  private down: string[] = [];

  private constructor(
    private readonly renderer: Renderer,
    private readonly tools: StageTools,
    private readonly send: SendInput,
    game: Game,
  ) {
    const keys = [...new Set(game.bindings.flatMap((binding) => binding.keys))];
    this.keyboard = tools.createKeyboard(keys, (state) => this.keysChanged(state));
    this.stopWatching = tools.focus.listen(() => this.focusChanged());
  }

  static async open(
    parent: HTMLElement,
    game: Game,
    pictures: Pictures,
    tools: StageTools,
    send: SendInput,
  ): Promise<Stage> {
    const { width, height, background, fps, interpolate, smooth } = game;
    const options = { width, height, background, fps, interpolate, smooth, pictures };
    return new Stage(await tools.createRenderer(parent, options), tools, send, game);
  }

  get kind(): string {
    return this.renderer.kind;
  }

  /** Throws where the packet asks for something that the renderer cannot draw. */
  show(packet: Shown, pixels: ArrayBuffer | null): void {
    if (packet.draw !== null) this.renderer.apply(packet.draw, { corrected: packet.corrected ?? false });
    if (packet.pixels !== null && pixels !== null) this.renderer.pixels(...packet.pixels, new Uint8Array(pixels));
  }

  /** Calls back once, with the absolute time at which what was shown until now has been drawn. */
  painted(callback: (at: number) => void): void {
    this.renderer.painted((at) => callback(this.tools.origin + at));
  }

  listenToKeys(): void {
    this.send([], [], this.tools.focus.focused);
    this.keyboard.start();
  }

  ignoreKeys(): void {
    this.keyboard.stop();
  }

  close(): void {
    this.keyboard.stop();
    this.stopWatching();
    this.renderer.destroy();
  }

  /** Whoever looks away lets go of everything, whichever the browser tells first. */
  private focusChanged(): void {
    const { focused } = this.tools.focus;
    this.send(focused ? this.down : [], [], focused);
  }

  private keysChanged({ down, presses }: KeyState): void {
    this.down = down;
    const absolute = presses.map((press) => ({ ...press, t: this.tools.origin + press.t }));
    this.send(down, absolute, this.tools.focus.focused);
  }
}
