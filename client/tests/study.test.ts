import { beforeEach, describe, expect, it } from "vitest";

import { Api } from "../src/api";
import { Connection, type Wire } from "../src/connection";
import { Identity, storageOr } from "../src/identity";
import { PROTOCOL_VERSION, type GymPage, type Page } from "../src/protocol.gen";
import type { GameEnds } from "../src/run";
import { Study } from "../src/study";
import { measure } from "../src/screening";
import { FakeClock, GYM_PAGE as GYM, LAPTOP, settled } from "./fakes";

const START: Page = { kind: "start", scene_id: "welcome", header: "Welcome", body: "<p>Hello.</p>", button: "Begin" };
const FORM: Page = {
  kind: "static",
  scene_id: "about",
  header: "About you",
  body: `<form><input name="age" type="text" required></form>`,
  button: "Go on",
};
const CODE: Page = { kind: "completion_code", scene_id: "thanks", header: "Thanks", body: "", code: "ABC123" };
const OUTCOME: Page = { kind: "outcome", scene_id: "drive", header: "Sorry", body: "<p>It broke.</p>", outcome: "x" };
const REFUSAL = { kind: "refused" as const, reason: "other_tab", text: "Please go on there." };

/** The server's two doors: what was sent through them, and what comes back. */
class FakeServer implements Wire {
  auth: { takeover?: boolean; token?: string } = {};
  connected = true;
  readonly sent: [string, unknown][] = [];
  joins: unknown[] = [];
  joinStatus: number[] = [];
  answer: unknown = new Promise(() => undefined);
  connections = 0;
  readonly emitted: [string, unknown][] = [];
  private readonly listeners = new Map<string, (argument: unknown) => void>();

  readonly fetch = async (_url: string, init: RequestInit): Promise<Response> => {
    this.joins.push(JSON.parse(String(init.body)));
    const status = this.joinStatus.shift() ?? 200;
    const body = status === 200 ? { token: `t${this.joins.length}`, participant_id: "p" } : REFUSAL;
    return new Response(JSON.stringify(body), { status });
  };

  on(event: string, listener: (argument: unknown) => void): void {
    this.listeners.set(event, listener);
  }

  emit(event: string, body: unknown): void {
    this.emitted.push([event, body]);
  }

  connect(): void {
    this.connections += 1;
  }

  disconnect(): void {}

  timeout(): { emitWithAck(event: string, body: unknown): Promise<unknown> } {
    return {
      emitWithAck: async (event, body) => {
        this.sent.push([event, body]);
        return this.answer;
      },
    };
  }

  async says(event: string, argument?: unknown): Promise<void> {
    this.listeners.get(event)?.(argument);
    await settled();
  }
}

/** Whether the participant looks, as the test says. */
const looking = {
  focused: true,
  hidden: false,
  listeners: new Set<() => void>(),
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  },
  turn(focused: boolean, hidden = false): void {
    [this.focused, this.hidden] = [focused, hidden];
    for (const listener of [...this.listeners]) listener();
  },
};

let server: FakeServer;
let clock: FakeClock;
let games: { page: GymPage; ends: GameEnds; closed: boolean; isForGood: boolean }[];
let reloads: number;
let gamesOver: number;
let gone: string[];
let measures: () => ReturnType<typeof measure>;

beforeEach(() => {
  [server, clock, games, reloads, gamesOver, gone] = [new FakeServer(), new FakeClock(), [], 0, 0, []];
  measures = () => measure(LAPTOP);
  localStorage.clear();
  sessionStorage.clear();
  document.body.innerHTML = "<main id=page></main>";
});

async function visit(): Promise<Study> {
  const boot = { experiment_id: "e", subject_id: "s" };
  const identity = new Identity(
    boot,
    storageOr(() => localStorage),
    storageOr(() => sessionStorage),
  );
  const study = new Study({
    root: document.querySelector("#page") as HTMLElement,
    identity,
    api: new Api(server.fetch, identity),
    clock,
    join: { subject_id: "s", query: { PROLIFIC_PID: "x" } },
    connect: (happened) => new Connection(server, clock, happened),
    joined: () => undefined,
    game: (page, _view, ends) => {
      const game = { page, ends, closed: false, isForGood: false };
      games.push(game);
      const close = (isForGood = false): void => {
        if (!game.closed) [game.closed, game.isForGood] = [true, isForGood];
      };
      return { start: async () => undefined, close };
    },
    measure: () => measures(),
    focus: looking,
    gamesOver: () => void (gamesOver += 1),
    go: (address) => void gone.push(address),
    reload: () => void (reloads += 1),
  });
  void study.start();
  await settled();
  return study;
}

