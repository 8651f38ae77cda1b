/** One match in the worker, as the page talks to it. */

import type { Runtime } from "../runtime";
import type { LinkRow, Match } from "../protocol.gen";
import type { FromWorker, Impairment, Move, Press, ToWorker, WorkerFailure } from "../worker/messages";

export interface MatchWorkerListener {
  /** The environment stands. */
  made(): void;
  /** Frames go to and fro with everybody, in so many ms, by agent. */
  connected(rtts: Record<string, number>): void;
  moved(move: Move): void;
  /** Frames that go through the server. */
  relay(batch: Uint8Array): void;
  /** After `retire`: the partners know all that they were told. */
  acknowledged(): void;
  /** After `retire` or `leave`: nothing more comes. */
  forgotten(): void;
  links(rows: LinkRow[]): void;
  failed(failure: WorkerFailure): void;
  /** Anything about the direct connections. */
  direct(message: FromWorker): void;
}

export class MatchWorker {
  readonly run: number;
  private readonly stopListening: () => void;

  constructor(
    private readonly runtime: Runtime,
    private readonly listener: MatchWorkerListener,
  ) {
    this.run = runtime.nextRun();
    this.stopListening = runtime.listen((message) => this.heard(message));
  }

  open(game: string, match: Match, chunks: Uint8Array[], impairment: Impairment | null): void {
    this.runtime.post({ type: "match", run: this.run, game, match, chunks, impairment });
  }

  meet(): void {
    this.runtime.post({ type: "meet", run: this.run });
  }

  ready(): void {
    this.runtime.post({ type: "ready", run: this.run });
  }

  input(down: string[], presses: Press[], focused: boolean): void {
    this.runtime.post({ type: "input", down, presses, focused });
  }

  /** The frames came by the server. Their bytes go with them. */
  relayed(batch: Uint8Array<ArrayBuffer>): void {
    this.post({ type: "relayed", run: this.run, batch }, [batch.buffer]);
  }

  post(message: ToWorker, transfer: Transferable[]): void {
    this.runtime.post(message, transfer);
  }

  /** The participant goes for good: what is still to be recorded comes, and then nothing more. */
  leave(): void {
    this.runtime.post({ type: "leave", run: this.run });
  }

  /** It has ended; another game may be opened. */
  retire(): void {
    this.runtime.post({ type: "retire", run: this.run });
  }

  /** Of one that was retired or left. */
  forget(): void {
    this.stopListening();
  }

  close(): void {
    this.stopListening();
    this.runtime.post({ type: "close" });
  }

  private heard(message: FromWorker): void {
    if ("run" in message && message.run !== null && message.run !== this.run) return;
    switch (message.type) {
      case "made":
        return this.listener.made();
      case "connected":
        return this.listener.connected(message.rtts);
      case "moved":
        return this.listener.moved(message.move);
      case "acknowledged":
        return this.listener.acknowledged();
      case "forgotten":
        return this.listener.forgotten();
      case "links":
        return this.listener.links(message.rows);
      case "failed":
        return this.listener.failed(message.failure);
      case "relay":
        return this.listener.relay(message.batch);
      case "send":
      case "direct":
      case "detour":
      case "closed":
        return this.listener.direct(message);
    }
  }
}
