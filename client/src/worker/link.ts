/** The link to one partner: the direct way and the one through the server, and which of them to take. */

import type { Clock } from "../clock";
import {
  FRAME_CONTROL,
  FRAME_DATAGRAM,
  FRAME_DEAF,
  FRAME_PING,
  FRAME_PONG,
  type LinkRow,
  type Match,
} from "../protocol.gen";
import { directHere, directOnPage, isFrame, type Direct } from "./direct";
import { framed, laneOf, probe, probeNumber, type Frame, type Lane } from "./frames";
import type { BadNetwork } from "./impairment";
import { LossMeter } from "./loss";
import type { Channels } from "./messages";
import { Path } from "./path";

const DEAF_MS = 300; // nothing came by the direct way for so long: the other one is taken, too
const BELIEVED_MS = 1000; // a partner who says that it is deaf is so for this long; it says so twice in the time
const OUTDATED_MS = 200; // a partner who has just answered directly was deaf before, and the server took its time
const HEAD_START_MS = 3000; // of the direct way: where it comes about at all, it mostly does within one second
const HEARD_MS = 1000; // whoever was not heard for so long is not there

export interface LinkTools {
  clock: Clock;
  badNetwork: BadNetwork | null;
  sendByPage(frame: Frame): void;
  sendByServer(frame: Frame): void;
  received(tag: number, payload: Frame): void;
  direct(up: boolean): void;
  detour(works: boolean, ms: number): void;
  closed(link: string): void; // the channels of the direct connection, not by us
  /** Something was heard. */
  heard(): void;
}

export class Link {
  private readonly server = new Path([0]);
  private readonly loss = new LossMeter();
  private readonly begun: number;
  private direct: Direct | null = null;
  private hopeless = false; // of a direct way, for now
  private isUp = false; // what the page was told of it
  private detourSince: number | null = null; // nothing was heard by the server since the direct way was lost
  private deafAt = -Infinity; // when the partner last said that it hears nothing by the direct way
  private connection = "";
  private sent = 0; // datagrams, since the last row

  constructor(
    private readonly rules: Pick<Match, "is_mesh" | "may_relay" | "round_trips">,
    private readonly tools: LinkTools,
  ) {
    this.begun = tools.clock.now();
  }

  /** Whether frames go to and fro, and by the server only if the direct way has had its time. */
  get isConnected(): boolean {
    if (!this.isHeard) return false;
    return this.direct?.path.isOpen === true || (this.server.isOpen && this.headStartIsOver);
  }

  /** Whether it was measured as often as was asked for. */
  get isMeasured(): boolean {
    return this.inUse.roundTrips >= this.wanted;
  }

  /** Milliseconds to the partner and back, by the way that is taken. */
  get rtt(): number | null {
    return round(this.inUse.median);
  }

  get isHeard(): boolean {
    const now = this.tools.clock.now();
    return this.server.heardWithin(HEARD_MS, now) || this.direct?.path.heardWithin(HEARD_MS, now) === true;
  }

  channels(link: string, channels: Channels | null): void {
    this.drop();
    this.direct =
      channels === null
        ? directOnPage(link, (frame) => this.tools.sendByPage(frame))
        : directHere(
            link,
            channels,
            (frame) => this.heardDirectly(frame),
            () => this.beat(),
            () => this.closed(link),
          );
    this.beat();
  }

  unlinked(link: string): void {
    if (link !== "" && link !== this.direct?.link) return;
    this.hopeless = true;
    this.drop();
    this.tools.heard();
  }

  arrived(frame: Frame): void {
    if (isFrame(frame.length) && this.direct?.isOnPage) this.heardDirectly(frame);
  }

  relayed(frame: Frame): void {
    if (isFrame(frame.length)) this.heardByServer(frame);
  }

  /** What this end of the direct connection is; of an older one it means nothing. */
  described(text: string): void {
    if (this.direct !== null) this.connection = text;
  }

  send(tag: number, payload: Uint8Array): void {
    const now = this.tools.clock.now();
    const directly = this.direct?.path.isOpen === true && this.sendDirectly(framed(tag, payload));
    const relayed = this.isRelaying(now);
    if (relayed) this.sendByServer(tag, payload);
    if (tag === FRAME_DATAGRAM && (directly || relayed)) this.sent += 1;
  }

  /** Ten times a second: asks on every way that is in use, or is to be. */
  beat(): void {
    if (this.direct !== null) this.ping(this.direct.path);
    if (this.isRelaying(this.tools.clock.now())) this.ping(this.server);
    this.notice();
  }

  /** The figures since the last row. */
  takeRow(at: number, partner: string): LinkRow {
    const path = this.pathOfRow();
    const [direct, server] = [this.direct?.path ?? null, this.server];
    const rtts = { direct: direct?.takeRtt() ?? null, server: server.takeRtt(), none: null };
    const jitters = { direct: direct?.jitter ?? null, server: server.jitter, none: null };
    const received = (direct?.datagrams ?? 0) + server.datagrams;
    const counts = [this.loss.take(), this.sent, received] as const;
    server.datagrams = this.sent = 0;
    if (direct !== null) direct.datagrams = 0;
    return [at, partner, path, this.connection, round(rtts[path]), round(jitters[path]), ...counts];
  }

  close(): void {
    this.direct?.close();
    this.direct = null;
  }

  private get inUse(): Path {
    return this.direct?.path.isOpen ? this.direct.path : this.server;
  }

  private get wanted(): number {
    return this.rules.round_trips ?? 1;
  }

