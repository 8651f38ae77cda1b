/** The page's side of the worker: an episode whose frames can be asked for, one after the other. */

import type { LoadProgress, RuntimeSource } from "../worker/messages";
import type { Found, FromReplay, Shown, ToReplay } from "./messages";

export interface ReplayWorker {
  postMessage(message: ToReplay, transfer: Transferable[]): void;
  terminate(): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
}

/** Python, or what it plays, has failed. `detail` has the traceback. */
export class ReplayFailed extends Error {
  override name = "ReplayFailed";

  constructor(
    problem: string,
    readonly detail: string,
  ) {
    super(problem);
  }
}

export interface Picture {
  shown: Shown;
  pixels: (ArrayBuffer | null)[];
}

export interface ReelListener {
  progress(progress: LoadProgress): void;
  checked(found: Found): void;
}

/** One worker, with the Python of one session. */
export class Reel {
  readonly loaded: Promise<void>;
  private readonly waiting: ((message: FromReplay) => void)[] = []; // each is asked in turn, and answered in turn
  private run = 0;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly worker: ReplayWorker,
    private readonly listener: ReelListener,
    source: RuntimeSource,
    program: string,
  ) {
    worker.addEventListener("message", (event) => this.heard((event as MessageEvent<FromReplay>).data));
    worker.addEventListener("error", (event) => this.crashed(event));
    this.loaded = this.ask({ type: "load", source, program }, [], "loaded").then(() => undefined);
    this.loaded.catch(() => undefined); // it is reported where it is awaited
  }

  /** Resolves when the episode has been played to its end. Throws ReplayFailed. */
  async open(job: string, chunks: Uint8Array[]): Promise<Found> {
    await this.loaded;
    const run = ++this.run;
    return this.inTurn(async () => {
      const { found } = await this.ask({ type: "open", run, job, chunks }, [], "checked");
      return found;
    });
  }

  /** Throws ReplayFailed. */
  async show(frame: number, players: boolean): Promise<Picture> {
    const { run } = this;
    return this.inTurn(async () => {
      const { shown, pixels } = await this.ask({ type: "show", run, frame, players }, [], "shown");
      return { shown, pixels };
    });
  }

  /** Whoever still waits for something hears that it does not come. */
  close(): void {
    this.worker.terminate();
    const problem = "The session was closed.";
    for (const answer of this.waiting.splice(0)) answer({ type: "failed", run: null, problem, detail: problem });
  }

  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.queue.then(action, action);
    this.queue = done.catch(() => undefined);
    return done;
  }

  private ask<Type extends "loaded" | "checked" | "shown">(
    message: ToReplay,
    transfer: Transferable[],
    type: Type,
  ): Promise<Extract<FromReplay, { type: Type }>> {
    return new Promise((resolve, reject) => {
      this.waiting.push((answer) => {
        if (answer.type === type) resolve(answer as Extract<FromReplay, { type: Type }>);
        else if (answer.type === "failed") reject(new ReplayFailed(answer.problem, answer.detail));
      });
      this.worker.postMessage(message, transfer);
    });
  }

  private heard(message: FromReplay): void {
    if (message.type === "progress") return this.listener.progress(message.progress);
    if (message.type === "checked") {
      this.listener.checked(message.found);
      if (message.found.frame < message.found.last) return;
    }
    this.waiting.shift()?.(message);
  }

  private crashed(event: Event): void {
    const problem = event instanceof ErrorEvent ? event.message : "The worker stopped.";
    this.heard({ type: "failed", run: null, problem, detail: problem });
  }
}
