/** The measured path of every tick and key press: due, sampled, executed, painted. Assembled here, second by second. */

import type { KeyRow, TickRow } from "./protocol.gen";
import type { Press } from "./worker/messages";

const MOST_KEYS = 1_000; // Experience.keys in protocol.py: more than anybody can press in a second

/** One tick as the page and the worker saw it. In ms: absolute times (see worker/messages.ts), and `stepMs`, a cost. */
export interface FramePath {
  frame: number;
  due: number;
  sampled: number;
  executed: number;
  arrived: number; // its packet on the page
  stepMs: number;
  painted: number | null; // the first animation frame after its packet was drawn; null: none came, as in a hidden tab
  presses: Press[];
}

export interface Second {
  index: number;
  ticks: TickRow[];
  keys: KeyRow[];
}

export class PathLog {
  private readonly paths = new Map<number, FramePath>();

  /** `origin`: when this side began to play the episode; all rows count from it. */
  constructor(
    private readonly fps: number,
    private readonly origin: number,
  ) {}

  ticked(path: FramePath): void {
    this.paths.set(path.frame, path);
  }

  /** The completed path, or null where its second has been taken already. */
  painted(frame: number, at: number): FramePath | null {
    const path = this.paths.get(frame);
    if (!path) return null;
    path.painted = at;
    return path;
  }

  /** Takes every second before `index`, oldest first. */
  takeBefore(index: number): Second[] {
    const taken = new Map<number, FramePath[]>();
    for (const path of this.paths.values()) {
      const second = Math.floor(path.frame / this.fps);
      if (second < index) taken.set(second, [...(taken.get(second) ?? []), path]);
    }
    return [...taken].map(([second, paths]) => this.second(second, paths));
  }

  private second(index: number, paths: FramePath[]): Second {
    for (const path of paths) this.paths.delete(path.frame);
    const keys = paths.flatMap((path) => path.presses.map((press) => this.keyRow(path, press)));
    return { index, ticks: paths.map((path) => this.tickRow(path)), keys: keys.slice(0, MOST_KEYS) };
  }

  private tickRow({ frame, due, sampled, stepMs, painted }: FramePath): TickRow {
    return [frame, this.since(due), round(sampled - due), round(stepMs), this.sinceOrNull(painted), 0, 0, 0];
  }

  private keyRow(path: FramePath, press: Press): KeyRow {
    const { frame, sampled, executed, painted } = path;
    return [
      frame,
      press.key,
      this.since(press.t),
      this.since(sampled),
      this.since(executed),
      this.sinceOrNull(painted),
    ];
  }

  private sinceOrNull(time: number | null): number | null {
    return time === null ? null : this.since(time);
  }

  private since(time: number): number {
    return round(time - this.origin);
  }
}

/** Browsers' clocks give 0.1 ms at best; more digits are noise that costs bytes. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
