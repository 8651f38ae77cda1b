/** Where in an episode one is, and how that goes on by itself. Pure: time is an argument, in ms. */

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8] as const;
export const FIRST = -1; // the reset

const ROUNDING = 1e-9; // frames

export class Playback {
  private place: number; // a frame, with what has passed of it while it plays
  private since: number | null = null; // when `place` was right; null: it stands
  private rate = 1;

  constructor(
    private readonly last: number,
    private readonly fps: number,
  ) {
    this.place = FIRST;
  }

  get playing(): boolean {
    return this.since !== null;
  }

  get speed(): number {
    return this.rate;
  }

  /** The frame that is to be seen now. It stands by itself at the end. */
  frame(now: number): number {
    const place = this.at(now);
    if (place >= this.last) [this.place, this.since] = [this.last, null];
    return Math.floor(place + ROUNDING);
  }

  /** From the end it begins anew. */
  play(now: number): void {
    if (this.playing) return;
    if (this.frame(now) >= this.last) this.place = FIRST;
    this.since = now;
  }

  pause(now: number): void {
    this.place = this.frame(now);
    this.since = null;
  }

  toggle(now: number): void {
    if (this.playing) this.pause(now);
    else this.play(now);
  }

  /** To a frame; it goes on from there if it plays. */
  seek(frame: number, now: number): void {
    this.place = Math.min(Math.max(Math.round(frame), FIRST), this.last);
    if (this.since !== null) this.since = now;
  }

  /** So many frames on, or back; it stands then. */
  step(frames: number, now: number): void {
    this.pause(now);
    this.seek(this.place + frames, now);
  }

  setSpeed(rate: number, now: number): void {
    this.place = this.at(now);
    if (this.since !== null) this.since = now;
    this.rate = rate;
  }

  private at(now: number): number {
    if (this.since === null) return this.place;
    return Math.min(this.place + ((now - this.since) / 1000) * this.fps * this.rate, this.last);
  }
}

/** The nearest of `frames` (ascending) after `frame`, or before it; null: there is none. */
export function next(frames: readonly number[], frame: number, direction: 1 | -1): number | null {
  const found = direction > 0 ? frames.find((one) => one > frame) : frames.findLast((one) => one < frame);
  return found ?? null;
}
