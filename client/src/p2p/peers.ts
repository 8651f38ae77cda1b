/** The page's ends of the direct connections of one match. */

import type { Clock } from "../clock";
import type { EventData } from "../events";
import type { Event, Match, Signal } from "../protocol.gen";
import type { FromWorker, ToWorker } from "../worker/messages";

export interface PeersTools {
  run: number; // of the worker's game
  clock: Clock;
  signal(signal: Signal): void; // may be lost while there is no socket
  /** Must throw what `Worker.postMessage` throws: that is how a browser says that it transfers no channels. */
  toWorker(message: ToWorker, transfer: Transferable[]): void;
  report(name: string, severity: Event["severity"], reason: string, data: EventData): void;
  createConnection?(config: RTCConfiguration): RTCPeerConnection | null; // null: no WebRTC here
}

export class Peers {
  constructor(match: Match, tools: PeersTools) {
    void [match, tools];
  }

  /** Call it after the worker was sent "match". Does nothing for a match that is no mesh. */
  start(): void {
    // to come
  }

  /** A "signal" came from the server. */
  signalled(signal: Signal): void {
    void signal;
  }

  /** Frames for the page's own channels, and news of the direct ways. Others are ignored: pass on "send" and "direct". */
  fromWorker(message: FromWorker): void {
    void message;
  }

  /** The socket is back: says again what may have been lost. */
  linkedAgain(): void {
    // to come
  }

  close(): void {
    // to come
  }
}
