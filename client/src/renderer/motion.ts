// How one object comes to where packets put it: at once, by its own tween, or between two ticks at the display's rate.
// What a rollback has corrected fades out besides. Pure: time is an argument, in ms.

import type { SceneObject } from "./packet";
import { between, differ, shifted } from "./tween";

export interface MotionRules {
  tickMs: number; // how long an object is on its way from one tick to the next; 0: it is there at once
  smooth: boolean; // whether corrections fade out; else the object jumps
  far: number; // scene pixels: whoever is moved further has not walked there, and is not seen to
}

export const AT_ONCE: MotionRules = { tickMs: 0, smooth: false, far: 0 };

/** From this rate on, displays show hardly more frames than there are ticks: a tick of delay would buy nothing. */
const RATE_OF_DISPLAYS = 50;
const FAR = 1 / 4; // of the longer side: one cell of the smallest grids that are played, a fifth, is still walked
const FADE_MS = 33; // a correction's time constant: 95 % of it are gone after 100 ms
const FADED = 6; // time constants after which 0.25 % are left, less than a pixel

export interface MotionOptions {
  width: number; // of the scene
  height: number;
  fps?: number; // ticks per second; without it nothing is moved between them
  interpolate?: boolean;
  smooth?: boolean;
}

export function motionRules(options: MotionOptions): MotionRules {
  const { width, height, fps = 0, interpolate = false, smooth = false } = options;
  const isSlow = fps > 0 && fps < RATE_OF_DISPLAYS;
  return { tickMs: interpolate && isSlow ? 1000 / fps : 0, smooth, far: Math.max(width, height) * FAR };
}

/** On the way from one state to the target, at constant speed. */
interface Leg {
  from: SceneObject;
  start: number;
  duration: number; // > 0
  end: number; // from then on the object is at rest
}

/** What was seen before a correction, against what is right: it fades out. */
interface Correction {
  seen: SceneObject;
  right: SceneObject;
  start: number;
}

export class Path {
  private leg: Leg | null = null;
  private correction: Correction | null = null;

  constructor(private to: SceneObject) {}

  get target(): SceneObject {
    return this.to;
  }

  /** Whether the object will look different at a later time. */
  get moving(): boolean {
    return this.leg !== null || this.correction !== null;
  }

  /** How the object looks at `now`; legs and corrections that are over by then are forgotten. */
  at(now: number): SceneObject {
    const uncorrected = this.uncorrected(now);
    if (!this.correction) return uncorrected;
    const age = Math.max(0, now - this.correction.start) / FADE_MS;
    if (age < FADED) return shifted(uncorrected, this.correction.right, this.correction.seen, Math.exp(-age));
    this.correction = null;
    return uncorrected;
  }

  /** A packet that arrived at `now` puts the object at `target`; `corrected`: after a rollback. */
  lead(target: SceneObject, now: number, rules: MotionRules, corrected: boolean): void {
    const [seen, before] = [this.at(now), this.to];
    this.to = target;
    if (target.tween > 0) this.begin(seen, now, target.tween);
    else if (isUnnamed(target) || distance(seen, target) > rules.far) this.jump();
    else if (corrected) this.correct(seen, now, rules.smooth);
    else if (rules.tickMs === 0) this.leg = null;
    else if (differ(before, target)) this.walk(before, now, rules.tickMs);
  }

  private begin(from: SceneObject, now: number, duration: number): void {
    this.correction = null;
    this.leg = { from, start: now, duration, end: now + duration };
  }

  /** It stays in motion for another tick: between two ticks, one of which is late, it must not rest on whole pixels. */
  private walk(before: SceneObject, now: number, tickMs: number): void {
    const from = this.leg ? along(this.leg, before, now) : before;
    this.leg = { from, start: now, duration: tickMs, end: now + 2 * tickMs };
  }

  private correct(seen: SceneObject, now: number, smooth: boolean): void {
    this.leg = null;
    this.correction = smooth && differ(seen, this.to) ? { seen, right: this.to, start: now } : null;
  }

  private jump(): void {
    this.leg = null;
    this.correction = null;
  }

  private uncorrected(now: number): SceneObject {
    if (!this.leg) return this.to;
    const seen = along(this.leg, this.to, now);
    if (now >= this.leg.end) this.leg = null;
    return seen;
  }
}

function along({ from, start, duration }: Leg, to: SceneObject, now: number): SceneObject {
  const part = Math.max(0, now - start) / duration;
  return part < 1 ? between(from, to, part) : to;
}

/** Without an id of its own an object is the n-th that was drawn, which may be another one in each picture. */
function isUnnamed(object: SceneObject): boolean {
  return object.id.startsWith("#");
}

/** How far the furthest point that is given by coordinates has moved. */
function distance(from: SceneObject, to: SceneObject): number {
  const [before, after] = [places(from), places(to)];
  if (before.length !== after.length) return Infinity;
  let most = 0;
  for (let i = 0; i + 1 < after.length; i += 2) {
    const [dx, dy] = [(after[i] ?? 0) - (before[i] ?? 0), (after[i + 1] ?? 0) - (before[i + 1] ?? 0)];
    most = Math.max(most, Math.hypot(dx, dy));
  }
  return most;
}

function places(object: SceneObject): readonly number[] {
  if (object.t === "polygon") return object.pts;
  return object.t === "line" ? [object.x, object.y, object.x2, object.y2] : [object.x, object.y];
}
