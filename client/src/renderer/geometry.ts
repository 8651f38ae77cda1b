// Outlines of primitives in device pixels, relative to the point about which the object turns. Pure.

import type { Arc, Circle, Ellipse, Line, Outlined, Polygon, Rect } from "./packet";

export interface Outline {
  x: number; // the point about which the object turns
  y: number;
  points: number[]; // x0, y0, x1, y1, ... relative to it
  closed: boolean;
  width: number; // of the line
}

export interface Mesh {
  vertices: number[]; // x0, y0, ...
  triangles: number[]; // three indices each
}

const MAX_ERROR = 0.1; // device pixels between a curve and the polygon that stands for it
const MITER_LIMIT = 10; // the 2D canvas' default, so that both renderers join lines alike
const TURN = 2 * Math.PI;

/**
 * The outline of an object at `scale` device pixels per scene pixel. With `snap`, edges of upright rectangles and lines are
 * put between device pixels: they are sharp, and tiles that touch in the scene touch on the screen. Moving objects are not
 * snapped, they would jitter.
 */
export function outline(object: Outlined, scale: number, snap: boolean): Outline {
  const upright = snap && object.rot === 0;
  switch (object.t) {
    case "rect":
      return rect(object, scale, upright);
    case "circle":
    case "ellipse":
      return ellipse(object, scale);
    case "arc":
      return arc(object, scale);
    case "line":
      return line(object, scale, upright);
    case "polygon":
      return polygon(object, scale);
  }
}

function rect(object: Rect, scale: number, snap: boolean): Outline {
  const width = lineWidth(object.lw, scale, snap);
  const edge = snap ? snapTo(object.line === null || object.lw === 0 ? 0 : width) : same;
  const [left, right] = [edge(object.x * scale), edge((object.x + object.w) * scale)];
  const [top, bottom] = [edge(object.y * scale), edge((object.y + object.h) * scale)];
  const [halfWidth, halfHeight] = [(right - left) / 2, (bottom - top) / 2];
  const corners = [-halfWidth, -halfHeight, halfWidth, -halfHeight, halfWidth, halfHeight, -halfWidth, halfHeight];
  return { x: left + halfWidth, y: top + halfHeight, points: corners, closed: true, width };
}

function ellipse(object: Circle | Ellipse, scale: number): Outline {
  const [rx, ry] = object.t === "circle" ? [object.r, object.r] : [object.w / 2, object.h / 2];
  const points = curve(rx * scale, ry * scale, 0, TURN).slice(0, -2);
  return { ...centre(object, scale), points, closed: true, width: lineWidth(object.lw, scale, false) };
}

function arc(object: Arc, scale: number): Outline {
  const sweep = clockwise(object.start, object.end);
  const whole = sweep >= TURN;
  const points = curve(object.r * scale, object.r * scale, object.start, sweep);
  if (whole) points.splice(-2);
  else if (object.closed) points.push(0, 0);
  return { ...centre(object, scale), points, closed: whole || object.closed, width: lineWidth(object.lw, scale, false) };
}

function line(object: Line, scale: number, snap: boolean): Outline {
  const width = lineWidth(object.lw, scale, snap);
  const [edge, along] = snap ? [snapTo(width), Math.round] : [same, same];
  const acrossX = object.x === object.x2 ? edge : object.y === object.y2 ? along : same;
  const acrossY = object.y === object.y2 ? edge : object.x === object.x2 ? along : same;
  const [x1, x2] = [acrossX(object.x * scale), acrossX(object.x2 * scale)];
  const [y1, y2] = [acrossY(object.y * scale), acrossY(object.y2 * scale)];
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  return { x, y, points: [x1 - x, y1 - y, x2 - x, y2 - y], closed: false, width };
}

function polygon(object: Polygon, scale: number): Outline {
  const xs = object.pts.filter((_, i) => i % 2 === 0);
  const ys = object.pts.filter((_, i) => i % 2 === 1);
  const [x, y] = [middle(xs), middle(ys)];
  const points = object.pts.map((value, i) => (value - (i % 2 === 0 ? x : y)) * scale);
  return { x: x * scale, y: y * scale, points, closed: true, width: lineWidth(object.lw, scale, false) };
}

