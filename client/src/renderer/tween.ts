import type { SceneObject } from "./packet";

const TWEENED = ["x", "y", "w", "h", "r", "x2", "y2", "start", "end", "size", "lw", "alpha"] as const;
const TURN = 2 * Math.PI;

type Fields = Record<string, unknown>;

/** The object between two states, `part` from 0 to 1. What cannot be in between (colours, text) is as in `to`. */
export function between<T extends SceneObject>(from: SceneObject, to: T, part: number): T {
  return shifted(to, to, from, 1 - part);
}

/** `object`, moved by `part` of the way from one state to another. */
export function shifted<T extends SceneObject>(object: T, from: SceneObject, to: SceneObject, part: number): T {
  if (object.t !== from.t || object.t !== to.t) return object;
  const [before, after] = [from as unknown as Fields, to as unknown as Fields];
  const moved: Fields = { ...object };
  for (const field of TWEENED) {
    const [value, a, b] = [moved[field], before[field], after[field]];
    if (typeof value !== "number" || typeof a !== "number" || typeof b !== "number") continue;
    if (!isOwnSize(object, field, a, b)) moved[field] = value + (b - a) * part;
  }
  moved["rot"] = object.rot + shortestTurn(from.rot, to.rot) * part;
  if (object.t === "polygon" && from.t === "polygon" && to.t === "polygon") {
    moved["pts"] = shiftedPoints(object.pts, from.pts, to.pts, part);
  }
  return moved as unknown as T;
}

/** Whether there is anything between two states of an object. */
export function differ(from: SceneObject, to: SceneObject): boolean {
  const [before, after] = [from as unknown as Fields, to as unknown as Fields];
  if (from.rot !== to.rot || TWEENED.some((field) => before[field] !== after[field])) return true;
  return from.t === "polygon" && to.t === "polygon" && from.pts.some((part, i) => part !== to.pts[i]);
}

/** From one angle to another the short way round: an angle that wraps from pi to -pi must not spin the object. */
export function shortestTurn(from: number, to: number): number {
  const turn = (to - from) % TURN;
  if (turn > Math.PI) return turn - TURN;
  return turn < -Math.PI ? turn + TURN : turn;
}

/** A size of 0 stands for that of the image itself, so nothing lies between it and another. */
function isOwnSize(object: SceneObject, field: string, a: number, b: number): boolean {
  return object.t === "image" && (field === "w" || field === "h") && (a === 0 || b === 0);
}

function shiftedPoints(
  points: readonly number[],
  from: readonly number[],
  to: readonly number[],
  part: number,
): readonly number[] {
  if (from.length !== to.length || points.length !== to.length) return points;
  return points.map((value, i) => value + ((to[i] ?? 0) - (from[i] ?? 0)) * part);
}
