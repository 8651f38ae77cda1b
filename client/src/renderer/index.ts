// The picture of a running game: draw packets and pixel arrays go in, a canvas that fills the space shows them.

import type { PictureFile } from "../assets";
import type { Fit } from "./fit";
import { destroyGame, startGame, type DrawingGame } from "./game";
import { chooseKind, forcedKind, type Kind } from "./kind";
import { Layout } from "./layout";
import { motionRules, type MotionOptions } from "./motion";
import type { DrawPacket } from "./packet";
import { PixelLayer } from "./pixels";
import { SceneStore } from "./store";
import { Textures } from "./textures";
import { View } from "./view";

export type { DrawPacket } from "./packet";

/** Of a Game, `width`, `height`, `background`, `fps`, `interpolate` and `smooth` as they are. */
export interface RendererOptions extends MotionOptions {
  background: string; // "#rrggbb"
  pictures?: ReadonlyMap<string, PictureFile>; // what preloadAssets() gave: the files that packets name
  force?: Kind; // default: the page's ?renderer=, else WebGL where there is hardware for it
}

export interface Renderer {
  readonly kind: Kind;
  /**
   * Takes a packet; the next animation frame draws it, or the first part of the way to it. `corrected`: a rollback has
   * changed the past since the last packet, so what has moved may not have walked there. Throws UnknownPrimitive.
   */
  apply(packet: DrawPacket, how?: { corrected: boolean }): void;
  /** Takes an RGB or RGBA array, rows from the top; it is drawn behind all objects, and copied at once. */
  pixels(width: number, height: number, rgba: Uint8Array): void;
  /** Calls back once, with performance.now(), in the first animation frame that has drawn what was taken until now. */
  painted(callback: (t: number) => void): void;
  /** To be called when the parent has changed its place; changes of its size and of the window are seen without. */
  resize(): void;
  destroy(): void;
}

/**
 * A renderer in `parent`. The picture is as large as the parent; a parent without a height of its own gets the rest of the
 * window below its top.
 */
export async function createRenderer(parent: HTMLElement, options: RendererOptions): Promise<Renderer> {
  const phaser = await import("./phaser");
  const kind = chooseKind(options.force ?? forcedKind(window.location.search));
  const canvas = document.createElement("canvas");
  canvas.width = options.width;
  canvas.height = options.height;
  const drawing = await startGame(phaser, canvas, kind, options.background);
  const textures = new Textures(drawing.game.textures, options.pictures ?? new Map(), () => renderer.invalidate());
  const view = new View({ scene: drawing.scene, webgl: kind === "webgl", textures });
  const pixels = new PixelLayer(drawing.scene, options.width, options.height);
  const renderer = new PhaserRenderer(kind, drawing, new SceneStore(motionRules(options)), view, pixels, textures);
  renderer.fillParent(parent, canvas, options);
  return renderer;
}

class PhaserRenderer implements Renderer {
  private layout: Layout | null = null;
  private waiting: ((t: number) => void)[] = [];
  private frameRequest: number | null = null;

  constructor(
    readonly kind: Kind,
    private readonly drawing: DrawingGame,
    private readonly store: SceneStore,
    private readonly view: View,
    private readonly pixelLayer: PixelLayer,
    private readonly textures: Textures,
  ) {
    drawing.game.renderer.on("restorewebgl", () => this.invalidate());
  }

  fillParent(parent: HTMLElement, canvas: HTMLCanvasElement, scene: { width: number; height: number }): void {
    this.layout = new Layout(parent, canvas, scene, (place) => this.refit(place));
    this.layout.update();
  }

  apply(packet: DrawPacket, how = { corrected: false }): void {
    this.store.apply(packet, performance.now(), how.corrected);
    this.invalidate();
  }

  pixels(width: number, height: number, rgba: Uint8Array): void {
    this.pixelLayer.draw(width, height, rgba);
    this.invalidate();
  }

  painted(callback: (t: number) => void): void {
    this.waiting.push(callback);
    this.invalidate();
  }

  resize(): void {
    this.layout?.update();
  }

  destroy(): void {
    if (this.frameRequest !== null) cancelAnimationFrame(this.frameRequest);
    this.layout?.destroy();
    this.textures.destroy();
    destroyGame(this.drawing.game);
  }

  /** Draws in the next animation frame. Between two frames that differ nothing runs. */
  invalidate(): void {
    this.frameRequest ??= requestAnimationFrame(() => this.frame());
  }

  private frame(): void {
    this.frameRequest = null;
    this.draw();
    const callbacks = this.waiting;
    this.waiting = [];
    for (const callback of callbacks) callback(performance.now());
    if (this.store.moving) this.invalidate();
  }

  private draw(): void {
    const now = performance.now();
    this.view.update(this.store.sample(now));
    this.drawing.game.step(now, 0);
  }

  /** Resizing empties the canvas, so it is drawn again at once: the next animation frame would be one frame of nothing. */
  private refit(place: Fit): void {
    this.drawing.game.scale.resize(place.bufferWidth, place.bufferHeight);
    this.view.rescale(place.scale);
    this.pixelLayer.rescale(place.scale);
    this.draw();
  }
}