async function seeing(page: Page): Promise<Study> {
  const study = await visit();
  await server.says("connect");
  await server.says("scene", page);
  return study;
}

function shown(): string | undefined {
  return document.body.dataset.page;
}

function text(): string {
  return document.querySelector("#page")?.textContent ?? "";
}

function primary(): HTMLButtonElement {
  return document.querySelector("button.primary") as HTMLButtonElement;
}

function banner(): HTMLElement {
  return document.querySelector(".banner") as HTMLElement;
}

describe("Study, arriving", () => {
  it("joins with what the link says, and connects with the token", async () => {
    await visit();
    expect(server.joins).toEqual([{ subject_id: "s", query: { PROLIFIC_PID: "x" } }]);
    expect(server.auth).toMatchObject({ token: "t1", protocol: PROTOCOL_VERSION, takeover: false });
  });

  it("is the same participant and the same tab after a reload", async () => {
    await visit();
    const first = server.auth;
    await visit();
    expect(server.joins.length).toBe(1);
    expect(server.auth).toEqual(first);
  });

  it("keeps trying while the server cannot be reached, and says so", async () => {
    server.joinStatus = [503, 503];
    await visit();
    expect(banner().hidden).toBe(false);
    await clock.run(10_000, 250);
    expect(server.joins.length).toBe(3);
    expect(server.connections).toBe(1);
    expect(banner().hidden).toBe(true);
  });

  it("says why a link is not accepted", async () => {
    server.joinStatus = [400];
    await visit();
    expect(shown()).toBe("refused");
    expect(text()).toContain(REFUSAL.text);
  });

  it("joins anew when the study has been started anew, once", async () => {
    await visit();
    await visit();
    await server.says("connect_error", Object.assign(new Error(), { data: { ...REFUSAL, reason: "unknown_token" } }));
    expect(reloads).toBe(1);
    await visit();
    expect(server.joins.length).toBe(2);
    await server.says("connect_error", Object.assign(new Error(), { data: { ...REFUSAL, reason: "unknown_token" } }));
    expect(reloads).toBe(1);
    expect(text()).toContain(REFUSAL.text);
  });
});

describe("Study, pages", () => {
  it("shows the scene, with its title and the focus on its button", async () => {
    await seeing(START);
    expect([shown(), document.body.dataset.scene]).toEqual(["start", "welcome"]);
    expect(document.title).toBe("Welcome");
    expect(document.activeElement).toBe(primary());
    expect(primary().textContent).toBe("Begin");
  });

  it("goes on with the button, which is shut until the answer comes", async () => {
    await seeing(START);
    primary().click();
    await settled();
    expect(server.sent).toEqual([["advance", { scene_id: "welcome", responses: {} }]]);
    expect(primary().disabled).toBe(true);
  });

  it("sends the named fields of the researcher's form", async () => {
    server.answer = CODE;
    await seeing(FORM);
    (document.querySelector("[name=age]") as HTMLInputElement).value = "<b>36</b>";
    primary().click();
    await settled();
    expect(server.sent).toEqual([["advance", { scene_id: "about", responses: { age: "<b>36</b>" } }]]);
    expect(shown()).toBe("completion_code");
    expect(document.querySelector("[data-code]")?.textContent).toBe("ABC123");
  });

  it("keeps what was typed when the server does not accept it", async () => {
    server.answer = { ...REFUSAL, reason: "too_large", text: "Too long." };
    await seeing(FORM);
    const field = document.querySelector("[name=age]") as HTMLInputElement;
    field.value = "long";
    primary().click();
    await settled();
    expect(text()).toContain("Too long.");
    expect(field.isConnected && field.value).toBe("long");
    expect(primary().disabled).toBe(false);
  });

  it("keeps what was typed while the connection comes and goes", async () => {
    await seeing(FORM);
    const field = document.querySelector("[name=age]") as HTMLInputElement;
    field.value = "36";
    await server.says("disconnect", "transport close");
    expect(banner().hidden).toBe(false);
    await server.says("connect");
    await server.says("scene", FORM);
    expect(banner().hidden).toBe(true);
    expect(field.isConnected && field.value).toBe("36");
  });

  it("lets the worker go when no game can follow, and the last one is dealt with", async () => {
    await seeing(START);
    clock.advance(60_000);
    await server.says("scene", OUTCOME);
    clock.advance(10_000);
    expect(gamesOver).toBe(0);
    clock.advance(10_000);
    expect(gamesOver).toBe(1);
    expect(text()).toContain("It broke.");
  });
});

