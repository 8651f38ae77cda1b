// One node per scene object: the Phaser game objects that show it. All coordinates here are device pixels; the camera
// neither zooms nor scrolls, so text and curves are made for the size at which they are seen.

import type Phaser from "phaser";
import { outline, strokeMesh, type Mesh, type Outline } from "./geometry";
import type { Outlined, Picture, SceneObject, Text } from "./packet";
import type { Loaded, Textures } from "./textures";

export interface Stage {
  scene: Phaser.Scene;
  webgl: boolean;
  textures: Textures;
}

export interface Node {
  /** Shows the object at `scale` device pixels per scene pixel; `moving`: it is on its way, so not on whole pixels. */
  show(object: SceneObject, scale: number, moving: boolean): void;
  /** 0 is behind all others. */
  rank(rank: number): void;
  destroy(): void;
}

export function createNode(stage: Stage, object: SceneObject): Node {
  switch (object.t) {
    case "text":
      return new TextNode(stage);
    case "image":
      return new PictureNode(stage);
    default:
      return new OutlinedNode(stage);
  }
}

class OutlinedNode implements Node {
  private readonly body: Phaser.GameObjects.Polygon;
  private readonly edge: Phaser.GameObjects.Polygon | null; // WebGL only: the line as a mesh of its own

  constructor(stage: Stage) {
    this.body = emptyPolygon(stage);
    this.edge = stage.webgl ? emptyPolygon(stage) : null;
  }

  show(shown: SceneObject, scale: number, moving: boolean): void {
    const object = shown as Outlined;
    const shape = outline(object, scale, !moving);
    this.showFill(object, shape);
    if (this.edge) this.showEdge(this.edge, object, shape);
    else this.showStroke(object, shape);
    for (const part of this.parts()) part.setPosition(shape.x, shape.y).setRotation(object.rot).setAlpha(object.alpha);
  }

  rank(rank: number): void {
    this.body.setDepth(rank);
    this.edge?.setDepth(rank + 0.5);
  }

  destroy(): void {
    for (const part of this.parts()) part.destroy();
  }

  private showFill(object: Outlined, shape: Outline): void {
    this.body.setTo(shape.points.length >= 4 ? shape.points : [0, 0, 0, 0]);
    if (object.fill === null || object.t === "line") this.body.setFillStyle();
    else this.body.setFillStyle(colour(object.fill));
  }

  private showStroke(object: Outlined, shape: Outline): void {
    this.body.setClosePath(shape.closed);
    if (object.line === null || object.lw === 0) this.body.setStrokeStyle();
    else this.body.setStrokeStyle(shape.width, colour(object.line));
  }

  private showEdge(edge: Phaser.GameObjects.Polygon, object: Outlined, shape: Outline): void {
    edge.setVisible(object.line !== null && object.lw > 0);
    if (object.line === null || object.lw === 0) return;
    setMesh(edge, strokeMesh(shape.points, shape.closed, shape.width));
    edge.setFillStyle(colour(object.line));
  }

  private parts(): Phaser.GameObjects.Polygon[] {
    return this.edge ? [this.body, this.edge] : [this.body];
  }
}

class TextNode implements Node {
  private readonly text: Phaser.GameObjects.Text;
  private style = "";

  constructor(stage: Stage) {
    this.text = stage.scene.add.text(0, 0, "");
  }

  show(shown: SceneObject, scale: number, moving: boolean): void {
    const object = shown as Text;
    this.restyle(object, scale);
    if (this.text.text !== object.s) this.text.setText(object.s);
    const [ax, ay] = object.anchor;
    const place = moving || object.rot !== 0 ? unsnapped : onWholePixels;
    this.text.setOrigin(ax, ay).setRotation(object.rot).setAlpha(object.alpha);
    this.text.setPosition(place(object.x * scale, ax * this.text.width), place(object.y * scale, ay * this.text.height));
  }

  rank(rank: number): void {
    this.text.setDepth(rank);
  }

  destroy(): void {
    this.text.destroy();
  }

  /** Laying out text costs, so it is done only when something about it has changed. */
  private restyle(object: Text, scale: number): void {
    const style = {
      fontFamily: object.font,
      fontSize: `${object.size * scale}px`,
      fontStyle: object.bold ? "bold" : "normal",
      color: object.fill ?? "rgba(0,0,0,0)",
      align: alignment(object.anchor[0]),
    };
    const key = JSON.stringify(style);
    if (key === this.style) return;
    this.text.setStyle(style);
    this.style = key;
  }
}

class PictureNode implements Node {
  private readonly picture: Phaser.GameObjects.Image;
  private shown: { object: Picture; scale: number; snap: boolean } | null = null;
  private loaded: Loaded | null = null;
  private wanted = "";

  constructor(private readonly stage: Stage) {
    this.picture = stage.scene.add.image(0, 0, "__DEFAULT").setVisible(false);
  }

  show(shown: SceneObject, scale: number, moving: boolean): void {
    const object = shown as Picture;
    this.shown = { object, scale, snap: !moving && object.rot === 0 };
    this.want(object);
    this.place();
  }

  rank(rank: number): void {
    this.picture.setDepth(rank);
  }

  destroy(): void {
    this.wanted = "";
    this.picture.destroy();
    this.loaded?.release();
  }

  /** Until the new image has been decoded, the old one stays. */
  private want({ src, frame }: Picture): void {
    const wanted = frame === null ? src : `${src}#${frame}`;
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.stage.textures.use(src, frame, (loaded) => {
      if (this.wanted !== wanted) return loaded.release();
      this.loaded?.release();
      this.loaded = loaded;
      this.place();
    });
  }

  private place(): void {
    if (!this.shown || !this.loaded) return;
    const { object, scale, snap } = this.shown;
    const { width, height } = this.loaded;
    const [w, h] = [object.w || width, object.h || height];
    const [ax, ay] = object.anchor;
    const edge = snap ? Math.round : unsnapped;
    const [left, right] = [edge((object.x - ax * w) * scale), edge((object.x + (1 - ax) * w) * scale)];
    const [top, bottom] = [edge((object.y - ay * h) * scale), edge((object.y + (1 - ay) * h) * scale)];
    this.picture
      .setTexture(this.loaded.key(isPixelArt(w / width)))
      .setVisible(true)
      .setFlipX(object.flip)
      .setOrigin(ax, ay)
      .setPosition(left + ax * (right - left), top + ay * (bottom - top))
      .setDisplaySize(right - left, bottom - top)
      .setRotation(object.rot)
      .setAlpha(object.alpha);
  }
}

/** What is drawn at twice its size or more is pixel art: its pixels stay square. All else is smoothed. */
export function isPixelArt(enlarged: number): boolean {
  return enlarged >= 2;
}

/** Lines of one text keep to the side at which it is anchored. */
function alignment(across: number): string {
  if (across === 0.5) return "center";
  return across > 0.5 ? "right" : "left";
}

function colour(hex: string): number {
  return Number.parseInt(hex.slice(1), 16);
}

function emptyPolygon(stage: Stage): Phaser.GameObjects.Polygon {
  return stage.scene.add.polygon(0, 0, [0, 0, 0, 0]).setOrigin(0, 0);
}

/** Phaser fills a polygon through these two arrays; giving them a mesh of our own draws that instead. */
function setMesh(polygon: Phaser.GameObjects.Polygon, mesh: Mesh): void {
  Object.assign(polygon, { pathData: mesh.vertices, pathIndexes: mesh.triangles });
}

function onWholePixels(position: number, offset: number): number {
  return Math.round(position - offset) + offset;
}

function unsnapped(position: number): number {
  return position;
}
