/** What is known of one way to a partner: that it carries frames to and fro, when it last did, and how long they take. */

import type { Lane } from "./frames";

const PING_MS = 500; // two figures in every row; a partner who is deaf to us says so often enough to be believed for 1 s
const KEEP_ALIVE_MS = 90; // at every beat of links.ts: a way on which nothing is due must not seem to be dead
const MOST_UNDERWAY = 100; // pings to a partner who does not answer: 10 s of them
const MOST_LATEST = 15; // round trips whose median is what a way takes now
const JITTER_SHARE = 1 / 4; // of a new figure; RFC 3550 takes 1/16 where figures come fifty times a second, not twice

export class Path {
  heardAt = -Infinity;
  answeredAt = -Infinity; // when a pong came: the partner heard us shortly before
  sentAt = -Infinity;
  datagrams = 0; // received since the last row
  jitter: number | null = null;
  private readonly underway = new Map<number, number>(); // pings by their numbers: when they were sent
  private readonly answered = new Set<Lane>();
  private pingedAt = -Infinity;
  private pings = 0;
  private rtt: number | null = null;
  private rtts: number[] = []; // since the last row
  private readonly latest: number[] = [];

  /** `lanes`: which have to have answered before the path counts as open. */
  constructor(private readonly lanes: readonly Lane[]) {}

  get isOpen(): boolean {
    return this.answered.size === this.lanes.length;
  }

  /** How many round trips were measured, as far as they count for the median. */
  get roundTrips(): number {
    return this.latest.length;
  }

  /** The median of the latest round trips. */
  get median(): number | null {
    const sorted = [...this.latest].sort((one, other) => one - other);
    return sorted[Math.floor(sorted.length / 2)] ?? null;
  }

  heardWithin(ms: number, now: number): boolean {
    return now - this.heardAt < ms;
  }

  /** Whether nothing that was asked on this lane has been answered yet, and it matters. */
  awaits(lane: Lane): boolean {
    return this.lanes.includes(lane) && !this.answered.has(lane);
  }

  /** The lanes on which a ping is due: on an open path the first, for the figures, or because nothing else was sent, or
   *  as long as there are fewer than `wanted` round trips. */
  pingsDue(now: number, wanted: number): readonly Lane[] {
    if (!this.isOpen) return this.lanes;
    const isDue = now - this.pingedAt >= PING_MS || now - this.sentAt >= KEEP_ALIVE_MS || this.roundTrips < wanted;
    return isDue ? this.lanes.slice(0, 1) : [];
  }

  /** The number for a ping that is sent now. */
  ping(lane: Lane, now: number): number {
    const number = (2 * this.pings++ + lane) >>> 0;
    this.pingedAt = this.sentAt = now;
    this.underway.set(number, now);
    const [oldest] = this.underway.keys();
    if (this.underway.size > MOST_UNDERWAY && oldest !== undefined) this.underway.delete(oldest);
    return number;
  }

  /** A pong came; one that nobody waits for means nothing. */
  ponged(number: number, now: number): void {
    const sent = this.underway.get(number);
    if (sent === undefined) return;
    this.underway.delete(number);
    this.answeredAt = now;
    const lane = (number & 1) as Lane;
    this.answered.add(lane);
    if (lane === this.lanes[0]) this.measured(now - sent);
  }

  /** The mean of the round trips that were measured since the last call. */
  takeRtt(): number | null {
    const rtts = this.rtts;
    this.rtts = [];
    return rtts.length === 0 ? null : rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length;
  }

  private measured(rtt: number): void {
    if (this.rtt !== null) {
      const change = Math.abs(rtt - this.rtt);
      this.jitter = this.jitter === null ? change : this.jitter + (change - this.jitter) * JITTER_SHARE;
    }
    this.rtt = rtt;
    this.rtts.push(rtt);
    this.latest.push(rtt);
    if (this.latest.length > MOST_LATEST) this.latest.shift();
  }
}
