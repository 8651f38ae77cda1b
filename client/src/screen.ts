/** What the participant sees of a running game, and when they saw it. */

import type { Clock } from "./clock";
import type { DebugSink } from "./debug";
import type { FramePath } from "./latency";
import type { Outbox } from "./outbox";
import type { GymView } from "./pages/gym";
import type { EpisodeRecorder } from "./recorder";
import type { Shown, Stage } from "./stage";

const LAST_PAINT_MS = 250; // how long an episode's end waits for its last picture, which a hidden tab never paints

export interface ScreenTools {
  outbox: Pick<Outbox, "size">;
  clock: Clock;
  debug: DebugSink;
}

export class Screen {
  private stage: Stage | null = null;
  private listens = false;
  private early: [packet: Shown, pixels: ArrayBuffer | null][] = []; // each is only what is new: none may be missing

  /** `failed` hears what the renderer throws. */
  constructor(
    private readonly view: Pick<GymView, "hud">,
    private readonly tools: ScreenTools,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** What has been asked for already is done now: a game may be faster than the renderer is loaded. */
  open(stage: Stage): void {
    this.stage = stage;
    for (const [packet, pixels] of this.early.splice(0)) this.draw(stage, packet, pixels);
    if (this.listens) stage.listenToKeys();
  }

  close(): void {
    this.stage?.close();
    this.stage = null;
    this.listens = false;
    this.early = [];
  }

  listenToKeys(): void {
    this.listens = true;
    this.stage?.listenToKeys();
  }

  ignoreKeys(): void {
    this.listens = false;
    this.stage?.ignoreKeys();
  }

  episode(episode: number): void {
    this.tools.debug.status({ episode, renderer: this.stage?.kind ?? "" });
  }

  show(packet: Shown, pixels: ArrayBuffer | null): void {
    this.view.hud(packet.hud);
    if (this.stage === null) this.early.push([packet, pixels]);
    else this.draw(this.stage, packet, pixels);
  }

  private draw(stage: Stage, packet: Shown, pixels: ArrayBuffer | null): void {
    try {
      stage.show(packet, pixels);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Completes the path of a frame, and of the keys that act in it, once what was shown until now is painted. */
  follow(path: FramePath, episode: number, recorder: EpisodeRecorder): void {
    recorder.paths.ticked(path);
    this.stage?.painted((at) => {
      const painted = recorder.paths.painted(path.frame, at);
      if (painted !== null) this.tell(painted, episode, at);
    });
  }

  private tell(path: FramePath, episode: number, paintedMs: number): void {
    const { frame, due: dueMs, stepMs, arrived: packetMs, sampled, executed: executedMs } = path;
    const { predicted, rollback, rollbackMs } = path;
    const { debug, outbox } = this.tools;
    const lateMs = sampled - dueMs;
    debug.frame({ episode, frame, dueMs, lateMs, stepMs, packetMs, paintedMs, predicted, rollback, rollbackMs });
    for (const { key, t: eventMs, sampled: sampledMs } of path.presses) {
      debug.key({ key, eventMs, sampledMs, executedMs, paintedMs });
    }
    debug.status({ outbox: outbox.size });
  }

  /** Resolves when what was shown last is painted, or will not be. */
  lastPicture(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.tools.clock.after(LAST_PAINT_MS, resolve);
      this.stage?.painted(() => {
        cancel();
        resolve();
      });
    });
  }
}
