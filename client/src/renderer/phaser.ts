// The parts of Phaser that draw our scenes; phaserbuild.ts says how they get here. In a chunk of its own: import() only.

// What every scene has. These register themselves; without them no game begins.
import "phaser/src/cameras/2d/CameraManager";
import "phaser/src/events/EventEmitter";
import "phaser/src/gameobjects/DisplayList";
import "phaser/src/gameobjects/GameObjectCreator";
import "phaser/src/gameobjects/UpdateList";
import "phaser/src/scene/ScenePlugin";

// What we draw with: scene.add.image, .polygon and .text.
import "phaser/src/gameobjects/image/ImageFactory";
import "phaser/src/gameobjects/shape/polygon/PolygonFactory";
import "phaser/src/gameobjects/text/TextFactory";

import constants from "phaser/src/const";
import Game from "phaser/src/core/Game";
import Scene from "phaser/src/scene/Scene";

export const { CANVAS, WEBGL } = constants;
export { Game, Scene };
