/** One match, from the moment at which the partners are known to the last frame.
 *
 *      connecting -> met -> (prepared -> ready -> playing) for each episode -> ended
 *
 * The countdown runs beside the connecting. An episode begins when that is over, everybody is heard, and all have said so.
 */

import type { Clock } from "../clock";
import type { MatchWire } from "../connection";
import type { DebugSink } from "../debug";
import type { EventLog } from "../events";
import type { Peers, PeersTools } from "../p2p/peers";
import type { RepairKind } from "../p2p/repairs";
import type { GymView } from "../pages/gym";
import type { GymPage, LinkRow, Match, Signal } from "../protocol.gen";
import type { Ending } from "../recorder";
import type { Runtime } from "../runtime";
import type { Screen } from "../screen";
import type { Impairment, MatchEvent, MatchPacket, Move, Press, WorkerFailure } from "../worker/messages";
import { MatchLog } from "./log";
import { Notes } from "./notes";
import type { MatchRecords } from "./records";
import { isReplayed, isRestart, recordedOf, type ReplayTools } from "./replay";
import { between, type Said } from "./words";
import { MatchWorker } from "./worker";

const UPDATE_MS = 1_000;
const FROZEN_MS = 3_000; // the worker says something every second
const ACKNOWLEDGED_MS = 1_000; // by then partners who can be reached know that the game is over
const FORGOTTEN_MS = 15_000; // longer than a worker lingers that is alive
const RETURN_MS = 3_000; // how long whoever comes back waits for all links; the game goes on with those that there are

type OpenPeers = (
  match: Match,
  tools: PeersTools,
) => Pick<Peers, "start" | "signalled" | "fromWorker" | "linkedAgain" | "rest" | "close">;

export interface BoutTools extends Pick<ReplayTools, "api"> {
  runtime: Runtime;
  wire: MatchWire;
  clock: Clock;
  now(): number; // absolute
  isOffline(): boolean;
  debug: DebugSink;
  events: Pick<EventLog, "report">;
  records: MatchRecords;
  screen: Screen;
  view: GymView;
  impairment: Impairment | null;
  openPeers: OpenPeers;
  /** Resolves with false where the bout was closed meanwhile. */
  openStage(): Promise<boolean>;
}

export interface BoutEnds {
  /** An episode begins. */
  began(): void;
  ended(reason: string, text: string, wasAway: boolean): void;
  failed(failure: WorkerFailure): void;
}

export class Bout {
  private readonly worker: MatchWorker;
  private readonly peers: ReturnType<BoutTools["openPeers"]>;
  private readonly notes: Notes;
  private readonly log: MatchLog;
  private isMade = false; // in the worker, as far as it has been told
  private hasMet = false;
  private isStaged = false;
  private isReady = false; // we have said so
  private isPlaying = false;
  private prepared: number | null = null; // the episode that is made, and has not begun
  private next = 0; // the episode that is waited for, or played
  private beginsAt: number;
  private saidLast = "";
  private updatedAt: number;
  private cancelUpdate: () => void = () => undefined;
  private cancelMeeting: () => void = () => undefined;
  private readonly closing: Promise<void>[] = [];
  private isRetired = false;
  private acknowledged: () => void = () => undefined;
  private cancelForgetting: () => void = () => undefined;
  private closed = false;

  constructor(
    private readonly page: GymPage,
    readonly match: Match,
    private readonly tools: BoutTools,
    private readonly ends: BoutEnds,
  ) {
    const { clock, events, wire } = tools;
    const countdown = this.hasBegun ? 0 : (page.game.multiplayer?.countdown_s ?? 0);
    this.beginsAt = clock.now() + countdown * 1000;
    this.updatedAt = tools.now();
    this.notes = new Notes(match.peer, match.peers.length - 1, page.game.multiplayer ?? {});
    this.log = new MatchLog(match.peer, events, tools.now);
    this.worker = new MatchWorker(tools.runtime, this.listener());
    this.peers = tools.openPeers(match, {
      ...{ run: this.worker.run, clock },
      signal: (signal) => wire.signal(signal),
      toWorker: (message, transfer) => this.worker.post(message, transfer),
      report: (...event) => events.report(...event),
      repairing: (...repair) => this.repairing(...repair),
    });
    this.plays(false);
  }

  /** Whether the game has begun before: all of it goes on, or at least this page in it. */
  private get hasBegun(): boolean {
    return this.match.returning || isRestart(this.match);
  }

  /** What the server is told when this page connects again. */
  private plays(isIn: boolean): void {
    const { session_id, generation } = this.match;
    this.tools.wire.plays({ session_id, generation, is_in: isIn });
  }