describe("Study, screening", () => {
  const SCREENED: Page = { ...START, screening: true };
  const screens = (): unknown[] => server.sent.filter(([verb]) => verb === "screen");

  beforeEach(() => {
    server.answer = undefined; // as Socket.IO has it when the server answers nothing
  });

  /** The library that tells browsers apart comes with the first of them. */
  async function checking(): Promise<void> {
    await import("bowser");
    await seeing(SCREENED);
    await settled();
  }

  it("says what the browser is, and keeps the button until the verdict", async () => {
    await checking();
    expect(screens()).toMatchObject([["screen", { browser: "Chrome", device: "desktop" }]]);
    expect(primary().disabled).toBe(true);
    expect(text()).toContain("Checking your browser");
    await server.says("verdict", { kind: "verdict", accepted: true });
    expect(primary().disabled).toBe(false);
    expect(document.activeElement).toBe(primary());
    expect(text()).not.toContain("Checking");
  });

  it("says it again on a new connection, until there is a verdict", async () => {
    await checking();
    await server.says("connect");
    await server.says("scene", SCREENED);
    expect(screens().length).toBe(2);
    await server.says("verdict", { kind: "verdict", accepted: true });
    await server.says("connect");
    expect(screens().length).toBe(2);
    expect(primary().disabled).toBe(false);
  });

  it("tries again where the server did not take it", async () => {
    server.answer = { ...REFUSAL, reason: "too_fast" };
    await checking();
    server.answer = undefined;
    await clock.run(6_000, 500);
    expect(screens().length).toBe(2);
    await clock.run(20_000, 500);
    expect(screens().length).toBe(2);
  });

  it("tries again where what tells browsers apart has not come over the line", async () => {
    measures = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
    await checking();
    expect(screens()).toEqual([]);
    measures = () => measure(LAPTOP);
    await clock.run(6_000, 500);
    expect(screens().length).toBe(1);
  });

  it("shows the page of those who are turned away, and says nothing more", async () => {
    await checking();
    await server.says("scene", OUTCOME);
    await server.says("connect");
    expect([shown(), screens().length]).toEqual(["outcome", 1]);
  });

  it("answers probes at once, with their number", async () => {
    await seeing(START);
    await server.says("probe", { number: 7 });
    expect(server.emitted).toEqual([["probe", { number: 7 }]]);
    expect(screens()).toEqual([]);
  });
});

describe("Study, tabs", () => {
  it("tells a second tab so, and lets it take over", async () => {
    await visit();
    await server.says("connect_error", Object.assign(new Error(), { data: REFUSAL }));
    expect(shown()).toBe("second_tab");
    expect(document.activeElement).toBe(primary());
    primary().click();
    expect(server.auth.takeover).toBe(true);
    await server.says("connect");
    await server.says("scene", START);
    expect(shown()).toBe("start");
  });

  it("stops the game in a tab that was taken over, and may take it back", async () => {
    await seeing(GYM);
    await server.says("moved", { ...REFUSAL, reason: "moved" });
    expect(shown()).toBe("moved");
    expect(games[0]).toMatchObject({ closed: true, isForGood: false });
    primary().click();
    await server.says("connect");
    await server.says("scene", GYM);
    expect(games.length).toBe(2);
  });
});

