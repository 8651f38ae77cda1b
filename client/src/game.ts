/** The page's side of a game of one: from the loading bar through its episodes to the last acknowledgement. */

import { type Api, HttpError } from "./api";
import { fromBase64 } from "./bytes";
import { backoff, sleep } from "./clock";
import { framePath } from "./latency";
import type { GymView } from "./pages/gym";
import type { EpisodeEnd, GymPage, Resume } from "./protocol.gen";
import { EpisodeRecorder } from "./recorder";
import { Run, type GameEnds, type RunTools } from "./run";
import type { FramePacket, Tick } from "./worker/messages";
import { framePacket, WorkerGame, type Begun } from "./workergame";

const ASK_FIRST_MS = 500;
const ASK_MOST_MS = 10_000;

export interface GameTools extends RunTools {
  api: Pick<Api, "resume">;
}

/** A game of one participant, whose session is there from the beginning. */
export type SoloPage = GymPage & { session_id: string; seed: number };

/** One episode while it is played here. */
interface Playing {
  episode: number;
  recorder: EpisodeRecorder;
  over(packet: FramePacket): void;
}

export class GameRun extends Run {
  private readonly worker: WorkerGame;
  private generation = 0;
  private playing: Playing | null = null;

  constructor(
    protected override readonly page: SoloPage,
    view: GymView,
    protected override readonly tools: GameTools,
    ends: GameEnds,
  ) {
    super(page, view, tools, ends);
    this.worker = new WorkerGame(tools.runtime, {
      progressed: () => this.progressed(),
      ticked: (tick) => this.ticked(tick),
      failed: (failure) => this.failed(failure),
    });
  }

  protected async play(): Promise<void> {
    this.tools.events.during(this.page.session_id);
    this.progressed();
    const resume = await this.askWhere(await this.measured());
    if (resume === null || this.closed) return;
    if (resume.episode < this.page.game.episodes) await this.playFrom(resume);
    await this.finish();
  }

  protected release(): void {
    this.playing?.recorder.abandon();
    this.worker.close();
  }

  /** How fast this machine is, where the game asks for that. */
  private async measured(): Promise<number | null> {
    const { game } = this.page;
    if (typeof game.min_speed !== "number") return null;
    this.deadline.renew();
    const speed = await this.worker.measure(JSON.stringify(game));
    this.deadline.stop();
    return speed;
  }

  /** What an earlier visit recorded must have arrived before the server can say where to go on.
   *
   * Null: it refused, or nobody wants to know any more. A game that was closed must not ask: the answer would end the
   * life of the worker that plays in another tab by now.
   */
  private async askWhere(speed: number | null): Promise<Resume | null> {
    await this.tools.outbox.drain();
    for (let attempt = 0; !this.closed; attempt += 1) {
      try {
        return await this.tools.api.resume(this.page.session_id, speed);
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
    await this.startPressed(isNew(resume) ? this.page.button : "Continue");
    await this.openStage(this.page.game_text, (...input) => this.worker.input(...input));
    this.ends.underway(true);
    for (let episode = resume.episode; ; episode += 1) {
      await this.playEpisode(episode, begun);
      if (episode + 1 >= game.episodes) return;
      begun = await this.pauseBefore(episode + 1);
    }
  }

  private async begin(episode: number, chunks: Uint8Array[]): Promise<Begun> {
    this.deadline.renew(chunks.length * 1000); // each is a second that is played again, in which nothing is heard of it
    const [begun] = await Promise.all([this.worker.begin(episode, chunks), this.picturesLoaded()]);
    this.deadline.stop();
    return begun;
  }

  /** Resolves when the episode is over and all of it has been written down. */
  private async playEpisode(episode: number, begun: Begun): Promise<void> {
    const { session_id, game } = this.page;
    const key = { session_id, episode, generation: this.generation };
    const recorder = new EpisodeRecorder(key, game.fps, this.now(), (items) => this.tools.outbox.put(items));
    recorder.chunks(begun.packet.chunks, begun.chunks);
    this.screen.show(begun.packet, begun.pixels);
    this.screen.episode(episode);
    const last = begun.packet.over === null ? await this.tickThrough(episode, recorder) : begun.packet;
    await this.screen.lastPicture();
    recorder.end({ frames: last.frame + 1, end_reason: last.over as EpisodeEnd["end_reason"] });
    this.playing = null;
  }

  private async tickThrough(episode: number, recorder: EpisodeRecorder): Promise<FramePacket> {
    const over = new Promise<FramePacket>((resolve) => (this.playing = { episode, recorder, over: resolve }));
    this.screen.listenToKeys();
    this.worker.play(this.page.game.fps);
    const last = await over;
    this.screen.ignoreKeys();
    return last;
  }

  private ticked(tick: Tick): void {
    if (this.playing === null) return;
    const packet = framePacket(tick.packet);
    const { episode, recorder, over } = this.playing;
    const presses = tick.presses.map((press) => ({ ...press, sampled: tick.sampled, acts: packet.frame }));
    this.screen.follow(framePath(packet, tick, this.now(), presses), episode, recorder);
    recorder.chunks(packet.chunks, tick.chunks);
    this.screen.show(packet, tick.pixels);
    if (packet.over !== null) over(packet);
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
}

function isNew({ episode, chunks }: Resume): boolean {
  return episode === 0 && chunks.length === 0;
}