  private get headStartIsOver(): boolean {
    return !this.rules.is_mesh || this.hopeless || this.tools.clock.now() - this.begun >= HEAD_START_MS;
  }

  /** Directly, just now: then both ends hear. */
  private get wasAnswered(): boolean {
    return this.direct !== null && this.tools.clock.now() - this.direct.path.answeredAt < OUTDATED_MS;
  }

  /** Whether nothing comes directly that we could rely on. */
  private isDeaf(now: number): boolean {
    return this.direct?.path.isOpen !== true || !this.direct.path.heardWithin(DEAF_MS, now);
  }

  private isPartnerDeaf(now: number): boolean {
    return now - this.deafAt < BELIEVED_MS;
  }

  /** One end that hears nothing is enough: the other one may hear everything, and not know. */
  private isRelaying(now: number): boolean {
    return this.rules.may_relay && (this.isDeaf(now) || this.isPartnerDeaf(now));
  }

  private ping(path: Path): void {
    for (const lane of path.pingsDue(this.tools.clock.now(), this.wanted)) this.pingOn(path, lane);
  }

  private pingOn(path: Path, lane: Lane): void {
    this.sendBy(path, probe(FRAME_PING, path.ping(lane, this.tools.clock.now())));
  }

  private sendBy(path: Path, frame: Frame): void {
    if (path === this.server) this.sendByServer(frame[0] ?? 0, frame.subarray(1));
    else this.sendDirectly(frame);
  }

  private sendDirectly(frame: Frame): boolean {
    const direct = this.direct;
    if (direct === null) return false;
    direct.path.sentAt = this.tools.clock.now();
    return this.carry(frame, () => direct.send(frame));
  }

  private sendByServer(tag: number, payload: Uint8Array): void {
    const now = this.tools.clock.now();
    const hears = this.direct?.path.heardWithin(DEAF_MS, now) === true;
    const frame = framed(hears ? tag : tag | FRAME_DEAF, payload);
    this.server.sentAt = now;
    this.carry(frame, () => {
      this.tools.sendByServer(frame);
      return true;
    });
  }

  /** Whether it was sent, or is underway in a network that is bad on purpose; that is for frames which may be lost. */
  private carry(frame: Frame, deliver: () => boolean): boolean {
    if (this.tools.badNetwork === null || laneOf(frame) === 1) return deliver();
    this.tools.badNetwork.carry(deliver);
    return true;
  }

  private heardDirectly(frame: Frame): void {
    if (this.direct !== null) this.heard(this.direct.path, frame[0] ?? 0, frame);
  }

  private heardByServer(frame: Frame): void {
    if (!this.rules.may_relay) return;
    const tag = frame[0] ?? 0;
    if (tag & FRAME_DEAF && !this.wasAnswered) this.deafAt = this.tools.clock.now();
    if (!this.isUp) this.endDetour(true);
    this.heard(this.server, tag & ~FRAME_DEAF, frame);
  }

  private heard(path: Path, tag: number, frame: Frame): void {
    path.heardAt = this.tools.clock.now();
    this.take(path, tag, frame.subarray(1));
    this.notice();
    this.tools.heard();
  }

  private take(path: Path, tag: number, payload: Frame): void {
    switch (tag) {
      case FRAME_PING:
        return this.answer(path, payload);
      case FRAME_PONG:
        path.ponged(probeNumber(payload) ?? -1, path.heardAt);
        if (this.wasAnswered) this.deafAt = -Infinity;
        return;
      case FRAME_DATAGRAM:
        path.datagrams += 1;
        this.loss.saw(payload);
        return this.tools.received(tag, payload);
      case FRAME_CONTROL:
        return this.tools.received(tag, payload);
    }
  }

  /** Whoever asks is there: what we would ask at the next beat is asked now, too. */
  private answer(path: Path, payload: Frame): void {
    const number = probeNumber(payload);
    if (number === null) return;
    const pong = probe(FRAME_PONG, number);
    this.sendBy(path, pong);
    const lane = laneOf(pong);
    if (path.awaits(lane)) this.pingOn(path, lane);
  }

  /** Tells the page where the direct way is lost, for whichever end, or is back. */
  private notice(): void {
    const now = this.tools.clock.now();
    const isUp = !this.isDeaf(now) && !this.isPartnerDeaf(now);
    if (isUp === this.isUp) return;
    this.isUp = isUp;
    if (isUp) this.endDetour(false);
    else if (this.rules.may_relay) this.detourSince = now;
    this.tools.direct(isUp);
  }

  private endDetour(works: boolean): void {
    if (this.detourSince === null) return;
    const ms = Math.round(this.tools.clock.now() - this.detourSince);
    this.detourSince = null;
    this.tools.detour(works, ms);
  }

  private closed(link: string): void {
    this.unlinked(link);
    this.tools.closed(link);
  }

  /** Drops the direct connection that was. */
  private drop(): void {
    this.close();
    this.connection = "";
    this.notice();
  }

  /** By which way datagrams came; where there were none, by which anything did. */
  private pathOfRow(): LinkRow[2] {
    const now = this.tools.clock.now();
    const direct = this.direct?.path;
    const [directly, relayed] = [direct?.datagrams ?? 0, this.server.datagrams];
    if (directly + relayed > 0) return directly >= relayed ? "direct" : "server";
    if (direct?.isOpen && direct.heardWithin(HEARD_MS, now)) return "direct";
    return this.server.heardWithin(HEARD_MS, now) ? "server" : "none";
  }
}

/** Browsers' clocks give 0.1 ms at best; more digits are noise that costs bytes. */
function round(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 100) / 100;
}
