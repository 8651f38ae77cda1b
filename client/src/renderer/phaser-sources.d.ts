// Types of what we import from Phaser's sources, which have none of their own.

declare module "phaser/src/const" {
  const constants: { CANVAS: number; WEBGL: number };
  export default constants;
}

declare module "phaser/src/core/Game" {
  import type Phaser from "phaser";
  const Game: typeof Phaser.Game;
  export default Game;
}

declare module "phaser/src/scene/Scene" {
  import type Phaser from "phaser";
  const Scene: typeof Phaser.Scene;
  export default Scene;
}

declare module "phaser/src/*"; // imported only for what they register
