/** The page's side of a game of several people: instructions, waiting, and matches until one is played. */

import type { Failure, GymPage, Match, Refusal, Unmatched } from "../protocol.gen";
import type { GymView } from "../pages/gym";
import { Run, type GameEnds, type RunTools } from "../run";
import { Bout, type BoutTools } from "./bout";
import type { Call } from "./call";
import { MatchRecords } from "./records";
import { isRestart } from "./replay";
import { WaitingRoom } from "./room";
import { saving } from "./words";

const STALE = "interactive-gym/stale-archive"; // the archive for which this tab has been reloaded
const MATCHED = "▶ The game begins";
const PLAYING = "interactive-gym/playing"; // the scene whose game has begun in this tab

export interface MatchTools extends RunTools, Pick<BoutTools, "wire" | "api" | "openPeers" | "impairment"> {
  archive: string; // the address of the one that this page has loaded
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">; // of the tab
  call: Pick<Call, "prepare" | "offer" | "ring" | "close">;
  reload(): void;
}

/** Why a session that has not come to its end has ended; see `Reason` in interactive_gym.netcode.events. */
const REASONS: Record<string, Failure["reason"]> = {
  excluded: "connection_failed",
  gone: "connection_failed",
  partner_left: "partner_left",
  server_unreachable: "connection_failed",
  unsettled: "connection_failed",
};

export class MatchRun extends Run {
  private readonly room: WaitingRoom;
  private readonly preparation: number; // a run of the worker's
  private bout: Bout | null = null;
  private speed: (speed: number | null) => void = () => undefined;
  private readonly measured = new Promise<number | null>((resolve) => (this.speed = resolve));
  private stopListening: (() => void)[] = [];

  constructor(
    page: GymPage,
    view: GymView,
    protected override readonly tools: MatchTools,
    ends: GameEnds,
  ) {
    super(page, view, tools, ends);
    const { wire, clock, archive, runtime } = tools;
    this.preparation = runtime.nextRun();
    const outdated = (refusal: Refusal): void => this.outdated(refusal);
    const call = this.isCalled ? tools.call : null;
    this.room = new WaitingRoom({ scene_id: page.scene_id, archive }, { wire, view, clock, call, outdated });
  }

  protected async play(): Promise<void> {
    this.progressed();
    await this.loaded();
    if (this.tools.storage.getItem(PLAYING) !== this.page.scene_id) await this.startPressed(this.page.button);
    if (this.isCalled) this.tools.call.prepare();
    this.view.waiting(null);
    await this.tools.outbox.drain();
    await this.measure();
    if (!this.closed) this.wait();
  }

  /** A page that goes away says no goodbye: it may be a reload, and whoever has said it cannot come back. */
  protected release(isForGood: boolean): void {
    this.tools.storage.removeItem(PLAYING);
    for (const stop of this.stopListening) stop();
    this.room.close();
    this.bout?.close(isForGood);
    this.bout = null;
    this.tools.call.close();
  }

  /** Resolves when Python is there; what fails in the worker later is heard, too. */
  private async loaded(): Promise<void> {
    const { runtime } = this.tools;
    this.deadline.renew();
    const loaded = new Promise<void>((resolve) => {
      const stop = runtime.listen((message) => {
        if (message.type === "progress") this.progressed();
        if (message.type === "loaded") resolve();
        if (message.type === "measured" && message.run === this.preparation) this.speed(message.speed);
        if (message.type === "failed" && this.isOurs(message.run)) this.failed(message.failure);
      });
      this.stopListening.push(stop);
    });
    if (runtime.failure !== null) this.failed(runtime.failure);
    runtime.post({ type: "prepare", run: this.preparation, game: JSON.stringify(this.page.game) });
    if (!runtime.loaded) await loaded;
    await this.picturesLoaded();
    this.deadline.stop();
  }

  /** Has been done, as a rule, while the participant has read the instructions. */
  private async measure(): Promise<void> {
    this.deadline.renew();
    this.room.speed = await this.measured;
    this.deadline.stop();
  }

  private isOurs(run: number | null): boolean {
    return run === null || run === this.preparation;
  }

  private wait(): void {
    const stop = this.tools.wire.listen({
      linked: () => this.linked(),
      room: (room) => this.room.changed(room),
      match: (match) => this.matched(match),
      signal: (signal) => this.bout?.signalled(signal),
      play: ({ session_id }) => this.isWith(session_id) && this.bout?.meet(),
      unmatched: (unmatched) => this.unmatched(unmatched),
      relayed: (batch) => this.bout?.relayed(batch),
    });
    this.stopListening.push(stop);
    this.room.open();
  }

