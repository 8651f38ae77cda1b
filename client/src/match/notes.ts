/** What the players are told about the lines between them and about each other, as one function of what has happened. */

import type { RepairKind } from "../p2p/repairs";
import type { Multiplayer } from "../protocol.gen";
import type { MatchEvent } from "../worker/messages";
import * as words from "./words";
import type { Said } from "./words";

const FAREWELL_MS = 5_000; // how long it is said that somebody has left
const WELCOME_MS = 3_000; // and that they are back
const ALONE_MS = 3_000; // whoever is silent for longer has been cut, if this peer hears of it; so it hears of nothing
const THAWING_MS = 10_000; // how long a browser that had stopped everything may take to reach anybody

type Held = Extract<MatchEvent, { type: "held" }>;
type Rules = Pick<Multiplayer, "on_disconnect" | "on_leave" | "return_timeout_s" | "hidden_timeout_s">;

/** All times are absolute, in ms. */
export class Notes {
  private readonly silent = new Map<number, number>(); // since when
  private readonly cutAt = new Map<number, number>(); // those who are not in the game
  private readonly repairs = new Map<number, RepairKind>(); // under way
  private held: (Held & { since: number }) | null = null;
  private awaySince: number | null = null; // this peer itself was taken out of the game
  private isCatchingUp = false;
  private thawedAt = -Infinity;
  private returnedAt = -Infinity;

  constructor(
    private readonly me: number,
    private readonly partners: number,
    private readonly rules: Rules,
  ) {}

  /** Nobody of those who are still in the game is silent. */
  get healthy(): boolean {
    return this.silent.size === 0;
  }

  /** Whether this peer itself was taken out of the game. */
  get isAway(): boolean {
    return this.awaySince !== null;
  }

  get isHeld(): boolean {
    return this.held !== null;
  }

  happened(event: MatchEvent, now: number): void {
    switch (event.type) {
      case "interrupted":
        return void this.silent.set(event.peer, now);
      case "resumed":
        return void this.silent.delete(event.peer);
      case "held":
        return void (this.held = { ...event, since: now });
      case "unheld":
        return void (this.held = null);
      case "away":
        return this.wentAway(now);
      case "cut":
        return this.left(event.peer, now);
      case "returned":
        return this.returned(event.peer, now);
    }
  }

  /** What is being tried to reach this partner; null: nothing any more. */
  repairing(peer: number, kind: RepairKind | null): void {
    if (kind === null) this.repairs.delete(peer);
    else this.repairs.set(peer, kind);
  }

  /** Frames were played that this peer has missed. */
  caughtUp(): void {
    this.isCatchingUp = this.isAway;
  }

  /** Nothing has run here for a while: it is this peer that was away, whatever it thinks of the others. */
  thawed(now: number): void {
    this.thawedAt = now;
  }

  /** What is said changes as time passes: ask again every second. `isOffline`: this page reaches nobody. */
  said(now: number, isOffline: boolean): Said {
    if (now - this.thawedAt < THAWING_MS && (this.isAway || this.held?.why === "silence")) return words.catchingUp;
    if (this.awaySince !== null) return this.saidAway(this.awaySince, now, isOffline);
    if (this.held !== null) return this.saidHeld(this.held, now, isOffline);
    if (this.isAlone(now)) return words.offline(null);
    if (this.silent.size > 0) return words.unstable(this.who(this.silent.keys()));
    return this.saidOfAbsent(now);
  }

  /** Nobody is heard, and the game cannot go on, whatever the others do. */
  private isAlone(now: number): boolean {
    const others = this.partners - this.cutAt.size;
    return others > 0 && [...this.silent.values()].filter((since) => now - since > ALONE_MS).length === others;
  }

  private saidAway(since: number, now: number, isOffline: boolean): Said {
    if (this.isCatchingUp) return words.catchingUp;
    const wait = words.wait(since, this.returnableUntil(since), now);
    return isOffline ? words.offline(wait) : words.disconnected(wait);
  }

  private saidHeld({ why, peers, since, until }: Held & { since: number }, now: number, isOffline: boolean): Said {
    const wait = words.wait(since, until ?? (why === "hidden" ? this.visibleUntil(since) : null), now);
    if (why === "hidden") return peers.includes(this.me) ? words.wasHidden : words.hidden(this.who(peers), wait);
    if (why === "silence" && this.silent.size > 0) {
      if (isOffline) return words.offline(wait);
      return words.interrupted(this.who(this.silent.keys()), wait, [...this.repairs.values()][0] ?? null);
    }
    if (this.cutAt.size === 0) return words.resuming;
    return words.absent(this.who(this.cutAt.keys()), why === "absence" ? wait : null);
  }

  /** The game goes on, with or without those who were lost. */
  private saidOfAbsent(now: number): Said {
    if (now - this.returnedAt < WELCOME_MS) return words.returned(this.partners);
    const [last] = [...this.cutAt].sort(([, one], [, other]) => other - one);
    if (last === undefined) return words.nothing;
    const [who, isPlayed] = [this.who(this.cutAt.keys()), this.rules.on_leave === "bot"];
    if (this.needsEverybody) return words.absent(who, null); // until it is said what follows
    const until = this.returnableUntil(last[1]) ?? last[1];
    if (now < until) return words.lost(who, isPlayed, Math.ceil((until - now) / 1000));
    return now - until < FAREWELL_MS ? words.gone(who, isPlayed) : words.nothing;
  }

  /** Whether no frame is played without anybody. */
  private get needsEverybody(): boolean {
    return this.rules.on_disconnect === "pause" && this.rules.on_leave === "end";
  }

  private returnableUntil(since: number): number | null {
    const { return_timeout_s } = this.rules;
    return return_timeout_s === undefined ? null : since + return_timeout_s * 1000;
  }

  /** The netcode knows of no end of this pause: it is the server that lets nobody hide for longer. */
  private visibleUntil(since: number): number | null {
    const { hidden_timeout_s } = this.rules;
    return typeof hidden_timeout_s === "number" ? since + hidden_timeout_s * 1000 : null;
  }

  private wentAway(now: number): void {
    this.awaySince ??= now;
    this.isCatchingUp = false;
    this.held = null;
  }

  private left(peer: number, now: number): void {
    this.silent.delete(peer);
    this.repairs.delete(peer);
    this.cutAt.set(peer, now);
  }

  private returned(peer: number, now: number): void {
    this.cutAt.delete(peer);
    if (peer === this.me) [this.awaySince, this.isCatchingUp] = [null, false];
    else this.returnedAt = now;
  }

  /** As the subject of a sentence, or after a preposition. */
  private who(peers: Iterable<number>): string {
    if (this.partners === 1) return "your partner";
    return [...peers].length > 1 ? "some of your partners" : "one of your partners";
  }
}
