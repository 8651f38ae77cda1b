/** What the game of one and the games of several have in common: the bar, the button, the picture, and how they end. */

import type { preloadAssets, Pictures } from "./assets";
import { absolute, type Clock } from "./clock";
import { Deadline } from "./deadline";
import type { EventLog } from "./events";
import { loadingState, type Arrived } from "./loading";
import type { Outbox } from "./outbox";
import type { GymView } from "./pages/gym";
import type { Failure, GymPage } from "./protocol.gen";
import type { Runtime } from "./runtime";
import { Screen, type ScreenTools } from "./screen";
import { Stage, type SendInput, type StageTools } from "./stage";
import type { FailureStage, WorkerFailure } from "./worker/messages";

const MOST_TEXT = 20_000; // Text in protocol.py

export interface RunTools extends StageTools, ScreenTools {
  runtime: Runtime;
  outbox: Pick<Outbox, "put" | "drain" | "size">;
  clock: Clock;
  events: Pick<EventLog, "during" | "report">;
  loadPictures(...args: LoadPictures): Promise<Pictures>;
}

type LoadPictures = [assets: Parameters<typeof preloadAssets>[0], progress: Parameters<typeof preloadAssets>[1]];

export interface GameEnds {
  /** All episodes are durable on the server. */
  done(): void;
  failed(failure: Failure): void;
  /** Whether the game goes on by itself, with or without the server. */
  underway(isUnderway: boolean): void;
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

export abstract class Run {
  protected readonly deadline: Deadline;
  protected readonly screen: Screen;
  protected closed = false;
  private readonly pictures: Promise<Pictures>;
  private arrived: Arrived = { received: 0, total: 0 }; // of the pictures

  constructor(
    protected readonly page: GymPage,
    protected readonly view: GymView,
    protected readonly tools: RunTools,
    protected readonly ends: GameEnds,
  ) {
    this.deadline = new Deadline(tools.clock, page.game.loading_timeout_s * 1000, () => this.timedOut());
    this.screen = new Screen(view, tools, (error) => this.pictureFailed(error));
    this.pictures = tools.loadPictures(page.game.assets, (received, total) => {
      this.arrived = { received, total };
      if (!this.closed) this.progressed();
    });
    this.pictures.catch(() => undefined); // it is reported where it is awaited
  }

  /** Plays what is left of the game. After a failure or `close` it waits for what never comes, and is forgotten. */
  async start(): Promise<void> {
    try {
      await this.play();
    } catch (error) {
      this.pictureFailed(error); // nothing else in it throws
    }
  }

  /** Leaves the game where it stands; what has been recorded is on its way. `isForGood`: nobody comes back to it. */
  close(isForGood = false): void {
    if (this.closed) return;
    this.closed = true;
    this.tools.events.during(null);
    this.deadline.stop();
    this.release(isForGood);
    this.screen.close();
  }

  protected abstract play(): Promise<void>;

  /** Lets go of what the run itself holds. Called once. */
  protected abstract release(isForGood: boolean): void;

  /** Resolves when the game's picture files are here. Throws where one of them is not to be had. */
  protected async picturesLoaded(): Promise<void> {
    await this.pictures;
  }

  /** Resolves when the participant has pressed the button; at once where the researcher wants none. */
  protected startPressed(label: string | null): Promise<void> {
    if (this.page.button === null || label === null) return Promise.resolve();
    return new Promise((resolve) => this.view.ready(label, resolve));
  }

  /** False where it is not wanted any more by the time it stands. */
  protected async openStage(
    gameText: string,
    send: SendInput,
    isWanted = () => true,
    game = this.page.game,
  ): Promise<boolean> {
    const parent = this.view.openStage(gameText);
    const stage = await Stage.open(parent, game, await this.pictures, this.tools, send);
    const isOpen = !this.closed && isWanted();
    if (isOpen) this.screen.open(stage);
    else stage.close();
    return isOpen;
  }

  /** All is played: what is still here goes to the server, and the page after it, but not before `others`. */
  protected async finish(others: Promise<void> = Promise.resolve()): Promise<void> {
    this.deadline.stop();
    this.ends.underway(false);
    this.view.loading({ label: "Saving …", part: null });
    this.view.overlay("Saving …", "One moment, please.");
    await Promise.all([this.tools.outbox.drain(), others]);
    if (!this.closed) this.ends.done();
  }

  protected now(): number {
    return absolute(this.tools.clock, this.tools.origin);
  }

  protected progressed(): void {
    const { runtime } = this.tools;
    this.view.loading(loadingState(runtime.loaded ? null : runtime.progress, this.arrived));
    if (this.deadline.running) this.deadline.renew();
  }

  private timedOut(): void {
    const { loading_timeout_s } = this.page.game;
    const problem = `Nothing of the game arrived for ${loading_timeout_s} seconds.`;
    this.fail("loading_timeout", problem, JSON.stringify(this.tools.runtime.progress));
  }

  protected pictureFailed(error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? "") : "";
    this.failed({ stage: "draw", problem: String(error), detail });
  }

  protected failed({ stage, problem, detail }: WorkerFailure): void {
    this.fail(REASONS[stage], problem, detail);
  }

  protected fail(reason: Failure["reason"], problem: string, detail: string): void {
    if (this.closed) return;
    this.close();
    const { scene_id } = this.page;
    this.ends.failed({ scene_id, reason, problem: problem.slice(0, MOST_TEXT), detail: detail.slice(-MOST_TEXT) });
  }
}
