/** The Socket.IO side of the page: it turns what happens on the wire into flow events, and sends requests. */

import { io } from "socket.io-client";

import { isRefusal } from "./api";
import type { Clock } from "./clock";
import type { FlowEvent, Request } from "./flow";
import type { Connect, Enlist, Looking, Match, Measured, Page, Play, Playing, Probe } from "./protocol.gen";
import type { Refusal, Room, Signal, Unmatched, Validated, Verdict, Warned } from "./protocol.gen";
import type { GateWire } from "./screening";
import { Silence } from "./silence";

const ANSWER_MS = 10_000; // a server that commits to disk answers in well under a second; then ask again
const PASSING = "server_error"; // the one refusal after which the same connection may be accepted
const SILENT_MS = 12_000; // the server asks each page for a sign every five seconds; see server/probing.py
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10_000; // a restarted server sees all its participants again within this time

/** The part of a Socket.IO client that is used here. */
export interface Wire {
  auth: object;
  readonly connected: boolean;
  on(event: string, listener: (argument: unknown) => void): unknown;
  emit(event: string, body: unknown): unknown;
  connect(): unknown;
  disconnect(): unknown;
  timeout(ms: number): { emitWithAck(event: string, body: unknown): Promise<unknown> };
}

/** What a game of several people hears from the server. */
export interface MatchListener {
  /** The socket is there again; what was said meanwhile is lost. */
  linked(): void;
  room(room: Room): void;
  match(match: Match): void;
  signal(signal: Signal): void;
  play(play: Play): void;
  unmatched(unmatched: Unmatched): void;
  /** Frames of peers, or of the server; protocol.py says how they are packed. */
  relayed(batch: Uint8Array<ArrayBuffer>): void;
}

/** What the screening, and whoever watches the participant, hear from the server. */
export interface Attendant {
  /** The socket is there again; what was said meanwhile is lost. */
  linked(): void;
  verdict?(verdict: Verdict): void;
  warned?(warned: Warned): void;
}

/** What a game of several people needs of the connection. */
export interface MatchWire {
  readonly connected: boolean;
  /** Null: nobody answered, or there is no connection. */
  enlist(enlist: Enlist): Promise<Room | Refusal | null>;
  validated(validated: Validated): void;
  signal(signal: Signal): void;
  relay(batch: Uint8Array): void;
  /** What is said of this page whenever it connects again. */
  plays(playing: Playing | null): void;
  /** Returns the function that ends the subscription. */
  listen(listener: MatchListener): () => void;
}

export function openWire(): Wire {
  return io({
    autoConnect: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true, // without it there is no fallback from a blocked websocket
    reconnectionDelay: RETRY_FIRST_MS,
    reconnectionDelayMax: RETRY_MOST_MS,
  });
}

export class Connection implements MatchWire, GateWire {
  private readonly listeners = new Set<MatchListener>();
  private readonly attending = new Set<Attendant>();
  private readonly silence: Silence;
  private playing: Playing | null = null;

  constructor(
    private readonly wire: Wire,
    private readonly clock: Clock,
    private readonly happened: (event: FlowEvent) => void,
  ) {
    this.silence = new Silence(clock, SILENT_MS, () => this.again());
    wire.on("connect", () => this.linked());
    wire.on("disconnect", (reason) => this.dropped(String(reason)));
    wire.on("connect_error", (error) => this.failed(error));
    this.hears("scene", (page) => happened({ type: "scene", page: page as Page }));
    this.hears("probe", (probe) => this.answer(probe as Probe));
    this.hears("verdict", (verdict) => this.attendants((one) => one.verdict?.(verdict as Verdict)));
    this.hears("warned", (warned) => this.attendants((one) => one.warned?.(warned as Warned)));
    this.hears("moved", (refusal) => this.movedAway(refusal as Refusal));
    this.passOn();
  }

  private passOn(): void {
    this.hears("room", (room) => this.each((listener) => listener.room(room as Room)));
    this.hears("match", (match) => this.each((listener) => listener.match(match as Match)));
    this.hears("signal", (signal) => this.each((listener) => listener.signal(signal as Signal)));
    this.hears("play", (play) => this.each((listener) => listener.play(play as Play)));
    this.hears("unmatched", (unmatched) => this.each((listener) => listener.unmatched(unmatched as Unmatched)));
    this.hears("relay", (bytes) => this.each((listener) => listener.relayed(new Uint8Array(bytes as ArrayBuffer))));
  }

