/** One open game: Python's Play, the tick, and the input that waits for it. */

import type { Clock } from "../clock";
import type { FramePacket, FromWorker, Packet, Press, Tick, WorkerFailure } from "./messages";
import { chunksOf, pixelsOf, transferable, type PacketBytes } from "./packets";
import { Ticker } from "./tick";

/** What python.ts makes of Python's `Play`: strings and bytes, nothing that has to be destroyed but by `close`. */
export interface Play extends PacketBytes {
  begin(episode: number, chunks: Uint8Array[]): string;
  tick(input: string): string;
  close(): void;
}

export interface Input {
  down: string[];
  presses: Press[];
  focused: boolean;
}

export type Post = (message: FromWorker, transfer: ArrayBuffer[]) => void;

export class Player {
  private ticker: Ticker | null = null;
  private down: string[] = [];
  private presses: Press[] = [];
  private focused = true;

  constructor(
    readonly run: number,
    private readonly play: Play,
    private readonly post: Post,
    private readonly clock: Clock,
    private readonly origin: number, // what makes the clock's time absolute: performance.timeOrigin
  ) {}

  begin(episode: number, chunks: Uint8Array[]): void {
    this.stop();
    const packet = this.play.begin(episode, chunks);
    const frame = this.read(packet);
    if (frame === null) return;
    const [bytes, pixels] = [chunksOf(this.play, frame), pixelsOf(this.play, frame)];
    this.post({ type: "begun", run: this.run, packet, pixels, chunks: bytes }, transferable(bytes, pixels));
  }

  start(fps: number): void {
    this.stop();
    this.presses = [];
    this.ticker = new Ticker(this.clock, 1000 / fps, (due) => this.tick(due));
    this.ticker.start();
  }

  /** The set of keys is the latest; presses add up until a tick has seen them. */
  input(input: Input): void {
    this.down = input.down;
    this.focused = input.focused;
    if (this.ticker !== null) this.presses.push(...input.presses);
  }

  close(): void {
    this.stop();
    this.play.close();
  }

  private stop(): void {
    this.ticker?.stop();
    this.ticker = null;
  }

  private tick(due: number): void {
    const presses = this.presses.splice(0);
    const sampled = this.clock.now();
    const packet = this.play.tick(this.inputFor(presses));
    const executed = this.clock.now();
    const frame = this.read(packet);
    if (frame === null) return;
    if (frame.over !== null) this.stop();
    const [chunks, pixels] = [chunksOf(this.play, frame), pixelsOf(this.play, frame)];
    const times = { due: this.origin + due, sampled: this.origin + sampled, executed: this.origin + executed };
    const tick: Tick = { packet, pixels, chunks, presses, ...times };
    this.post({ type: "ticked", run: this.run, tick }, transferable(chunks, pixels));
  }

  private inputFor(presses: Press[]): string {
    return JSON.stringify({ down: this.down, pressed: presses.map((press) => press.key), focused: this.focused });
  }

  /** The packet as an object, or null after it was reported as a failure. */
  private read(text: string): FramePacket | null {
    const packet = JSON.parse(text) as Packet;
    if (!("error" in packet)) return packet;
    this.fail(packet.error);
    return null;
  }

  private fail(failure: WorkerFailure): void {
    this.stop();
    this.post({ type: "failed", run: this.run, failure }, []);
  }
}
