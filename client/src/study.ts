/** A participant's visit: joins, connects, and shows whatever the flow says. Here all the parts meet. */

import { type Api, HttpError } from "./api";
import { Attention, type AttentionTools } from "./attention";
import { backoff, sleep, type Clock } from "./clock";
import type { Connection } from "./connection";
import { flow, initialFlow, type FlowEffect, type FlowEvent, type FlowState } from "./flow";
import type { Identity } from "./identity";
import { el } from "./pages/dom";
import { gymView, type GymView } from "./pages/gym";
import { lastView } from "./pages/last";
import { leavingBar } from "./pages/leaving";
import { endTitle } from "./match/words";
import { Banner, leftBehindView, noticeView } from "./pages/notice";
import { formView } from "./pages/reading";
import { Warning } from "./pages/warning";
import type { Responses, View } from "./pages/view";
import {
  PROTOCOL_VERSION,
  type Failure,
  type GymPage,
  type Join,
  type LeftBehind,
  type Page,
  type Refusal,
  type StartPage,
  type StaticPage,
} from "./protocol.gen";
import type { GameEnds } from "./run";
import { Screening, type ScreeningTools } from "./screening";

const JOIN_FIRST_MS = 500;
const JOIN_MOST_MS = 10_000;
// Browsers cut off what a page loads before they stop its scripts: what fails while it is reloaded is no failure.
const REPORT_MS = 300;
const WORKER_STAYS_MS = 15_000; // what it has to say of a game that was left, or to partners, is said by then

/** What is said of a game that came to no end, until the server says more. */
const FAILED: Partial<Record<Failure["reason"], string>> = {
  partner_left: "What you have played is saved. One moment, please.",
  connection_failed: "What you have played is kept. One moment, please.",
};
const FAILED_SOMEHOW = "Something went wrong. The researchers are being told; please wait.";

export interface Game {
  start(): Promise<void>;
  /** `isForGood`: the participant does not come back to it. */
  close(isForGood?: boolean): void;
}

export interface StudyTools {
  root: HTMLElement;
  identity: Identity;
  api: Api;
  clock: Clock;
  join: Join;
  connect(happened: (event: FlowEvent) => void): Connection;
  /** Called once it is known who takes part, before anything is shown. */
  joined(participantId: string): void;
  /** Of one participant, or of several, who meet over the connection. */
  game(page: GymPage, view: GymView, ends: GameEnds, connection: Connection): Game;
  measure: ScreeningTools["measure"];
  focus: AttentionTools["focus"];
  /** No game follows any more: the worker may go. */
  gamesOver(): void;
  /** Leaves for another site. */
  go(address: string): void;
  reload(): void;
}

export class Study {
  private state: FlowState = initialFlow;
  private view: View | null = null;
  private game: Game | null = null;
  private screening: Screening | null = null;
  private attention: Attention | null = null;
  private isNew = false; // this page load has joined
  private isUnderway = false; // a game goes on by itself
  private held: { page: Page | null } | null = null; // the page that waits until the participant has read of a partner's leaving
  private readonly banner = new Banner();
  private readonly warning: Warning;
  private readonly place = el("div", { class: "place" });
  private readonly connection: Connection;

  constructor(private readonly tools: StudyTools) {
    this.warning = new Warning(tools.clock);
    tools.root.replaceChildren(this.banner.element, this.warning.element, this.place);
    this.connection = tools.connect((event) => this.happened(event));
  }

  async start(): Promise<void> {
    if (this.tools.identity.known() === null && !(await this.join())) return;
    this.tools.joined(this.tools.identity.known()?.participant_id ?? "");
    this.connect(false);
  }