  private listener(): ConstructorParameters<typeof MatchWorker>[1] {
    return {
      made: () => this.made(),
      connected: (rtts) => this.connected(rtts),
      moved: (move) => this.moved(move),
      acknowledged: () => this.acknowledged(),
      forgotten: () => this.forget(),
      relay: (batch) => this.relay(batch),
      links: (rows) => this.links(rows),
      failed: (failure) => this.ends.failed(failure),
      direct: (message) => this.peers.fromWorker(message),
    };
  }

  /** Whether the game is under way, and goes on without the server's help. */
  get met(): boolean {
    return this.hasMet;
  }

  /** Whether the server does not give the match up when this page loses it for a moment. */
  get lasts(): boolean {
    return this.hasMet || this.hasBegun;
  }

  open(): void {
    if (isReplayed(this.match)) void this.fetchRecorded();
    else this.make([]);
    this.update();
    void this.tools.openStage().then((isOpen) => {
      this.isStaged = isOpen;
      this.update();
    });
  }

  private async fetchRecorded(): Promise<void> {
    try {
      const chunks = await recordedOf(this.match, { ...this.tools, isWanted: () => !this.closed });
      if (chunks !== null) this.make(chunks);
    } catch (error) {
      const detail = "The server refused to say how the game went on.";
      this.ends.failed({ stage: "runtime", problem: String(error), detail });
    }
  }

  private make(recorded: Uint8Array[]): void {
    this.isMade = true;
    this.worker.open(JSON.stringify(this.page.game), this.match, recorded, this.tools.impairment);
    this.peers.start();
  }

  input(down: string[], presses: Press[], focused: boolean): void {
    this.worker.input(down, presses, focused);
  }

  signalled(signal: Signal): void {
    const isHeard = this.isMade && signal.session_id === this.match.session_id; // whoever is not heard is asked again
    if (isHeard) this.peers.signalled(signal);
  }

  relayed(batch: Uint8Array<ArrayBuffer>): void {
    this.worker.relayed(batch);
  }

  linkedAgain(): void {
    this.peers.linkedAgain();
    this.update();
  }

  /** Everybody is connected: the session may begin. */
  meet(): void {
    if (this.hasMet) return;
    this.hasMet = true;
    this.cancelMeeting();
    this.worker.meet();
    this.update();
  }

  /** Resolves when everything about the episodes that have ended has been put into the outbox. */
  async written(): Promise<void> {
    await Promise.all(this.closing);
    this.tools.records.putLinks();
  }

  /** The session has ended. Partners are answered on, beside whatever follows: by the server until `close`, and then
   *  directly. Resolves when they have acknowledged what they were told, or had their time. */
  async retire(): Promise<void> {
    this.isRetired = true;
    this.cancelUpdate();
    this.peers.rest();
    this.worker.retire();
    await new Promise<void>((resolve) => {
      const cancel = this.tools.clock.after(ACKNOWLEDGED_MS, resolve);
      this.acknowledged = () => {
        cancel();
        resolve();
      };
    });
  }

  /** `isForGood`: the participant does not come back to it, and what everybody has confirmed by now is still recorded. */
  close(isForGood: boolean): void {
    if (this.closed) return;
    this.closed = true;
    this.acknowledged();
    this.cancelUpdate();
    this.cancelMeeting();
    this.tools.view.note("");
    this.tools.wire.plays(null);
    this.tools.records.close();
    if (this.isRetired || isForGood) this.cancelForgetting = this.tools.clock.after(FORGOTTEN_MS, () => this.forget());
    if (this.isRetired) return;
    this.peers.close();
    if (isForGood) this.worker.leave();
    else this.worker.close();
  }

  private forget(): void {
    this.cancelForgetting();
    this.peers.close();
    this.worker.forget();
  }

  /** What goes by the server goes to whomever the participant plays with: after this game that may be somebody else. */
  private relay(batch: Uint8Array): void {
    if (!this.closed) this.tools.wire.relay(batch);
  }

  /** Whoever comes back is not waited for, and need not hear everybody. */
  private made(): void {
    if (this.hasBegun) this.cancelMeeting = this.tools.clock.after(RETURN_MS, () => this.meet());
  }

  private connected(rtts: Record<string, number>): void {
    if (this.hasBegun) this.meet();
    else this.tools.wire.validated({ session_id: this.match.session_id, rtt_ms: rtts });
  }

  private links(rows: LinkRow[]): void {
    if (this.isRetired || this.closed) return;
    this.tools.records.links(rows);
    this.tools.debug.status({ links: rows });
    document.body.dataset.connection = rows.map(([, , path, connection]) => `${path} ${connection}`.trim()).join(", ");
    this.update(); // every second from the worker, also where this page is hidden and its timers sleep for a minute
  }