describe("Study, watched games", () => {
  const WATCHED: Page = { ...GYM, is_monitored: true };
  const said = (): unknown[] => server.emitted.filter(([event]) => event === "looking").map(([, body]) => body);
  const warning = (): HTMLElement => document.querySelector(".warning") as HTMLElement;

  beforeEach(() => {
    [looking.focused, looking.hidden] = [true, false];
    looking.listeners.clear();
  });

  it("says whether the participant looks, at first, when it changes, and on a new connection", async () => {
    await seeing(WATCHED);
    looking.turn(false);
    looking.turn(false, true);
    await server.says("connect");
    looking.turn(true);
    const looks = [[true, false], [false, false], [false, true], [false, true], [true, false]];
    expect(said()).toEqual(looks.map(([is_looking, is_hidden]) => ({ scene_id: "drive", is_looking, is_hidden })));
  });

  it("says nothing of a game that is not watched, nor after it", async () => {
    await seeing(GYM);
    looking.turn(false);
    expect(said()).toEqual([]);
    await server.says("scene", { ...WATCHED, scene_id: "other" });
    expect(said().length).toBe(1);
    await server.says("scene", OUTCOME);
    looking.turn(true);
    expect(said().length).toBe(1);
  });

  it("shows a warning, in the title too, until the participant has come back and read it", async () => {
    await seeing(WATCHED);
    looking.turn(false);
    await server.says("warned", { session_id: "s1", reason: "hidden", text: "Come back!" });
    expect([warning().hidden, warning().textContent, document.title]).toEqual([false, "Come back!", "⚠ Come back!"]);
    looking.turn(true);
    expect([warning().hidden, document.title]).toEqual([false, "Ready?"]);
    await clock.run(11_000, 1_000);
    expect(warning().hidden).toBe(true);
  });

  it("has the title of the page that follows, not of the warning", async () => {
    await seeing(WATCHED);
    await server.says("warned", { session_id: "s1", reason: "hidden", text: "Come back!" });
    await server.says("scene", OUTCOME);
    expect([document.title, warning().hidden]).toEqual(["Sorry", true]);
  });
});

describe("Study, games", () => {
  it("goes on when the game is done", async () => {
    await seeing(GYM);
    games[0]?.ends.done();
    await settled();
    expect(server.sent).toEqual([["advance", { scene_id: "drive", responses: {} }]]);
  });

  it("reports a game that failed, and shows the server's page on it", async () => {
    server.answer = OUTCOME;
    await seeing(GYM);
    games[0]?.ends.failed({ scene_id: "drive", reason: "step_failed", detail: "Traceback" });
    expect(shown()).toBe("failed");
    expect(text()).not.toContain("Traceback");
    await settled();
    expect(server.sent).toEqual([]); // a page that is reloaded does not come to it
    await clock.run(300);
    expect(server.sent).toEqual([["fail", { scene_id: "drive", reason: "step_failed", detail: "Traceback" }]]);
    expect(shown()).toBe("outcome");
  });

  it("keeps the message on a partner who has left until the participant goes on, whatever follows", async () => {
    const left_behind = { title: "Your partner has left", body: "<p>You are paid.</p>", button: "Continue" };
    server.answer = FORM;
    await seeing({ ...GYM, left_behind });
    games[0]?.ends.failed({ scene_id: "drive", reason: "partner_left" });
    await clock.run(300);
    expect(server.sent).toEqual([["fail", { scene_id: "drive", reason: "partner_left" }]]);
    expect([shown(), games[0]?.closed]).toEqual(["left_behind", true]);
    expect(text()).toContain("You are paid.");
    expect(document.activeElement).toBe(primary());
    primary().click();
    expect(shown()).toBe("static");
    await server.says("scene", OUTCOME); // nothing is kept back any more
    expect(shown()).toBe("outcome");
  });

  it("goes on from that message when the page that follows comes, where it has not yet", async () => {
    const left_behind = { title: "Your partner has left", body: "", button: "Continue" };
    await seeing({ ...GYM, left_behind });
    games[0]?.ends.failed({ scene_id: "drive", reason: "partner_left" });
    primary().click();
    expect([shown(), primary().disabled]).toEqual(["left_behind", true]);
    await server.says("scene", FORM);
    expect(shown()).toBe("static");
  });

  it("shows what the server says at once of any other end", async () => {
    const left_behind = { title: "Your partner has left", body: "", button: "Continue" };
    server.answer = OUTCOME;
    await seeing({ ...GYM, left_behind });
    games[0]?.ends.failed({ scene_id: "drive", reason: "connection_failed" });
    expect(text()).toContain("The connection was lost");
    await clock.run(300);
    expect(shown()).toBe("outcome");
  });

  it("says nothing of a lost connection to whom it is no matter", async () => {
    await seeing(GYM);
    games[0]?.ends.underway(true);
    await server.says("disconnect", "transport close");
    expect(banner().hidden).toBe(true);
    games[0]?.ends.underway(false);
    expect(banner().hidden).toBe(false);
    await server.says("connect");
    expect(banner().hidden).toBe(true);
  });

  it("closes a game for good out of which the participant is taken", async () => {
    await seeing(GYM);
    await server.says("scene", { ...OUTCOME, outcome: "excluded" });
    expect([shown(), games[0]?.closed, games[0]?.isForGood]).toEqual(["outcome", true, true]);
  });

  it("offers to try again where the server does not accept the end of a game yet", async () => {
    server.answer = { ...REFUSAL, reason: "episodes_incomplete", text: "Not yet." };
    await seeing(GYM);
    games[0]?.ends.done();
    await settled();
    expect(text()).toContain("Not yet.");
    primary().click();
    expect(reloads).toBe(1);
  });
});

