/** The measured path of every tick and key press: due, sampled, executed, painted. Assembled here, second by second. */

import type { KeyRow, TickRow } from "./protocol.gen";
import type { FramePacket, MatchFrame, Press, Tick } from "./worker/messages";

const MOST_KEYS = 1_000; // Experience.keys in protocol.py: more than anybody can press in a second

/** A key press, and what has become of it. */
export interface SampledPress extends Press {
  sampled: number; // when it was taken as an input
  acts: number; // the frame in which that input acts: this one, or with an input delay a later one
}

/** One tick as the page and the worker saw it. In ms: absolute times (see worker/messages.ts), and `stepMs`, a cost. */
export interface FramePath {
  frame: number;
  due: number;
  sampled: number;
  executed: number;
  arrived: number; // its packet on the page
  stepMs: number;
  painted: number | null; // the first animation frame after its packet was drawn; null: none came, as in a hidden tab
  presses: SampledPress[]; // those that act in it
  predicted: number;
  rollback: number;
  rollbackMs: number;
}

/** What of a packet belongs to its frame's path. */
type FrameFacts = Pick<FramePacket, "frame" | "step_ms"> &
  Partial<Pick<MatchFrame, "predicted" | "rollback" | "rollback_ms">>;

export function framePath(
  { frame, step_ms: stepMs, predicted = 0, rollback = 0, rollback_ms: rollbackMs = 0 }: FrameFacts,
  { due, sampled, executed }: Pick<Tick, "due" | "sampled" | "executed">,
  arrived: number,
  presses: SampledPress[],
): FramePath {
  return {
    ...{ frame, due, sampled, executed, arrived, stepMs, painted: null },
    ...{ presses, predicted, rollback, rollbackMs },
  };
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

  /** A frame that was taken back, and is played for the first time a second time, was felt when it was first seen. */
  ticked(path: FramePath): void {
    const known = this.paths.get(path.frame);
    if (known) known.presses.push(...path.presses);
    else this.paths.set(path.frame, path);
  }

  /** The completed path, or null where its second has been taken already. */
  painted(frame: number, at: number): FramePath | null {
    const path = this.paths.get(frame);
    if (!path) return null;
    path.painted ??= at;
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

  private tickRow(path: FramePath): TickRow {
    const { frame, due, sampled, stepMs, painted, predicted, rollback, rollbackMs } = path;
    const felt = [this.since(due), round(sampled - due), round(stepMs), this.sinceOrNull(painted)] as const;
    return [frame, ...felt, predicted, rollback, round(rollbackMs)];
  }

  private keyRow({ executed, painted }: FramePath, { key, t, sampled, acts }: SampledPress): KeyRow {
    return [acts, key, this.since(t), this.since(sampled), this.since(executed), this.sinceOrNull(painted)];
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
