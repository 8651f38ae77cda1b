// What Python's Surface sends: a draw packet, the difference to what the page was last sent. The fields, their units and
// their defaults are those of src/interactive_gym/rendering/surface.py; `complete` fills in what a packet leaves out.

export interface DrawPacket {
  full: boolean; // true: what is not in `set` is gone
  set: WireObject[]; // new and changed objects, each whole, in the order in which they are drawn
  drop: string[];
  order?: string[]; // every id, back to front, when appending the new ones to the known order would be wrong
}

export interface WireObject {
  id: string;
  t: string;
  [field: string]: unknown;
}

interface Common {
  id: string;
  x: number; // scene pixels, from the left; rect: its left edge, text and image: their anchor, all others: their centre
  y: number; // downwards
  depth: number; // greater is nearer; equal depths are drawn in order
  alpha: number;
  rot: number; // radians, clockwise, about the centre (text and image: about the anchor)
  tween: number; // ms from what is seen now to this; 0: at once
  fill: string | null; // "#rrggbb"
  line: string | null;
  lw: number;
}

export interface Rect extends Common {
  t: "rect";
  w: number;
  h: number;
}

export interface Circle extends Common {
  t: "circle";
  r: number;
}

export interface Ellipse extends Common {
  t: "ellipse";
  w: number;
  h: number;
}

export interface Arc extends Common {
  t: "arc";
  r: number;
  start: number; // radians, clockwise from +x
  end: number;
  closed: boolean; // a slice of pie, with its two straight edges
}

export interface Line extends Common {
  t: "line";
  x2: number;
  y2: number;
}

export interface Polygon extends Common {
  t: "polygon";
  pts: readonly number[]; // x0, y0, x1, y1, ...
}

export interface Text extends Common {
  t: "text";
  s: string;
  size: number; // of the font, in scene pixels
  font: string;
  anchor: readonly [number, number]; // the part of the text's box that is at x, y; 0..1
  bold: boolean;
}

export interface Picture extends Common {
  t: "image";
  src: string; // a data: URI, or the name of one of the game's assets
  frame: string | number | null; // of a sheet, its cells counted by rows; of an atlas, by name
  flip: boolean; // left and right exchanged
  w: number; // 0: as wide as the image is
  h: number;
  anchor: readonly [number, number];
}

export type Outlined = Rect | Circle | Ellipse | Arc | Line | Polygon;
export type SceneObject = Outlined | Text | Picture;

const COMMON = { x: 0, y: 0, depth: 0, alpha: 1, rot: 0, tween: 0, fill: null, line: null, lw: 1 };

const DEFAULTS: Readonly<Record<SceneObject["t"], Readonly<Record<string, unknown>>>> = {
  rect: { ...COMMON, w: 0, h: 0 },
  circle: { ...COMMON, r: 0 },
  ellipse: { ...COMMON, w: 0, h: 0 },
  arc: { ...COMMON, r: 0, start: 0, end: 0, closed: false },
  line: { ...COMMON, x2: 0, y2: 0 },
  polygon: { ...COMMON, pts: [] },
  text: { ...COMMON, s: "", size: 16, font: "sans-serif", anchor: [0, 0], bold: false },
  image: { ...COMMON, src: "", frame: null, flip: false, w: 0, h: 0, anchor: [0, 0] },
};

export class UnknownPrimitive extends Error {
  constructor(wire: WireObject) {
    super(`Object "${wire.id}" is a "${wire.t}", which this page cannot draw. It draws: ${Object.keys(DEFAULTS).join(", ")}.`);
    this.name = "UnknownPrimitive";
  }
}

/** The object with every field. Throws UnknownPrimitive when the page is older than the Surface that made the packet. */
export function complete(wire: WireObject): SceneObject {
  if (!isKnown(wire.t)) throw new UnknownPrimitive(wire);
  return { ...DEFAULTS[wire.t], ...wire } as unknown as SceneObject;
}

function isKnown(kind: string): kind is SceneObject["t"] {
  return Object.hasOwn(DEFAULTS, kind);
}
