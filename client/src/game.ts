/** The page's side of one game: from the loading bar through its episodes to the last acknowledgement. */

import { type Api, HttpError } from "./api";
import { fromBase64 } from "./bytes";
import { backoff, sleep, type Clock } from "./clock";
import { Deadline } from "./deadline";
import type { DebugSink } from "./debug";
import type { EventLog } from "./events";
import type { FramePath } from "./latency";
import { loadingState, settingUp } from "./loading";
import type { Outbox } from "./outbox";
import type { GymView } from "./pages/gym";
import type { EpisodeEnd, Failure, GymPage, Resume } from "./protocol.gen";
import { EpisodeRecorder } from "./recorder";
import type { Runtime } from "./runtime";
import { Stage, type StageTools } from "./stage";
import type { FailureStage, FramePacket, Tick, WorkerFailure } from "./worker/messages";
import { framePacket, WorkerGame, type Begun } from "./workergame";

const ASK_FIRST_MS = 500;
const ASK_MOST_MS = 10_000;
const MOST_TEXT = 20_000; // Text in protocol.py
const LAST_PAINT_MS = 250; // how long an episode's end waits for its last picture, which a hidden tab never paints

export interface GameTools extends StageTools {
  runtime: Runtime;
  api: Pick<Api, "resume">;
  outbox: Pick<Outbox, "put" | "drain" | "size">;
  clock: Clock;
  debug: DebugSink;
  events: Pick<EventLog, "during">;
}

/** A game of one participant, whose session is there from the beginning. */
export type SoloPage = GymPage & { session_id: string; seed: number };

export interface GameEnds {
  /** All episodes are durable on the server. */
  done(): void;
  failed(failure: Failure): void;
}

const REASONS: Record<FailureStage, Failure["reason"]> = {
  import: "import_failed",
  make: "make_failed",
  reset: "reset_failed",
  step: "step_failed",
  draw: "draw_failed",
  policy: "policy_failed",
  runtime: "runtime_failed",
  worker: "worker_crashed",
};

/** One episode while it is played here. */
interface Playing {
  episode: number;
  recorder: EpisodeRecorder;
  over(packet: FramePacket): void;
}

export class GameRun {
  private readonly worker: WorkerGame;
  private readonly deadline: Deadline;
  private generation = 0;
  private stage: Stage | null = null;
  private playing: Playing | null = null;
  private closed = false;

  constructor(
    private readonly page: SoloPage,
    private readonly view: GymView,
    private readonly tools: GameTools,
    private readonly ends: GameEnds,
  ) {
    this.deadline = new Deadline(tools.clock, page.game.loading_timeout_s * 1000, () => this.timedOut());
    this.worker = new WorkerGame(tools.runtime, {
      progressed: () => this.progressed(),
      ticked: (tick) => this.ticked(tick),
      failed: (failure) => this.failed(failure),
    });
  }

  /** Plays what is left of the game. After a failure or `close` it waits for what never comes, and is forgotten. */
  async start(): Promise<void> {
    try {
      await this.playGame();
    } catch (error) {
      this.pictureFailed(error); // nothing else in it throws
    }
  }

  private async playGame(): Promise<void> {
    this.tools.events.during(this.page.session_id);
    this.progressed();
    const resume = await this.askWhere();
    if (resume === null || this.closed) return;
    if (resume.episode < this.page.game.episodes) await this.playFrom(resume);
    await this.finish();
  }

  /** Leaves the game where it stands; what has been recorded is on its way. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.tools.events.during(null);
    this.deadline.stop();
    this.playing?.recorder.abandon();
    this.stage?.close();
    this.worker.close();
  }

  /** What an earlier visit recorded must have arrived before the server can say where to go on.
   *
   * Null: it refused, or nobody wants to know any more. A game that was closed must not ask: the answer would end the
   * life of the worker that plays in another tab by now.
   */
  private async askWhere(): Promise<Resume | null> {
    await this.tools.outbox.drain();
    for (let attempt = 0; !this.closed; attempt += 1) {
      try {
        return await this.tools.api.resume(this.page.session_id);
      } catch (error) {
        if (error instanceof HttpError && !error.passing) return this.refused(error);
        await sleep(this.tools.clock, backoff(attempt, ASK_FIRST_MS, ASK_MOST_MS));
      }
    }
    return null;
  }

  private refused(error: HttpError): null {
    this.failed({ stage: "runtime", problem: error.message, detail: "The server refused to resume the game." });
    return null;
  }

  private async playFrom(resume: Resume): Promise<void> {
    const { game, session_id, seed } = this.page;
    this.generation = resume.generation;
    this.deadline.renew();
    await this.worker.open(JSON.stringify(game), JSON.stringify({ session_id, seed }));
    let begun = await this.begin(resume.episode, resume.chunks.map(fromBase64));
    await this.startPressed(resume);
    await this.openStage();
    for (let episode = resume.episode; ; episode += 1) {
      await this.playEpisode(episode, begun);
      if (episode + 1 >= game.episodes) return;
      begun = await this.pauseBefore(episode + 1);
    }
  }

  private async begin(episode: number, chunks: Uint8Array[]): Promise<Begun> {
    this.deadline.renew(chunks.length * 1000); // each is a second that is played again, in which nothing is heard of it
    const begun = await this.worker.begin(episode, chunks);
    this.deadline.stop();
    return begun;
  }

