/** The worker's links to all partners of a match, over which the netcode's frames go. */

import type { Clock } from "../clock";
import { FRAME_CONTROL, RELAY_SERVER, type LinkRow, type Match } from "../protocol.gen";
import { Batches, entriesIn } from "./batch";
import { framed, type Frame, type OutgoingFrame } from "./frames";
import { BadNetwork } from "./impairment";
import { Link } from "./link";
import type { Channels, FromWorker, Impairment } from "./messages";

const BEAT_MS = 100; // thrice within the silence after which a way counts as dead (link.ts)
const BEATS_PER_ROW = 10;

export interface LinksTools {
  run: number;
  clock: Clock; // milliseconds, as everywhere in the client
  origin: number; // what makes the clock's time absolute: performance.timeOrigin
  random(): number; // for the impairment
  post(message: FromWorker, transfer: ArrayBuffer[]): void; // "send", "relay", "direct", "closed"; "links" once a second
  agentOf(peer: number): string; // for the records
  /** The payload of a frame, without its first byte; FRAME_DATAGRAM or FRAME_CONTROL. Of 255 only control. */
  received(peer: number, tag: number, payload: Frame): void;
  /** All links are connected and measured, with the round trips to each partner's agent in ms; said once. */
  connected(rtts: Record<string, number>): void;
}

export class Links {
  private readonly links: Map<number, Link>;
  private readonly batches: Batches;
  private readonly badNetwork: BadNetwork | null;
  private isConnected = false;
  private beats = 0;
  private cancel: () => void = () => undefined;

  /** Looks for all partners at once; the clock's timers run until `close`. */
  constructor(
    match: Match,
    impairment: Impairment | null,
    private readonly tools: LinksTools,
  ) {
    this.badNetwork = impairment && new BadNetwork(impairment, tools.clock, tools.random);
    this.batches = new Batches((batch) => tools.post({ type: "relay", run: tools.run, batch }, [batch.buffer]));
    const partners = match.peers.filter((peer) => peer !== match.peer);
    this.links = new Map(partners.map((peer) => [peer, this.linkTo(peer, match)]));
    this.beat();
  }

  /** Whether frames went to and fro on all links at once; then `connected` was said. */
  get connected(): boolean {
    return this.isConnected;
  }

  /** Whether every partner was heard within the last second. */
  get healthy(): boolean {
    return [...this.links.values()].every((link) => link.isHeard);
  }

  /** ToWorker "channels". What came by earlier ones and was not heard yet means nothing any more. */
  channels(peer: number, link: string, channels: Channels | null): void {
    this.links.get(peer)?.channels(link, channels);
  }

  /** ToWorker "unlinked". */
  unlinked(peer: number, link: string): void {
    this.links.get(peer)?.unlinked(link);
  }

  /** ToWorker "arrived". */
  arrived(peer: number, frame: Frame): void {
    this.links.get(peer)?.arrived(frame);
  }

  /** ToWorker "relayed". */
  relayed(batch: Frame): void {
    this.batches.together(() => {
      for (const { peer, frame } of entriesIn(batch)) this.heardByServer(peer, frame);
    });
  }

  /** ToWorker "connection". */
  connection(peer: number, text: string): void {
    this.links.get(peer)?.described(text);
  }

  /** Sends by whatever path is good now. Peer 255 is the server, which takes control frames. */
  send(frames: Iterable<OutgoingFrame>): void {
    this.batches.together(() => {
      for (const { peer, tag, payload } of frames) {
        if (peer === RELAY_SERVER) this.batches.add(peer, framed(tag, payload));
        else this.links.get(peer)?.send(tag, payload);
      }
    });
  }

  close(): void {
    this.cancel();
    this.badNetwork?.close();
    for (const link of this.links.values()) link.close();
    this.links.clear();
  }

  private linkTo(peer: number, match: Match): Link {
    const { run, clock, post, received } = this.tools;
    return new Link(match, {
      clock,
      badNetwork: this.badNetwork,
      sendByPage: (frame) => post({ type: "send", run, peer, frame }, [frame.buffer]),
      sendByServer: (frame) => this.batches.add(peer, frame),
      received: (tag, payload) => received(peer, tag, payload),
      direct: (up) => post({ type: "direct", run, peer, up }, []),
      detour: (works, ms) => post({ type: "detour", run, peer, works, ms }, []),
      closed: (link) => post({ type: "closed", run, peer, link }, []),
      heard: () => this.checkConnected(),
    });
  }

  private heardByServer(peer: number, frame: Frame): void {
    if (peer !== RELAY_SERVER) this.links.get(peer)?.relayed(frame);
    else if (frame[0] === FRAME_CONTROL) this.tools.received(peer, FRAME_CONTROL, frame.subarray(1));
  }

  private beat(): void {
    this.cancel = this.tools.clock.after(BEAT_MS, () => this.beat());
    this.batches.together(() => this.links.forEach((link) => link.beat()));
    this.checkConnected();
    if (this.beats++ % BEATS_PER_ROW === BEATS_PER_ROW - 1) this.postRows();
  }

  private checkConnected(): void {
    if (this.isConnected || ![...this.links.values()].every((link) => link.isConnected && link.isMeasured)) return;
    this.isConnected = true;
    this.tools.connected(this.rtts());
  }

  private rtts(): Record<string, number> {
    const known = [...this.links].map(([peer, link]) => [this.tools.agentOf(peer), link.rtt] as const);
    return Object.fromEntries(known.flatMap(([agent, rtt]) => (rtt === null ? [] : [[agent, rtt]])));
  }

  private postRows(): void {
    const at = this.tools.origin + this.tools.clock.now();
    const rows = [...this.links].map(([peer, link]): LinkRow => link.takeRow(at, this.tools.agentOf(peer)));
    this.tools.post({ type: "links", run: this.tools.run, rows }, []);
  }
}