  private hears(event: string, listener: (argument: unknown) => void): void {
    this.wire.on(event, (argument) => {
      if (this.wire.connected) this.silence.broken();
      listener(argument);
    });
  }

  /** A socket whose line was dead finds its way back late: each of its attempts waits for twice as long as the last. */
  private again(): void {
    this.wire.disconnect();
    this.wire.connect();
  }

  private each(tell: (listener: MatchListener) => void): void {
    for (const listener of [...this.listeners]) tell(listener);
  }

  private attendants(tell: (attendant: Attendant) => void): void {
    for (const attendant of [...this.attending]) tell(attendant);
  }

  get connected(): boolean {
    return this.wire.connected;
  }

  listen(listener: MatchListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  attend(listener: Attendant): () => void {
    this.attending.add(listener);
    return () => void this.attending.delete(listener);
  }

  async screen(measured: Measured): Promise<Refusal | null | undefined> {
    if (!this.wire.connected) return undefined;
    try {
      const answer = await this.wire.timeout(ANSWER_MS).emitWithAck("screen", measured);
      return (answer ?? null) as Refusal | null; // the server's nothing arrives as no argument at all
    } catch {
      return undefined;
    }
  }

  /** Lost with a connection: it is said again on the next one. */
  looking(looking: Looking): void {
    if (this.wire.connected) this.wire.emit("looking", looking);
  }

  /** The server measures how long this takes. */
  private answer(probe: Probe): void {
    if (this.wire.connected) this.wire.emit("probe", probe);
  }

  async enlist(enlist: Enlist): Promise<Room | Refusal | null> {
    if (!this.wire.connected) return null;
    try {
      return (await this.wire.timeout(ANSWER_MS).emitWithAck("enlist", enlist)) as Room | Refusal;
    } catch {
      return null;
    }
  }

  /** Lost with a connection: the server ends the match of whoever loses it now. */
  validated(validated: Validated): void {
    if (this.wire.connected) this.wire.emit("validated", validated);
  }

  signal(signal: Signal): void {
    if (this.wire.connected) this.wire.emit("signal", signal);
  }

  /** Socket.IO would keep what is said without a connection; frames that are late are worth nothing. */
  relay(batch: Uint8Array): void {
    if (this.wire.connected) this.wire.emit("relay", batch);
  }

  plays(playing: Playing | null): void {
    this.playing = playing;
    this.wire.auth = { ...this.wire.auth, playing };
  }

  open(auth: Connect): void {
    this.wire.disconnect();
    this.wire.auth = { ...auth, ...(this.playing && { playing: this.playing }) };
    this.wire.connect();
  }

  close(): void {
    this.wire.disconnect();
  }

  async send(request: Request): Promise<void> {
    try {
      const answer = await this.wire.timeout(ANSWER_MS).emitWithAck(request.verb, request.body);
      this.happened({ type: "answered", answer: answer as Page | Refusal, request });
    } catch {
      this.happened({ type: "unanswered" });
    }
  }

  /** A takeover is said once: a reconnection must not take the study back from a tab that has it by then. */
  private linked(): void {
    this.wire.auth = { ...this.wire.auth, takeover: false };
    this.silence.broken();
    this.happened({ type: "linked" });
    this.each((listener) => listener.linked());
    this.attendants((one) => one.linked());
  }

  /** Socket.IO reconnects by itself, except where the server closed the socket on purpose, as it does in a restart. */
  private dropped(reason: string): void {
    this.silence.end();
    this.happened({ type: "unlinked" });
    if (reason === "io server disconnect") this.wire.connect();
  }

  /** Socket.IO tries again by itself where nobody answered, but not where the server refused. */
  private failed(error: unknown): void {
    const refusal: unknown = error instanceof Error && "data" in error ? error.data : undefined;
    if (!isRefusal(refusal)) return this.happened({ type: "unlinked" });
    if (refusal.reason !== PASSING) return this.happened({ type: "refused", refusal });
    this.happened({ type: "unlinked" });
    this.clock.after(RETRY_MOST_MS, () => this.wire.connect());
  }

  private movedAway(refusal: Refusal): void {
    this.happened({ type: "moved", refusal });
    this.wire.disconnect();
  }
}
