/** The worker's links to all partners of a match, over which the netcode's frames go. */

import type { Clock } from "../clock";
import type { Match } from "../protocol.gen";
import type { Channels, FromWorker, Impairment, Way } from "./messages";

export interface LinksTools {
  run: number;
  clock: Clock; // milliseconds, as everywhere in the client
  origin: number; // what makes the clock's time absolute: performance.timeOrigin
  random(): number; // for the impairment
  post(message: FromWorker, transfer: ArrayBuffer[]): void; // "send", "direct", "links" (by itself, once a second)
  agentOf(peer: number): string; // for the records
  /** The payload of a frame, without its first byte; FRAME_DATAGRAM or FRAME_CONTROL. Of 255 only control. */
  received(peer: number, tag: number, payload: Uint8Array<ArrayBuffer>): void;
  /** All links are connected; said once. */
  connected(): void;
}

export class Links {
  /** Starts to look for all partners at once; the clock's timers run until `close`. */
  constructor(match: Match, impairment: Impairment | null, tools: LinksTools) {
    void [match, impairment, tools];
  }

  /** Whether frames go to and fro with everybody, or did when `connected` was said. */
  get connected(): boolean {
    return false;
  }

  /** Whether every partner was heard within the last second. */
  get healthy(): boolean {
    return false;
  }

  /** ToWorker "channels". */
  channels(peer: number, link: string, channels: Channels | null): void {
    void [peer, link, channels];
  }

  /** ToWorker "unlinked". */
  unlinked(peer: number, link: string): void {
    void [peer, link];
  }

  /** ToWorker "arrived". */
  arrived(peer: number, by: Way, frame: Uint8Array<ArrayBuffer>): void {
    void [peer, by, frame];
  }

  /** ToWorker "connection". */
  connection(peer: number, text: string): void {
    void [peer, text];
  }

  /** Sends by whatever path is good now. Peer 255 is the server, which takes control frames. */
  send(peer: number, tag: number, payload: Uint8Array): void {
    void [peer, tag, payload];
  }

  close(): void {
    // to come
  }
}