  private moved(move: Move): void {
    const packet = JSON.parse(move.packet) as Exclude<MatchPacket, { error: unknown }>;
    const { records, screen } = this.tools;
    if (this.closed) return records.left(packet, move);
    for (const event of packet.events) if (event.type === "started") records.started(event.episode, event.at);
    records.moved(packet, move, this.tools.now(), screen);
    if (packet.ticked || packet.draw !== null || packet.pixels !== null) screen.show(packet, move.pixels);
    if (packet.acts !== null) this.begin(packet.episode);
    for (const event of packet.events) this.happened(event);
    if (!packet.ticked && packet.chunks.length > 0) this.notes.caughtUp();
    if (packet.events.length > 0) this.update();
  }

  private happened(event: MatchEvent): void {
    this.log.happened(event);
    this.notes.happened(event, this.tools.now());
    this.follow(event);
    switch (event.type) {
      case "prepared":
        return this.getReady(event.episode);
      case "started":
        return this.begin(event.episode);
      case "episode_ended":
        return this.endEpisode(event.episode, event.end);
      case "ended":
        return this.ends.ended(event.reason, event.text, this.notes.isAway);
    }
  }

  /** Whether this page is in the game, for the server. */
  private follow(event: MatchEvent): void {
    if (event.type === "started" || (event.type === "returned" && event.peer === this.match.peer)) this.plays(true);
    if (event.type === "away") this.plays(false);
  }

  private getReady(episode: number): void {
    [this.prepared, this.next, this.isReady, this.isPlaying] = [episode, episode, false, false];
  }

  private begin(episode: number): void {
    if (this.isPlaying) return;
    [this.prepared, this.next, this.isPlaying] = [null, episode, true];
    this.tools.screen.episode(episode);
    this.tools.screen.listenToKeys();
    this.ends.began();
    this.update();
  }

  private endEpisode(episode: number, end: Ending): void {
    const { screen, clock, records, now } = this.tools;
    screen.ignoreKeys();
    [this.isPlaying, this.next] = [false, episode + 1];
    this.beginsAt = clock.now() + this.page.game.pause_s * 1000;
    this.closing.push(screen.lastPicture().then(() => records.end(episode, end, now())));
  }

  /** Says what there is to say, and begins what can begin. */
  private update(): void {
    if (this.closed || this.isRetired) return;
    this.noticeFreeze();
    const left = this.beginsAt - this.tools.clock.now();
    if (this.prepared !== null && !this.isReady && left <= 0 && this.isStaged && this.notes.healthy) {
      this.isReady = true;
      this.worker.ready();
    }
    const said = this.isAboutOthers ? this.notes.said(this.tools.now(), this.tools.isOffline()) : this.beforeEpisode(left);
    this.say(said);
    this.cancelUpdate();
    const toSecond = left > 0 ? left % UPDATE_MS : 0;
    this.cancelUpdate = this.tools.clock.after(toSecond || UPDATE_MS, () => this.update());
  }

  /** A game that stands says why, also before an episode; whoever comes back to it after a reload is welcomed. */
  private get isAboutOthers(): boolean {
    return this.isPlaying || this.notes.isHeld || (this.notes.isAway && !this.match.returning);
  }

  private noticeFreeze(): void {
    const now = this.tools.now();
    if (now - this.updatedAt > FROZEN_MS) this.notes.thawed(now);
    this.updatedAt = now;
  }

  private repairing(peer: number, kind: RepairKind | null): void {
    this.notes.repairing(peer, kind);
    if (this.notes.isHeld) this.update();
  }

  private say(said: Said): void {
    const words = JSON.stringify(said);
    if (words === this.saidLast) return;
    this.saidLast = words;
    this.tools.view.overlay(said.title, said.text, said);
    this.tools.view.note(said.note);
  }

  private beforeEpisode(left: number): Said {
    const { episodes } = this.page.game;
    if (this.next >= episodes) return between("The game is over", "One moment, please.");
    const title = this.next > 0 ? `Episode ${this.next + 1} of ${episodes}` : this.greeting();
    const starts = left > 0 ? [`Starts in ${Math.ceil(left / 1000)}`] : [];
    const waits = left > 0 && this.hasMet ? [] : [this.whatIsMissing()];
    return between(title, [...starts, ...waits].join(". "));
  }

  private greeting(): string {
    if (this.hasBegun) return "Welcome back";
    const { length } = this.match.peers;
    if (length === 1) return "The game begins";
    return length === 2 ? "Your partner is here" : "Your group is complete";
  }

  private whatIsMissing(): string {
    const partner = this.match.peers.length === 2 ? "your partner" : "your partners";
    if (this.match.peers.length === 1) return "Setting up the game …";
    if (!this.hasMet) return `Connecting with ${partner} …`;
    if (this.notes.isAway) return "Catching up with the game …";
    if (!this.notes.healthy) return `The connection to ${partner} is unstable …`;
    return this.isReady ? `Waiting for ${partner} …` : "Setting up the game …";
  }
}
