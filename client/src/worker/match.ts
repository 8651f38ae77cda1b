/** One open game of several people: Python's Match, the links to the partners, and the moments at which time passes. */

import type { Clock } from "../clock";
import type { Game, Match } from "../protocol.gen";
import { framesIn } from "./frames";
import { Inbox } from "./inbox";
import { Links } from "./links";
import type { Impairment, MatchEvent, MatchFrame, MatchPacket, Press, ToWorker, WorkerFailure } from "./messages";
import { chunksOf, pixelsOf, transferable, type PacketBytes } from "./packets";
import type { Input, Post } from "./player";
import { Wakeup, type Hop } from "./wakeup";

const LINGER_MS = 1_000; // partners who have acknowledged everything may not know that we have, and ask again
const LINGER_MOST_MS = 10_000;
const LINGER_BEAT_MS = 50;

const TIMES = ["at", "until"];

/** What python.ts makes of Python's `Match`. Times are seconds of the worker's clock. */
export interface NetGame extends PacketBytes {
  meet(now: number): void;
  /** When to call `advance` by now, perhaps earlier than it said itself; nothing if there is no game to go on with. */
  receive(peer: number, payload: Uint8Array, now: number): number | undefined;
  receiveControl(peer: number, payload: Uint8Array, now: number): void;
  ready(now: number): void;
  /** The next `advance` has the last chunks. */
  leave(now: number): void;
  advance(now: number, input: string): string;
  /** What is to be sent since the last call; see `framesIn`. */
  outgoing(): Uint8Array;
  /** The environment goes. From now on `linger` takes the place of `advance`. */
  retire(): void;
  /** Whether the others have acknowledged all that they were told. */
  linger(now: number): boolean;
  close(): void;
}

/** What a game of several people needs of the worker, besides Python. */
export interface MatchTools {
  post: Post;
  clock: Clock;
  origin: number; // what makes the clock's time absolute: performance.timeOrigin
  hop: Hop;
}

/** What happens to the links; the rest comes by methods of the player. */
export type LinkMessage = Extract<ToWorker, { type: "channels" | "unlinked" | "arrived" | "relayed" | "connection" }>;

export class MatchPlayer {
  private readonly links: Links;
  private readonly wakeup: Wakeup;
  private readonly inbox = new Inbox();
  private readonly me: number;
  private told = 0; // Python's time, in ms: a tick that begins a little early must not make it run backwards
  private met = false;
  private down: string[] = [];
  private presses: Press[] = [];
  private focused = true;
  private isRetired = false;
  private isAcknowledged = false; // as far as the page was told
  private cancelLinger: () => void = () => undefined;

  constructor(
    readonly run: number,
    private readonly python: NetGame,
    match: Match,
    game: Game,
    impairment: Impairment | null,
    private readonly tools: MatchTools,
  ) {
    this.me = match.peer;
    this.wakeup = new Wakeup(tools.clock, tools.hop, (now) => this.advance(now));
    const agents = Object.keys(game.policies);
    this.links = new Links(match, impairment, {
      ...{ run, clock: tools.clock, origin: tools.origin, random: Math.random, post: tools.post },
      agentOf: (peer) => agents[peer] ?? String(peer),
      received: (peer, tag, payload) => this.received(peer, tag, payload),
      connected: (rtts) => tools.post({ type: "connected", run, rtts }, []),
    });
  }

  /** Time passes from now on. */
  meet(): void {
    this.python.meet(this.seconds());
    this.met = true;
    this.soon();
  }

  ready(): void {
    this.python.ready(this.seconds());
    this.soon();
  }

  /** The set of keys is the latest; presses add up until an input has taken them. */
  input(input: Input): void {
    this.down = input.down;
    this.focused = input.focused;
    this.presses.push(...input.presses);
  }

  link(message: LinkMessage): void {
    switch (message.type) {
      case "channels":
        return this.links.channels(message.peer, message.link, message.channels);
      case "unlinked":
        return this.links.unlinked(message.peer, message.link);
      case "arrived":
        return this.links.arrived(message.peer, message.frame);
      case "relayed":
        return this.links.relayed(message.batch);
      case "connection":
        return this.links.connection(message.peer, message.text);
    }
  }

  /** The game is over here; the partners are answered until they need nothing more, or have had their time. */
  retire(forgotten: () => void): void {
    this.wakeup.stop();
    this.isRetired = true;
    this.python.retire();
    this.linger(this.tools.clock.now(), forgotten);
  }

  /** The page is told what there is to record. The partners hear of it from the server, which has decided it, or is asked
   *  to: nobody shall learn that this one is gone before it is known why. */
  leave(): void {
    if (!this.met || this.isRetired) return;
    const now = this.tools.clock.now();
    this.python.leave(this.seconds(now));
    const text = this.python.advance(this.seconds(now), this.inputFor([]));
    const packet = JSON.parse(text) as MatchPacket;
    if (!("error" in packet)) this.tell(packet, text, [], { due: now, sampled: now, executed: now });
  }

