/** One game in the worker, as the page talks to it: requests are promises, ticks and failures are calls. */

import type { Runtime } from "./runtime";
import type { ChunkBytes, FramePacket, FromWorker, Press, Tick, WorkerFailure } from "./worker/messages";

/** An episode that the worker has made, reset and brought to where it goes on. */
export interface Begun {
  packet: FramePacket;
  pixels: ArrayBuffer | null;
  chunks: ChunkBytes[];
}

export interface GameListener {
  /** The worker is a step nearer to playing. */
  progressed(): void;
  ticked(tick: Tick): void;
  failed(failure: WorkerFailure): void;
}

type Answer = Extract<FromWorker, { type: "loaded" | "opened" | "measured" | "begun" }>;

export class WorkerGame {
  private readonly run: number;
  private readonly stopListening: () => void;
  private waiting: { type: Answer["type"]; resolve(answer: Answer): void } | null = null;

  constructor(
    private readonly runtime: Runtime,
    private readonly listener: GameListener,
  ) {
    this.run = runtime.nextRun();
    this.stopListening = runtime.listen((message) => this.heard(message));
  }

  /** Resolves when Python is there and has imported the environment. */
  async open(game: string, session: string): Promise<void> {
    if (!(await this.isLoaded())) return;
    this.runtime.post({ type: "open", run: this.run, game, session });
    await this.answer("opened");
  }

  /** Resolves with how many times faster than it is played the game can be played here, when Python has tried. */
  async measure(game: string): Promise<number | null> {
    if (!(await this.isLoaded())) return null;
    this.runtime.post({ type: "prepare", run: this.run, game });
    return (await this.answer("measured")).speed;
  }

  async begin(episode: number, chunks: Uint8Array[]): Promise<Begun> {
    this.runtime.post({ type: "begin", run: this.run, episode, chunks });
    const { packet, pixels, chunks: bytes } = await this.answer("begun");
    return { packet: framePacket(packet), pixels, chunks: bytes };
  }

  play(fps: number): void {
    this.runtime.post({ type: "play", run: this.run, fps });
  }

  input(down: string[], presses: Press[], focused: boolean): void {
    this.runtime.post({ type: "input", down, presses, focused });
  }

  close(): void {
    this.stopListening();
    this.runtime.post({ type: "close" });
  }

  /** False where Python has failed before: that is told now. */
  private async isLoaded(): Promise<boolean> {
    if (this.runtime.failure !== null) this.listener.failed(this.runtime.failure);
    else if (!this.runtime.loaded) await this.answer("loaded");
    return this.runtime.failure === null;
  }

  private answer<Type extends Answer["type"]>(type: Type): Promise<Extract<Answer, { type: Type }>> {
    return new Promise((resolve) => {
      this.waiting = { type, resolve: (answer) => resolve(answer as Extract<Answer, { type: Type }>) };
    });
  }

  private heard(message: FromWorker): void {
    if ("run" in message && message.run !== null && message.run !== this.run) return;
    switch (message.type) {
      case "progress":
        return this.listener.progressed();
      case "loaded":
      case "opened":
      case "measured":
      case "begun":
        return this.answered(message);
      case "ticked":
        return this.listener.ticked(message.tick);
      case "failed":
        return this.listener.failed(message.failure);
    }
  }

  private answered(answer: Answer): void {
    this.listener.progressed();
    if (this.waiting?.type !== answer.type) return;
    const { resolve } = this.waiting;
    this.waiting = null;
    resolve(answer);
  }
}

/** What Python says is trusted to be of the shape in messages.ts; the worker has handled its errors. */
export function framePacket(text: string): FramePacket {
  return JSON.parse(text) as FramePacket;
}