describe("Study, leaving on purpose", () => {
  const LEAVING = { button: "Leave", question: "<p>Are you <b>sure</b>?</p>" };

  function press(selector: string): void {
    (document.querySelector(selector) as HTMLElement).click();
  }

  function dialog(): HTMLDialogElement {
    return document.querySelector("dialog") as HTMLDialogElement;
  }

  it("asks first, and stays where the answer is no", async () => {
    await seeing({ ...FORM, leaving: LEAVING });
    press("[data-leave]");
    expect([dialog().open, dialog().querySelector("b")?.textContent]).toEqual([true, "sure"]);
    (dialog().querySelector("button.primary") as HTMLElement).click();
    expect([dialog().open, shown(), server.sent]).toEqual([false, "static", []]);
  });

  it("ends the game, and says so to the server", async () => {
    await seeing({ ...GYM, leaving: LEAVING });
    server.answer = { ...OUTCOME, outcome: "withdrew" };
    press("[data-leave]");
    press("[data-confirm]");
    expect([shown(), games[0]?.closed, games[0]?.isForGood]).toEqual(["leaving", true, true]);
    await settled();
    expect(server.sent).toEqual([["leave", { scene_id: "drive", refuses: false }]]);
    expect([shown(), document.querySelector("[data-leave]")]).toEqual(["outcome", null]);
  });

  it("is for pages that offer it", async () => {
    await seeing(FORM);
    expect(document.querySelector("[data-leave], [data-refuse]")).toBeNull();
  });

  it("refuses consent by the second button, once that is confirmed", async () => {
    await seeing({ ...FORM, refuse: "I do not agree" });
    press("[data-refuse]");
    expect(server.sent).toEqual([]);
    press("[data-confirm]");
    await settled();
    expect(server.sent).toEqual([["leave", { scene_id: "about", refuses: true }]]);
  });
});

describe("Study, at its end", () => {
  const ADDRESS = "https://app.example.org/done?cc=ABC";

  function link(): HTMLAnchorElement | null {
    return document.querySelector("[data-redirect]");
  }

  it("shows an outcome's code and the way back", async () => {
    await seeing({ ...OUTCOME, farewell: { code: "ABC", redirect: ADDRESS, redirect_s: null } });
    expect(document.querySelector("[data-code]")?.textContent).toBe("ABC");
    expect([link()?.href, link()?.textContent]).toEqual([ADDRESS, "Continue to app.example.org"]);
    expect(document.activeElement).toBe(link());
    clock.advance(100_000);
    expect(gone).toEqual([]);
  });

  it("goes back by itself where it is told to, and says when", async () => {
    await seeing({ ...CODE, farewell: { code: null, redirect: ADDRESS, redirect_s: 2.5 } });
    expect(text()).toContain("in 3 s");
    clock.advance(1_000);
    expect(text()).toContain("in 2 s");
    expect(gone).toEqual([]);
    clock.advance(1_500);
    expect(gone).toEqual([ADDRESS]);
  });

  it("does not go from a tab that the study has left", async () => {
    await seeing({ ...CODE, farewell: { code: null, redirect: ADDRESS, redirect_s: 5 } });
    await server.says("moved", REFUSAL);
    clock.advance(10_000);
    expect(gone).toEqual([]);
  });

  it("is only words where nothing is given", async () => {
    await seeing({ ...OUTCOME, farewell: null });
    expect([link(), document.querySelector("[data-code]")]).toEqual([null, null]);
  });
});
