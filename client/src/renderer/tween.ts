import type { SceneObject } from "./packet";

const TWEENED = ["x", "y", "w", "h", "r", "x2", "y2", "start", "end", "size", "lw", "alpha"] as const;
const TURN = 2 * Math.PI;

type Fields = Record<string, unknown>;

/** The object between two states, `part` from 0 to 1. What cannot be in between (colours, text) is as in `to`. */
export function between<T extends SceneObject>(from: SceneObject, to: T, part: number): T {
  if (from.t !== to.t) return to;
  const before = from as unknown as Fields;
  const mixed: Fields = { ...to };
  for (const field of TWEENED) {
    const [a, b] = [before[field], mixed[field]];
    if (typeof a === "number" && typeof b === "number") mixed[field] = mix(a, b, part);
  }
  mixed["rot"] = from.rot + shortestTurn(from.rot, to.rot) * part;
  if (from.t === "polygon" && to.t === "polygon") mixed["pts"] = betweenPoints(from.pts, to.pts, part);
  return mixed as unknown as T;
}

/** From one angle to another the short way round: an angle that wraps from pi to -pi must not spin the object. */
export function shortestTurn(from: number, to: number): number {
  const turn = (to - from) % TURN;
  if (turn > Math.PI) return turn - TURN;
  return turn < -Math.PI ? turn + TURN : turn;
}

function betweenPoints(from: readonly number[], to: readonly number[], part: number): readonly number[] {
  if (from.length !== to.length) return to;
  return to.map((b, i) => mix(from[i] ?? b, b, part));
}

function mix(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}
