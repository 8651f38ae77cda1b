// A Phaser game that only draws, and only when it is told to: no loop of its own, no audio, no input, no banner, no
// listeners on the window's focus.

import type Phaser from "phaser";
import type { Kind } from "./kind";

type Parts = typeof import("./phaser");

export interface DrawingGame {
  game: Phaser.Game;
  scene: Phaser.Scene;
}

export async function startGame(
  phaser: Parts,
  canvas: HTMLCanvasElement,
  kind: Kind,
  background: string,
): Promise<DrawingGame> {
  /** Phaser's own start begins its animation loop and takes over window.onblur and onfocus. */
  class DrawingOnly extends phaser.Game {
    protected override start(): void {
      this.config.postBoot(this);
    }
  }
  const scene = new phaser.Scene("scene");
  const game = await new Promise<Phaser.Game>((resolve) => {
    new DrawingOnly({ ...config(phaser, canvas, kind, background), scene, callbacks: { postBoot: resolve } });
  });
  return { game, scene };
}

export function destroyGame(game: Phaser.Game): void {
  const context = game.context;
  game.destroy(true);
  game.step(0, 0); // Phaser destroys itself at its next step
  if (context instanceof WebGLRenderingContext) context.getExtension("WEBGL_lose_context")?.loseContext();
}

function config(
  phaser: Parts,
  canvas: HTMLCanvasElement,
  kind: Kind,
  backgroundColor: string,
): Phaser.Types.Core.GameConfig {
  return {
    type: kind === "webgl" ? phaser.WEBGL : phaser.CANVAS,
    canvas,
    backgroundColor,
    scale: { width: canvas.width, height: canvas.height, expandParent: false },
    parent: null as unknown as HTMLElement, // null: the canvas stays where it is (the type leaves that out)
    banner: false,
    audio: { noAudio: true },
    input: { keyboard: false, mouse: false, touch: false, gamepad: false, windowEvents: false },
    disableContextMenu: false,
    autoFocus: false,
    plugins: { default: [] } as unknown as Phaser.Types.Core.PluginObject, // no loader, input, tweens or clock in scenes
    render: { antialias: true, antialiasGL: true, powerPreference: "default" },
  };
}
