/** The worker's side of the viewer: one Python, and one episode at a time. */

import type { LoadProgress, RuntimeSource } from "../worker/messages";
import type { Found, FromReplay, Shown, ToReplay } from "./messages";

/** An episode in Python. Each call may throw. */
export interface Replay {
  check(most: number): string;
  show(frame: number, players: boolean): string;
  pixels(position: number): ArrayBuffer;
  close(): void;
}

export interface ReplayPython {
  open(job: string, chunks: Uint8Array[]): Replay;
}

export interface ShellTools {
  load(source: RuntimeSource, program: string, report: (progress: LoadProgress) => void): Promise<ReplayPython>;
  post(message: FromReplay, transfer: ArrayBuffer[]): void;
  now(): number; // ms
  later(action: () => void): void; // after the messages that have arrived
}

const SLICE_MS = 50; // between two messages, while an episode is compared
const AT_ONCE = 5; // frames, between two looks at the clock

export class ReplayShell {
  private python: ReplayPython | null = null;
  private replay: Replay | null = null;
  private run = 0;

  constructor(private readonly tools: ShellTools) {}

  handle(message: ToReplay): void {
    switch (message.type) {
      case "load":
        return void this.load(message.source, message.program);
      case "open":
        return this.guarded(message.run, () => this.open(message.run, message.job, message.chunks));
      case "show":
        if (message.run === this.run) this.guarded(message.run, () => this.show(message.frame, message.players));
        return;
    }
  }

  private async load(source: RuntimeSource, program: string): Promise<void> {
    try {
      this.python = await this.tools.load(source, program, (progress) => this.tell({ type: "progress", progress }));
      this.tell({ type: "loaded" });
    } catch (error) {
      this.failed(null, error);
    }
  }

  private open(run: number, job: string, chunks: Uint8Array[]): void {
    this.replay?.close();
    this.replay = null;
    this.run = run;
    if (this.python === null) throw new Error("An episode was opened before Python was loaded.");
    this.replay = this.python.open(job, chunks);
    this.check(run);
  }

  /** Another episode may be asked for meanwhile. */
  private check(run: number): void {
    if (run !== this.run || this.replay === null) return;
    const until = this.tools.now() + SLICE_MS;
    let found: Found;
    do found = JSON.parse(this.replay.check(AT_ONCE)) as Found;
    while (found.frame < found.last && this.tools.now() < until);
    this.tell({ type: "checked", run, found });
    if (found.frame < found.last) this.tools.later(() => this.guarded(run, () => this.check(run)));
  }

  private show(frame: number, players: boolean): void {
    const { replay, run } = this;
    if (replay === null) throw new Error("A frame was asked for of an episode that could not be opened.");
    const shown = JSON.parse(replay.show(frame, players)) as Shown;
    const pixels = shown.views.map((view, position) => (view.pixels === null ? null : replay.pixels(position)));
    const transfer = pixels.filter((one): one is ArrayBuffer => one !== null);
    this.tools.post({ type: "shown", run, shown, pixels }, transfer);
  }

  private guarded(run: number, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failed(run, error);
    }
  }

  private failed(run: number | null, error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    const problem = detail.trimEnd().split("\n").at(-1) ?? detail; // of a Python traceback, the line that says it
    this.tell({ type: "failed", run, problem, detail });
  }

  private tell(message: FromReplay): void {
    this.tools.post(message, []);
  }
}