  /** Nobody is told goodbye: a page that reloads, or whose game goes on in another tab, comes back. */
  close(): void {
    this.wakeup.stop();
    this.cancelLinger();
    this.links.close();
    this.met = false;
    this.python.close();
  }

  /** What comes before we have met is lost, as on a bad line: it is sent again. */
  private received(peer: number, tag: number, payload: Uint8Array): void {
    if (!this.met) return;
    const isFirst = this.inbox.isEmpty;
    this.inbox.put(peer, tag, payload);
    if (isFirst) this.tools.hop(() => this.sooner(this.deliver()));
  }

  /** Called when all that waited before this worker is in the inbox, or time passes. Returns when Python wants to be
   *  called by now, in its seconds. */
  private deliver(): number {
    let next = Infinity;
    if (!this.met) return next;
    for (const [peer, payload] of this.inbox.takeDatagrams()) {
      next = this.python.receive(peer, payload, this.seconds()) ?? next;
    }
    const control = this.inbox.takeControl();
    for (const [peer, payload] of control) this.python.receiveControl(peer, payload, this.seconds());
    if (control.length > 0) this.soon();
    return next;
  }

  /** Lets time pass before the deadline that was said last, if what has come makes that worth while. */
  private sooner(next: number): void {
    if (this.met && !this.isRetired) this.wakeup.aimBefore(Math.max(next * 1000, this.tools.clock.now()));
  }

  private linger(since: number, forgotten: () => void): void {
    this.deliver();
    const isIdle = this.python.linger(this.seconds());
    this.sendAll();
    if (isIdle && !this.isAcknowledged) {
      this.isAcknowledged = true;
      this.tools.post({ type: "acknowledged", run: this.run }, []);
    }
    if (this.tools.clock.now() - since >= (isIdle ? LINGER_MS : LINGER_MOST_MS)) return forgotten();
    this.cancelLinger = this.tools.clock.after(LINGER_BEAT_MS, () => this.linger(since, forgotten));
  }

  /** Lets time pass before the next deadline: there is something to answer. */
  private soon(): void {
    if (this.met && !this.isRetired) this.wakeup.aim(this.tools.clock.now());
  }

  private advance(now: number): void {
    this.deliver();
    const { presses } = this;
    const sampled = this.tools.clock.now();
    const text = this.python.advance(this.seconds(now), this.inputFor(presses));
    const executed = this.tools.clock.now();
    const packet = JSON.parse(text) as MatchPacket;
    if ("error" in packet) return this.fail(packet.error);
    this.wakeup.aim(packet.next * 1000);
    this.sendAll();
    const taken = packet.acts === null ? [] : presses.splice(0);
    if (packet.events.some((event) => this.isNewStart(event))) presses.length = 0; // they were for what is over
    if (isNews(packet)) this.tell(packet, text, taken, { due: packet.due * 1000, sampled, executed });
  }

  /** What was pressed in an earlier episode, or under an overlay, does nothing after it. */
  private isNewStart(event: MatchEvent): boolean {
    if (event.type === "returned") return event.peer === this.me;
    return event.type === "prepared" || event.type === "unheld";
  }

  private sendAll(): void {
    this.links.send(framesIn(this.python.outgoing()));
  }

  private tell(packet: MatchFrame, text: string, presses: Press[], times: Times): void {
    const [chunks, pixels] = [chunksOf(this.python, packet), pixelsOf(this.python, packet)];
    const { origin } = this.tools;
    const [due, sampled, executed] = [origin + times.due, origin + times.sampled, origin + times.executed];
    const move = { packet: withAbsoluteTimes(packet, origin) ?? text, pixels, chunks, presses, due, sampled, executed };
    this.tools.post({ type: "moved", run: this.run, move }, transferable(chunks, pixels));
  }

  /** What Python still has to say tells the others that this peer is gone. */
  private fail(failure: WorkerFailure): void {
    this.wakeup.stop();
    this.sendAll();
    this.tools.post({ type: "failed", run: this.run, failure }, []);
  }

  private inputFor(presses: Press[]): string {
    return JSON.stringify({ down: this.down, pressed: presses.map((press) => press.key), focused: this.focused });
  }

  private seconds(now: number = this.tools.clock.now()): number {
    this.told = Math.max(this.told, now);
    return this.told / 1000;
  }
}

interface Times {
  due: number;
  sampled: number;
  executed: number;
}

/** Whether the page has anything to do with it. */
function isNews(packet: MatchFrame): boolean {
  const { ticked, draw, pixels, chunks, events, acts } = packet;
  return ticked || draw !== null || pixels !== null || acts !== null || chunks.length > 0 || events.length > 0;
}

/** The packet with the page's kind of times; null where it has none. Few have. */
function withAbsoluteTimes(packet: MatchFrame, origin: number): string | null {
  if (!packet.events.some((event) => TIMES.some((name) => name in event))) return null;
  const absolute = (name: string, value: unknown): unknown =>
    TIMES.includes(name) && typeof value === "number" ? origin + value : value;
  const events = packet.events.map((event) =>
    Object.fromEntries(Object.entries(event).map(([name, value]) => [name, absolute(name, value)])),
  );
  return JSON.stringify({ ...packet, events });
}