/** Points of an elliptic curve from `start` over `sweep` radians, both ends included. */
function curve(rx: number, ry: number, start: number, sweep: number): number[] {
  const steps = segments(Math.max(rx, ry), sweep);
  const points: number[] = [];
  for (let i = 0; i <= steps; i++) {
    const angle = start + (sweep * i) / steps;
    points.push(rx * Math.cos(angle), ry * Math.sin(angle));
  }
  return points;
}

/** How many chords keep a curve of this radius within MAX_ERROR. */
export function segments(radius: number, sweep: number): number {
  const chord = 2 * Math.acos(1 - MAX_ERROR / Math.max(radius, 2 * MAX_ERROR));
  return Math.min(512, Math.max(8, Math.ceil(sweep / chord)));
}

function clockwise(start: number, end: number): number {
  const sweep = end - start;
  if (Math.abs(sweep) >= TURN) return TURN;
  return sweep < 0 ? sweep + TURN : sweep;
}

/**
 * A line along `points` as triangles that do not overlap (a translucent line has one alpha), with mitred corners. WebGL
 * needs this: Phaser's own strokes there leave notches in the corners of thin lines and cut those of thick ones.
 */
export function strokeMesh(points: readonly number[], closed: boolean, width: number): Mesh {
  const corners = withoutRepeats(points, closed);
  const mesh: Mesh = { vertices: [], triangles: [] };
  if (corners.length < 2) return mesh;
  corners.forEach((corner, i) => {
    const before = corners[i - 1] ?? (closed ? corners.at(-1) : undefined);
    const after = corners[i + 1] ?? (closed ? corners[0] : undefined);
    mesh.vertices.push(...joint(corner, before, after, width / 2));
  });
  const pairs = mesh.vertices.length / 4;
  for (let i = 0; i < (closed ? pairs : pairs - 1); i++) {
    const [a, b] = [2 * i, 2 * ((i + 1) % pairs)];
    mesh.triangles.push(a, a + 1, b, b, a + 1, b + 1);
  }
  return mesh;
}

type Point = readonly [number, number];

function withoutRepeats(points: readonly number[], closed: boolean): Point[] {
  const corners: Point[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) {
    const point: Point = [points[i] ?? 0, points[i + 1] ?? 0];
    if (!equal(point, corners.at(-1))) corners.push(point);
  }
  if (closed && corners.length > 1 && equal(corners[0], corners.at(-1))) corners.pop();
  return corners;
}

/** The left and right points of the line at a corner: one pair when mitred, two when the corner is too sharp for that. */
function joint(at: Point, before: Point | undefined, after: Point | undefined, half: number): number[] {
  const into = before && normal(before, at);
  const out = after && normal(at, after);
  if (!into || !out) return pair(at, into ?? out ?? [0, 0], half);
  const cosine = 1 + into[0] * out[0] + into[1] * out[1]; // 2 cos^2 of half the turn
  if (cosine < 2 / MITER_LIMIT ** 2) return [...pair(at, into, half), ...pair(at, out, half)];
  return pair(at, [(into[0] + out[0]) / cosine, (into[1] + out[1]) / cosine], half);
}

function pair([x, y]: Point, [nx, ny]: Point, half: number): number[] {
  return [x + nx * half, y + ny * half, x - nx * half, y - ny * half];
}

function normal([x1, y1]: Point, [x2, y2]: Point): Point {
  const length = Math.hypot(x2 - x1, y2 - y1);
  return [(y2 - y1) / length, (x1 - x2) / length];
}

function equal(a: Point | undefined, b: Point | undefined): boolean {
  return a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1];
}

function centre(object: { x: number; y: number }, scale: number): { x: number; y: number } {
  return { x: object.x * scale, y: object.y * scale };
}

function middle(values: readonly number[]): number {
  return values.length === 0 ? 0 : (Math.min(...values) + Math.max(...values)) / 2;
}

/** No line is thinner than a device pixel, or it would flicker in and out of sight. */
function lineWidth(sceneWidth: number, scale: number, snap: boolean): number {
  const width = Math.max(1, sceneWidth * scale);
  return snap ? Math.round(width) : width;
}

/** Rounds a coordinate so that a line of this width along it covers whole pixels. */
function snapTo(width: number): (value: number) => number {
  return (value) => Math.round(value - width / 2) + width / 2;
}

function same(value: number): number {
  return value;
}