  private startPressed({ episode, chunks }: Resume): Promise<void> {
    const isNew = episode === 0 && chunks.length === 0;
    return new Promise((resolve) => this.view.ready(isNew ? (this.page.button ?? "") : "Continue", resolve));
  }

  private async openStage(): Promise<void> {
    const { game } = this.page;
    const send = this.worker.input.bind(this.worker);
    const stage = await Stage.open(this.view.openStage(), game, this.tools, send);
    if (this.closed) return stage.close();
    this.stage = stage;
  }

  /** Resolves when the episode is over and all of it has been written down. */
  private async playEpisode(episode: number, begun: Begun): Promise<void> {
    const { session_id, game } = this.page;
    const key = { session_id, episode, generation: this.generation };
    const origin = this.tools.origin + this.tools.clock.now();
    const recorder = new EpisodeRecorder(key, game.fps, origin, (items) => this.tools.outbox.put(items));
    recorder.chunks(begun.packet.chunks, begun.chunks);
    this.show(begun.packet, begun.pixels);
    this.tools.debug.status({ episode, renderer: this.stage?.kind ?? "" });
    const last = begun.packet.over === null ? await this.tickThrough(episode, recorder) : begun.packet;
    await this.lastPicture();
    recorder.end(last.frame + 1, last.over as EpisodeEnd["end_reason"]);
    this.playing = null;
  }

  private async tickThrough(episode: number, recorder: EpisodeRecorder): Promise<FramePacket> {
    const over = new Promise<FramePacket>((resolve) => (this.playing = { episode, recorder, over: resolve }));
    this.stage?.listenToKeys();
    this.worker.play(this.page.game.fps);
    const last = await over;
    this.stage?.ignoreKeys();
    return last;
  }

  private ticked(tick: Tick): void {
    if (this.playing === null) return;
    const arrived = this.tools.origin + this.tools.clock.now();
    const { due, sampled, executed, presses } = tick;
    const packet = framePacket(tick.packet);
    const path: FramePath = {
      frame: packet.frame,
      due,
      sampled,
      executed,
      arrived,
      stepMs: packet.step_ms,
      painted: null,
      presses,
    };
    const { episode, recorder, over } = this.playing;
    recorder.paths.ticked(path);
    recorder.chunks(packet.chunks, tick.chunks);
    this.show(packet, tick.pixels);
    this.stage?.painted((at) => this.painted(episode, recorder, packet.frame, at));
    if (packet.over !== null) over(packet);
  }

  private painted(episode: number, recorder: EpisodeRecorder, frame: number, at: number): void {
    const path = recorder.paths.painted(frame, at);
    if (path === null) return;
    const { due: dueMs, stepMs, arrived: packetMs, sampled: sampledMs, executed: executedMs } = path;
    const { debug } = this.tools;
    debug.frame({ episode, frame, dueMs, lateMs: sampledMs - dueMs, stepMs, packetMs, paintedMs: at });
    for (const { key, t } of path.presses) debug.key({ key, eventMs: t, sampledMs, executedMs, paintedMs: at });
    debug.status({ outbox: this.tools.outbox.size });
  }

  private show(packet: FramePacket, pixels: ArrayBuffer | null): void {
    this.view.hud(packet.hud);
    try {
      this.stage?.show(packet, pixels);
    } catch (error) {
      this.pictureFailed(error);
    }
  }

  private pictureFailed(error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? "") : "";
    this.failed({ stage: "draw", problem: String(error), detail });
  }

  private lastPicture(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.tools.clock.after(LAST_PAINT_MS, resolve);
      this.stage?.painted(() => {
        cancel();
        resolve();
      });
    });
  }

  /** The next episode is made while the participant rests. */
  private async pauseBefore(episode: number): Promise<Begun> {
    const next = this.begin(episode, []);
    const title = `Episode ${episode + 1} of ${this.page.game.episodes}`;
    for (let left = this.page.game.pause_s; left > 0; left -= 1) {
      this.view.overlay(title, `Starts in ${Math.ceil(left)}`);
      await sleep(this.tools.clock, Math.min(left, 1) * 1000);
    }
    const begun = await next;
    this.view.overlay(null);
    return begun;
  }

  private async finish(): Promise<void> {
    this.deadline.stop();
    this.view.loading({ label: "Saving …", part: null });
    this.view.overlay("Saving …", "One moment, please.");
    await this.tools.outbox.drain();
    if (!this.closed) this.ends.done();
  }

  private progressed(): void {
    const { runtime } = this.tools;
    this.view.loading(runtime.loaded ? settingUp : loadingState(runtime.progress));
    if (this.deadline.running) this.deadline.renew();
  }

  private timedOut(): void {
    const { loading_timeout_s } = this.page.game;
    const problem = `Nothing of the game arrived for ${loading_timeout_s} seconds.`;
    this.fail("loading_timeout", problem, JSON.stringify(this.tools.runtime.progress));
  }

  private failed({ stage, problem, detail }: WorkerFailure): void {
    this.fail(REASONS[stage], problem, detail);
  }

  private fail(reason: Failure["reason"], problem: string, detail: string): void {
    if (this.closed) return;
    this.close();
    const { scene_id } = this.page;
    this.ends.failed({ scene_id, reason, problem: problem.slice(0, MOST_TEXT), detail: detail.slice(-MOST_TEXT) });
  }
}