  private isWith(session: string): boolean {
    return this.bout?.match.session_id === session;
  }

  /** The server gives a match up when one of its pages loses the connection before the game; a game goes on without. */
  private linked(): void {
    if (this.bout === null) return this.room.linked();
    if (this.bout.lasts) return this.bout.linkedAgain();
    this.dropBout();
    this.room.open("The connection was interrupted. Waiting again …");
  }

  private matched(match: Match): void {
    // It goes on, and the server has sent this for a page that was not here; if nobody plays it any more, it does not.
    if (this.bout?.met === true && !isRestart(match)) return;
    this.dropBout();
    this.room.close();
    this.tools.events.during(match.session_id);
    this.bout = this.boutOf(match);
    this.bout.open();
    if (this.isCalled && !match.returning && !isRestart(match)) this.tools.call.ring(MATCHED, "Please come back to this page.");
  }

  /** Whether whoever waits, and looks elsewhere, is called when it begins. */
  private get isCalled(): boolean {
    return this.page.game.multiplayer?.call ?? false;
  }

  private boutOf(match: Match): Bout {
    const { tools, view, screen } = this;
    const { outbox } = tools;
    const page = this.pageOf(match);
    const bout: Bout = new Bout(
      page,
      match,
      {
        ...{ ...tools, view, screen, now: () => this.now() },
        isOffline: () => !tools.wire.connected,
        records: new MatchRecords(match, page.game.fps, (items) => outbox.put(items)),
        openStage: () => this.stageOf(match, () => this.bout === bout),
      },
      {
        began: () => this.began(),
        ended: (...how) => void this.ended(bout, ...how),
        failed: (failure) => this.failed(failure),
      },
    );
    return bout;
  }

  /** What is played may be decided when the partners are known, and then it counts for this match alone. */
  private pageOf(match: Match): GymPage {
    return match.game ? { ...this.page, game: match.game } : this.page;
  }

  private began(): void {
    document.title = this.page.header;
    this.ends.underway(true);
    this.tools.storage.setItem(PLAYING, this.page.scene_id); // a reload goes on without the button
  }

  private async stageOf(match: Match, isWanted: () => boolean): Promise<boolean> {
    document.title = MATCHED; // whoever waits may look elsewhere
    try {
      const { game } = this.pageOf(match);
      return await this.openStage(match.game_text, (...input) => this.bout?.input(...input), isWanted, game);
    } catch (error) {
      this.pictureFailed(error);
      return false;
    }
  }

  private unmatched({ session_id, reason, room }: Unmatched): void {
    if (!this.isWith(session_id) || this.bout?.met === true) return;
    this.dropBout();
    const why = reason === "too_far" ? "the connection to each other was too slow" : "not everybody was connected";
    this.room.open(`The game could not begin, because ${why}. You keep your place.`, room);
  }

  private dropBout(): void {
    this.bout?.close(false);
    this.bout = null;
    this.screen.close();
    this.tools.events.during(null);
    document.title = this.page.header;
  }

  /** States that differed have ended an episode early, but the game has been played. However it ended: what was played is
   *  sent before the page that follows. */
  private async ended(bout: Bout, reason: string, text: string, wasAway: boolean): Promise<void> {
    const acknowledged = bout.retire();
    await bout.written();
    if (reason === "over" || reason === "mismatch") return this.finish(acknowledged);
    const othersLeft = reason === "gone" && !wasAway;
    const failure = othersLeft ? "partner_left" : (REASONS[reason] ?? "session_failed");
    this.ends.underway(false);
    const said = saving(reason === "excluded" ? reason : failure, this.page.game.multiplayer);
    this.view.overlay(said.title, said.text, said);
    this.view.note("");
    await this.tools.outbox.drain();
    this.fail(failure, reason, text);
  }

  /** Reloading brings the archive that the server has by now; where it does not, it never will. */
  private outdated({ text }: Refusal): void {
    const { storage, archive, reload } = this.tools;
    const isStale = storage.getItem(STALE) === archive;
    if (isStale) return this.fail("session_failed", text, "Reloading brought the same archive.");
    storage.setItem(STALE, archive);
    reload();
  }
}