  /** False where the server does not let this participant in; the page says so. */
  private async join(): Promise<boolean> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        this.tools.identity.keep(await this.tools.api.join(this.tools.join));
        this.banner.hide();
        return (this.isNew = true);
      } catch (error) {
        if (error instanceof HttpError && !error.passing) return this.notLetIn(error);
        this.banner.show("The study cannot be reached. Trying again …");
        await sleep(this.tools.clock, backoff(attempt, JOIN_FIRST_MS, JOIN_MOST_MS));
      }
    }
  }

  private notLetIn(error: HttpError): false {
    const text = error.refusal?.text ?? "The server did not accept this link. Please tell the researchers.";
    this.show("refused", noticeView("You cannot take part with this link", text));
    return false;
  }

  private connect(takeover: boolean): void {
    const joined = this.tools.identity.known();
    if (joined === null) return;
    this.connection.open({ token: joined.token, tab: this.tools.identity.tab, protocol: PROTOCOL_VERSION, takeover });
  }

  private happened(event: FlowEvent): void {
    const [state, effects] = flow(this.state, event);
    this.state = state;
    for (const effect of effects) this.perform(effect);
  }

  private perform(effect: FlowEffect): void {
    switch (effect.type) {
      case "show":
        return this.held === null ? this.showPage(effect.page) : void (this.held.page = effect.page);
      case "send":
        return void this.connection.send(effect.request);
      case "reject":
        return this.reject(effect.refusal);
      case "turn_away":
        return this.turnAway(effect.refusal);
      case "step_aside":
        return this.stepAside("moved", "The study goes on in another tab", effect.refusal);
      case "connect":
        return this.connect(effect.takeover);
      case "link":
        return this.linkChanged(effect.up);
    }
  }

  /** Nobody who plays on need know. */
  private linkChanged(up: boolean): void {
    if (up || this.isUnderway) this.banner.hide();
    else this.banner.show("The connection is lost. You can go on; trying to reconnect …");
  }

  private underway(isUnderway: boolean): void {
    this.isUnderway = isUnderway;
    this.linkChanged(this.state.link !== "down");
  }

  private showPage(page: Page): void {
    if (isLast(page)) this.game?.close(true);
    this.unwatch();
    document.title = page.header;
    document.body.dataset.scene = page.scene_id;
    if (page.kind === "gym") this.showGame(page);
    else this.show(page.kind, this.viewOf(page));
    if ("leaving" in page && page.leaving) {
      this.place.append(leavingBar(page.leaving, () => this.leave(page.scene_id, false)));
    }
    if (isLast(page)) this.tools.clock.after(WORKER_STAYS_MS, () => this.tools.gamesOver());
  }

  private viewOf(page: Exclude<Page, GymPage>): View {
    switch (page.kind) {
      case "start":
      case "static":
        return this.formOf(page);
      case "end":
      case "completion_code":
      case "outcome":
        return lastView(page, this.tools);
    }
  }

  private formOf(page: StartPage | StaticPage): View {
    const view = formView(
      page,
      (responses) => this.advance(page.scene_id, responses),
      () => this.leave(page.scene_id, true),
    );
    if (page.kind !== "start" || !page.screening) return view;
    const { clock, measure } = this.tools;
    this.screening?.close();
    this.screening = new Screening({ wire: this.connection, clock, measure }, () => view.admitted());
    return view;
  }

  private showGame(page: GymPage): void {
    const view = gymView(page);
    this.show(page.kind, view);
    const ends: GameEnds = {
      done: () => this.advance(page.scene_id, {}),
      failed: (failure) => this.gameFailed(failure, page),
      underway: (isUnderway) => this.underway(isUnderway),
    };
    this.game = this.tools.game(page, view, ends, this.connection);
    if (page.is_monitored) this.watch(page.scene_id);
    void this.game.start();
  }

  /** The server's own page on it follows; until then, and without a connection, this one stands. What follows a partner's
   *  leaving may be another scene: then nobody is taken there before they have read why. */
  private gameFailed(failure: Failure, { game, left_behind }: GymPage): void {
    const { reason } = failure;
    if (reason === "partner_left" && left_behind) this.leftBehind(left_behind);
    else this.show("failed", noticeView(endTitle(reason, game.multiplayer), FAILED[reason] ?? FAILED_SOMEHOW));
    const report = (): void => this.happened({ type: "requested", request: { verb: "fail", body: failure } });
    this.tools.clock.after(REPORT_MS, report);
  }

  private leftBehind(message: LeftBehind): void {
    const held: { page: Page | null } = { page: null };
    const goOn = (): void => {
      this.held = null;
      if (held.page !== null) this.showPage(held.page);
    };
    this.show("left_behind", leftBehindView(message, goOn));
    this.held = held;
  }

  private watch(sceneId: string): void {
    const { focus } = this.tools;
    const warn = (text: string | null): void => this.warning.show(text);
    this.attention = new Attention(sceneId, { wire: this.connection, focus, warn });
  }

  private unwatch(): void {
    this.attention?.close();
    this.attention = null;
    this.warning.hide();
  }

  private advance(scene_id: string, responses: Responses): void {
    this.happened({ type: "requested", request: { verb: "advance", body: { scene_id, responses } } });
  }

  /** The server's own page on it follows. */
  private leave(scene_id: string, refuses: boolean): void {
    this.game?.close(true);
    this.show("leaving", noticeView("You are leaving the study", "One moment, please."));
    this.happened({ type: "requested", request: { verb: "leave", body: { scene_id, refuses } } });
  }

  private reject(refusal: Refusal): void {
    if (this.view?.rejected) this.view.rejected(refusal.text);
    else
      this.show(
        "refused",
        noticeView("The study cannot go on yet", refusal.text, { label: "Try again", choose: this.tools.reload }),
      );
  }

  private turnAway(refusal: Refusal): void {
    switch (refusal.reason) {
      case "other_tab":
        return this.stepAside("second_tab", "The study is open in another tab", refusal);
      case "unknown_token":
        return this.joinAgain(refusal);
      case "wrong_protocol":
        return this.show(
          "refused",
          noticeView("There is a new version", refusal.text, { label: "Load it", choose: this.tools.reload }),
        );
      default:
        return this.show("refused", noticeView("You cannot take part at the moment", refusal.text));
    }
  }

  /** A token that the server does not know is of a study that has been started anew: a fresh visit joins that one. */
  private joinAgain(refusal: Refusal): void {
    if (this.isNew) return this.show("refused", noticeView("You cannot take part at the moment", refusal.text));
    this.tools.identity.forget();
    this.tools.reload();
  }

  private stepAside(name: string, title: string, { text }: Refusal): void {
    const takeOver = (): void => this.happened({ type: "taken_over" });
    this.show(name, noticeView(title, text, { label: "Continue here", choose: takeOver }));
  }

  /** `name` is the page's for whoever styles or tests it: `<body data-page="...">`. */
  private show(name: string, view: View): void {
    this.game?.close();
    this.game = this.held = null;
    this.underway(false);
    if (name !== "start") this.screening?.close();
    this.unwatch();
    this.view?.close?.();
    this.view = view;
    this.place.replaceChildren(view.element);
    document.body.dataset.page = name;
    scrollTo(0, 0); // whoever pressed a button at the end of a long page begins to read at the top of the next
    view.focus();
  }
}

function isLast(page: Page): boolean {
  return page.kind === "end" || page.kind === "completion_code" || page.kind === "outcome";
}
