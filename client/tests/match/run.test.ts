import { beforeEach, describe, expect, it } from "vitest";

import { HttpError } from "../../src/api";
import type { MatchListener, MatchWire } from "../../src/connection";
import { silent } from "../../src/debug/sink";
import { MatchRun, type MatchTools } from "../../src/match/run";
import { gymView, type GymView } from "../../src/pages/gym";
import type { Failure, Item, Match, Multiplayer, Playing, Refusal, Replay, Room } from "../../src/protocol.gen";
import type { DrawPacket } from "../../src/renderer";
import { Runtime } from "../../src/runtime";
import type { MatchEvent, MatchFrame, Press } from "../../src/worker/messages";
import { FakeClock, FakeWorker, MATCH, MATCH_PAGE as PAGE, settled } from "../fakes";

const ORIGIN = 9_000_000;
const ROOM: Room = { kind: "room", waiting: 1, group: 2, waited_s: 5, left_s: 295 };
const STATISTICS = {
  ...{ input_delay: 2, window: 8, rollbacks: 1, replayed: 2, deepest_rollback: 2 },
  ...{ stalls: 0, stalled_ticks: 0, dropped_ticks: 0 },
};

class FakeWire implements MatchWire {
  connected = true;
  answers: (Room | Refusal | null)[] = [];
  readonly said: [string, ...unknown[]][] = [];
  listener: MatchListener | null = null;

  async enlist(body: object): Promise<Room | Refusal | null> {
    this.said.push(["enlist", body]);
    return this.answers.shift() ?? ROOM;
  }

  validated(body: object): void {
    this.said.push(["validated", body]);
  }

  signal(body: object): void {
    this.said.push(["signal", body]);
  }

  relay(batch: Uint8Array): void {
    this.said.push(["relay", [...batch]]);
  }

  plays(playing: Playing | null): void {
    this.said.push(["plays", playing]);
  }

  listen(listener: MatchListener): () => void {
    this.listener = listener;
    return () => (this.listener = null);
  }

  count(what: string): number {
    return this.said.filter(([name]) => name === what).length;
  }
}

let clock: FakeClock;
let worker: FakeWorker;
let runtime: Runtime;
let wire: FakeWire;
let view: GymView;
let put: Item[];
let outcome: (Failure | "done" | "reload")[];
let underway: boolean[];
let reported: unknown[][];
let repair: Parameters<MatchTools["openPeers"]>[1]["repairing"];
let peers: string[];
let storage: Map<string, string>;
let drained: Promise<void>;
let listening: boolean;
let destroyed: number;
let game: MatchRun | null;
let rendering: Promise<void>; // resolves when the renderer is loaded
let applied: unknown[];
let calls: string[];
let offers: boolean;
let replays: (Replay | Error)[]; // the last one as often as it is asked for
let asked: unknown[][]; // for replays

beforeEach(() => {
  [clock, worker, wire, storage] = [new FakeClock(), new FakeWorker(), new FakeWire(), new Map()];
  const archive = { url: "/a.tar", bytes: 1 };
  runtime = new Runtime(worker, { pyodide: "/p/", pyodideBytes: 1, packages: [], archive });
  [put, outcome, peers, drained, listening, destroyed] = [[], [], [], Promise.resolve(), false, 0];
  [rendering, applied, calls, underway, reported] = [Promise.resolve(), [], [], [], []];
  [offers, replays, asked] = [false, [{ chunks: ["AQI=", "Aw=="] }], []];
});

function tools(): MatchTools {
  return {
    ...{ runtime, wire, clock, origin: ORIGIN, debug: silent, archive: "/a.tar", impairment: null },
    outbox: { put: async (items) => void put.push(...items), drain: () => drained, size: 0 },
    events: { during: () => undefined, report: (...event) => void reported.push(event) },
    focus: { focused: true, listen: () => () => undefined },
    api: {
      replay: async (...what) => {
        asked.push(what);
        const answer = replays.length > 1 ? replays.shift() : replays[0];
        if (answer instanceof Error || answer === undefined) throw answer;
        return answer;
      },
    },
    loadPictures: async () => new Map(),
    createRenderer: async () => {
      await rendering;
      return {
        ...{ kind: "canvas", pixels: () => undefined, resize: () => undefined },
        apply: (packet) => void applied.push(packet),
        painted: (callback) => callback(clock.now()),
        destroy: () => void (destroyed += 1),
      };
    },
    createKeyboard: () => ({ start: () => void (listening = true), stop: () => void (listening = false) }),
    storage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => void storage.set(key, value),
      removeItem: (key) => void storage.delete(key),
    },
    reload: () => void outcome.push("reload"),
    call: {
      prepare: () => void calls.push("prepare"),
      get offer() {
        return offers ? async () => void calls.push("asked") : null;
      },
      ring: (title) => void calls.push(title),
      close: () => void calls.push("close"),
    },
    openPeers: (_, { repairing }) => ({
      start: () => {
        peers.push("start");
        repair = repairing;
      },
      signalled: (signal) => void peers.push(`signalled ${signal.what}`),
      fromWorker: (message) => void peers.push(message.type),
      linkedAgain: () => void peers.push("linkedAgain"),
      rest: () => void peers.push("rest"),
      close: () => void peers.push("close"),
    }),
  };
}

function start(page = PAGE): MatchRun {
  view = gymView(page);
  document.body.replaceChildren(view.element);
  const ends = {
    done: () => void outcome.push("done"),
    failed: (failure: Failure) => void outcome.push(failure),
    underway: (isUnderway: boolean) => void underway.push(isUnderway),
  };
  game = new MatchRun(page, view, tools(), ends);
  void game.start();
  return game;
}

async function worked(message: Parameters<FakeWorker["say"]>[0]): Promise<void> {
  worker.say(message);
  await settled();
}

/** Python is there, and has tried how fast the game is. */
async function loaded(speed: number | null = 12.5): Promise<void> {
  await worked({ type: "loaded", ms: 1 });
  await worked({ type: "measured", run: worker.last("prepare")?.run ?? -1, speed });
}

async function happens(action: () => void): Promise<void> {
  action();
  await settled();
}

async function waiting(): Promise<MatchRun> {
  const game = start();
  await loaded();
  await happens(() => document.querySelector<HTMLButtonElement>("button.primary")?.click());
  return game;
}

async function matched(more: Partial<Match> = {}): Promise<void> {
  await happens(() => wire.listener?.match({ ...MATCH, ...more }));
}

function run(): number {
  return worker.last("match")?.run ?? -1;
}

async function met(): Promise<MatchRun> {
  const game = await waiting();
  await matched();
  await worked({ type: "made", run: run() });
  await worked({ type: "connected", run: run(), rtts: {} });
  await happens(() => wire.listener?.play({ session_id: "m1" }));
  return game;
}

const NOTHING: MatchFrame = {
  ...{ next: 0, episode: 0, frame: -1, acts: null, draw: null, pixels: null, hud: null, corrected: false },
  ...{ ticked: false, due: 0, step_ms: 1, predicted: 0, rollback: 0, rollback_ms: 0, chunks: [], events: [] },
};

function moved(more: Partial<MatchFrame>, presses: Press[] = []): Promise<void> {
  const packet = JSON.stringify({ ...NOTHING, ...more });
  const chunks = (more.chunks ?? []).map(() => Uint8Array.of(1));
  const due = ORIGIN + clock.now();
  const move = { packet, pixels: null, chunks, presses, due, sampled: due + 1, executed: due + 2 };
  return worked({ type: "moved", run: run(), move });
}

function events(...list: MatchEvent[]): Promise<void> {
  return moved({ events: list });
}

async function playing(episode = 0): Promise<void> {
  await events({ type: "prepared", episode });
  await clock.run(3000, 500);
  await events({ type: "started", episode, at: ORIGIN + clock.now(), input_delay: 2 });
}

function ended(episode: number): MatchEvent {
  return { type: "episode_ended", episode, end: { frames: 10, end_reason: "terminated", statistics: STATISTICS } };
}

function posted(type: string): number {
  return worker.heard.filter((message) => message.type === type).length;
}

const text = (): string => document.body.textContent ?? "";
const shown = (): string | undefined => document.body.dataset.page;
const note = (): HTMLElement => document.querySelector(".note") as HTMLElement;
const at = (ms: number): number => ORIGIN + clock.now() + ms;
const veil = (): HTMLElement => document.querySelector(".veil") as HTMLElement;

describe("MatchRun, waiting", () => {
  it("enlists once Python is there, the button pressed, and everything of before has arrived", async () => {
    let arrive: () => void = () => undefined;
    drained = new Promise((resolve) => (arrive = resolve));
    await waiting();
    expect(wire.said).toEqual([]);
    await happens(arrive);
    expect(wire.said).toEqual([["enlist", { scene_id: "drive", archive: "/a.tar", speed: 12.5 }]]);
    expect(shown()).toBe("waiting");
  });

  it("needs no button where the researcher wants none", async () => {
    start({ ...PAGE, button: null });
    expect(document.querySelector<HTMLElement>("button")?.hidden).toBe(true);
    await loaded();
    expect(wire.count("enlist")).toBe(1);
  });

  it("waits with that until it knows how fast this machine is, but not for ever", async () => {
    start({ ...PAGE, button: null });
    await worked({ type: "loaded", ms: 1 });
    expect(wire.said).toEqual([]);
    await worked({ type: "measured", run: 99, speed: 1 }); // of another game
    expect(wire.said).toEqual([]);
    await worked({ type: "measured", run: worker.last("prepare")?.run ?? -1, speed: null });
    await happens(() => wire.listener?.linked());
    expect(wire.said.map(([, body]) => body)).toEqual(Array(2).fill({ scene_id: "drive", archive: "/a.tar", speed: null }));
    start({ ...PAGE, button: null });
    await worked({ type: "loaded", ms: 1 });
    await clock.run(PAGE.game.loading_timeout_s * 1000 + 1000, 1000);
    expect(outcome).toMatchObject([{ reason: "loading_timeout" }]);
  });

  it("says how many are here, since when, and how long it may take, every second anew", async () => {
    await waiting();
    expect(text()).toContain("You are the first of 2 people");
    await clock.run(2000, 500);
    expect(text()).toContain("waiting for 0:07");
    expect(text()).toContain("If not everybody is here in 4:53");
    await happens(() => wire.listener?.room({ ...ROOM, waiting: 2, group: 3 }));
    expect(text()).toContain("2 of 3 people are here");
  });

  it("says what comes if nobody does, in the server's words where it has some", async () => {
    await waiting();
    expect(text()).toContain("If not everybody is here in 4:55, you need not wait any longer");
    await happens(() => wire.listener?.room({ ...ROOM, note: "the game begins without them" }));
    expect(text()).toContain("If not everybody is here in 4:55, the game begins without them. Please stay");
  });

  it("calls whoever waits when the partners are found, if it is to", async () => {
    const multiplayer = { ...PAGE.game.multiplayer, call: true } as Multiplayer;
    const game = start({ ...PAGE, button: null, game: { ...PAGE.game, multiplayer } });
    await loaded();
    await matched();
    expect(calls).toEqual(["prepare", "▶ The game begins"]);
    game.close();
    expect(calls.at(-1)).toBe("close");
    calls = [];
    start({ ...PAGE, button: null, game: { ...PAGE.game, multiplayer: { ...multiplayer, call: false } } });
    await loaded();
    await matched();
    expect(calls).toEqual([]);
  });

  it("asks for notifications if the participant likes", async () => {
    offers = true;
    const multiplayer = { ...PAGE.game.multiplayer, call: true } as Multiplayer;
    start({ ...PAGE, button: null, game: { ...PAGE.game, multiplayer } });
    await loaded();
    const button = [...document.querySelectorAll<HTMLButtonElement>(".waiting button")][0];
    expect(button?.hidden).toBe(false);
    await happens(() => button?.click());
    expect(calls).toEqual(["prepare", "asked"]);
    expect(button?.hidden).toBe(true);
  });

  it("enlists again after every reconnection, and while the server says not now", async () => {
    wire.answers = [{ kind: "refused", reason: "not_now", text: "" }];
    await waiting();
    await clock.run(3000, 250);
    expect(wire.count("enlist")).toBe(2);
    await happens(() => wire.listener?.linked());
    expect(wire.count("enlist")).toBe(3);
  });

  it("reloads for another archive, once", async () => {
    const refusal: Refusal = { kind: "refused", reason: "wrong_archive", text: "old" };
    wire.answers = [refusal, refusal];
    await waiting();
    expect(outcome).toEqual(["reload"]);
    await waiting();
    expect(outcome).toMatchObject(["reload", { reason: "session_failed", problem: "old" }]);
  });

  it("waits no more when it is closed", async () => {
    const game = await waiting();
    game.close();
    expect(wire.listener).toBeNull();
    expect(clock.pending).toBe(0);
  });
});

describe("MatchRun, meeting", () => {
  it("makes the game and the connections at once, while it counts down", async () => {
    await waiting();
    await matched();
    expect(worker.last("match")).toMatchObject({ game: JSON.stringify(PAGE.game), match: MATCH, impairment: null });
    expect(peers).toEqual(["start"]);
    expect(shown()).toBe("playing");
    expect(text()).toContain("Your partner is here");
    expect(text()).toContain("Starts in 3. Connecting with your partner");
    expect(text()).toContain("Pull.");
  });

  it("plays the game that the match brings, in this match alone", async () => {
    await waiting();
    const game = { ...PAGE.game, options: { speed: 3 }, episodes: 5 };
    await matched({ game });
    expect(worker.last("match")?.game).toBe(JSON.stringify(game));
    await happens(() => wire.listener?.unmatched({ session_id: "m1", reason: "partner_left", room: ROOM }));
    await matched({ session_id: "m2" });
    expect(worker.last("match")?.game).toBe(JSON.stringify(PAGE.game));
  });

  it("says that everybody is connected, and meets when all have said so", async () => {
    await waiting();
    await matched();
    await worked({ type: "made", run: run() });
    await worked({ type: "connected", run: run(), rtts: { 1: 48.5 } });
    expect(wire.said.at(-1)).toEqual(["validated", { session_id: "m1", rtt_ms: { 1: 48.5 } }]);
    expect(posted("meet")).toBe(0);
    await happens(() => wire.listener?.play({ session_id: "another" }));
    expect(posted("meet")).toBe(0);
    await happens(() => wire.listener?.play({ session_id: "m1" }));
    expect(posted("meet")).toBe(1);
  });

  it("passes frames and signals to and fro", async () => {
    await met();
    wire.listener?.relayed(Uint8Array.of(1, 2));
    expect(worker.last("relayed")).toMatchObject({ batch: Uint8Array.of(1, 2) });
    await worked({ type: "relay", run: run(), batch: Uint8Array.of(3) });
    expect(wire.said.at(-1)).toEqual(["relay", [3]]);
    await worked({ type: "send", run: run(), peer: 1, frame: Uint8Array.of(3) });
    wire.listener?.signal({ session_id: "m1", peer: 1, link: "", what: "ask" });
    wire.listener?.signal({ session_id: "m0", peer: 1, link: "", what: "offer" });
    expect(peers).toEqual(["start", "send", "signalled ask"]);
  });

  it("waits again, as before, when the match comes to nothing, and may be matched anew", async () => {
    await waiting();
    await matched();
    await happens(() => wire.listener?.unmatched({ session_id: "m1", reason: "partner_left", room: ROOM }));
    expect(shown()).toBe("waiting");
    expect(text()).toContain("You keep your place");
    expect(peers.at(-1)).toBe("close");
    expect(destroyed).toBe(1);
    expect(wire.count("enlist")).toBe(1);
    await matched({ session_id: "m2" });
    expect(worker.last("match")?.match.session_id).toBe("m2");
    expect(shown()).toBe("playing");
  });

  it("waits again when the connection was lost before the game", async () => {
    await waiting();
    await matched();
    await happens(() => wire.listener?.linked());
    expect(wire.count("enlist")).toBe(2);
    expect(shown()).toBe("waiting");
  });

  it("goes on through a reconnection once the game has begun", async () => {
    await met();
    await happens(() => wire.listener?.linked());
    expect(wire.count("enlist")).toBe(1);
    expect(peers.at(-1)).toBe("linkedAgain");
  });

  it("comes back into a running game without waiting for everybody", async () => {
    storage.set("interactive-gym/playing", "drive"); // as before the reload
    start();
    await loaded();
    await matched({ returning: true, boot: 2 });
    expect(text()).toContain("Welcome back");
    await worked({ type: "made", run: run() });
    expect(posted("meet")).toBe(0);
    await clock.run(3000, 500);
    expect(posted("meet")).toBe(1);
    expect(wire.count("validated")).toBe(0);
    await moved({ ticked: true, frame: 40, acts: 42 });
    expect(veil().hidden).toBe(true);
    expect(listening).toBe(true);
  });
});

describe("MatchRun, when nobody was left who had played", () => {
  const RESTART = { epoch: 2, episode: 0, frame: 59, gone: [] };
  const AGAIN: Partial<Match> = { boot: 6, generation: 5, restart: RESTART };
  const plays = (): unknown[] => wire.said.filter(([name]) => name === "plays").map(([, playing]) => playing);

  async function reloaded(more: Partial<Match> = AGAIN): Promise<void> {
    storage.set("interactive-gym/playing", "drive");
    start();
    await loaded();
    await matched(more);
  }

  it("fetches what all play again, and then begins like somebody who comes back", async () => {
    await reloaded();
    expect(asked).toEqual([["m1", 2]]);
    expect(worker.last("match")?.chunks).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(text()).toContain("Welcome back");
    expect(text()).not.toContain("Starts in");
    expect(calls).not.toContain("▶ The game begins");
    await worked({ type: "made", run: run() });
    await worked({ type: "connected", run: run(), rtts: {} });
    expect([posted("meet"), wire.count("validated")]).toEqual([1, 0]);
    await events({ type: "prepared", episode: 0 });
    expect(posted("ready")).toBe(1);
  });

  it("asks for nothing where the episode begins with its reset, or others tell", async () => {
    await reloaded({ ...AGAIN, restart: { ...RESTART, frame: -1 } });
    await matched({ ...AGAIN, returning: true });
    expect(asked).toEqual([]);
    expect(worker.heard.flatMap((message) => (message.type === "match" ? [message.chunks] : []))).toEqual([[], []]);
  });

  it("asks again until the server answers, and makes nothing before", async () => {
    replays = [new Error("no network"), new HttpError(503, null), { chunks: [] }];
    await reloaded();
    await happens(() => wire.listener?.signal({ session_id: "m1", peer: 1, link: "l", what: "offer" }));
    expect([posted("match"), peers]).toEqual([0, []]);
    await clock.run(10_000, 500);
    expect([posted("match"), asked.length, peers]).toEqual([1, 3, ["start"]]);
    await happens(() => wire.listener?.signal({ session_id: "m1", peer: 1, link: "l", what: "offer" }));
    expect(peers).toEqual(["start", "signalled offer"]);
  });

  it("fails where the server refuses", async () => {
    replays = [new HttpError(403, { kind: "refused", reason: "not_your_session", text: "" })];
    await reloaded();
    expect(outcome).toMatchObject([{ reason: "runtime_failed", problem: "HttpError: not_your_session: " }]);
  });

  it("takes the place of what is played, of which it was lost before", async () => {
    await met();
    await playing();
    const first = run();
    await matched({ generation: 5 });
    expect(run()).toBe(first);
    await matched(AGAIN);
    expect(run()).toBeGreaterThan(first);
    expect([posted("close"), destroyed]).toEqual([1, 1]);
    await worked({ type: "made", run: run() });
    await clock.run(3000, 500);
    await moved({ ticked: true, frame: 61, acts: 63 });
    expect([veil().hidden, listening, outcome]).toEqual([true, true, []]);
  });

  it("makes nothing of what comes for a match that was replaced", async () => {
    const late = { ...RESTART, epoch: 4 };
    await reloaded();
    replays = [{ chunks: ["CQ=="] }];
    await happens(() => {
      wire.listener?.match({ ...MATCH, ...AGAIN });
      wire.listener?.match({ ...MATCH, ...AGAIN, restart: late });
    });
    expect(worker.heard.flatMap((message) => (message.type === "match" ? [message.match.restart?.epoch] : []))).toEqual([
      2, 4,
    ]);
  });

  it("is not given up by a connection that is lost while it begins", async () => {
    await reloaded();
    await happens(() => wire.listener?.linked());
    expect([wire.count("enlist"), peers.at(-1)]).toEqual([1, "linkedAgain"]);
  });

  it("has the server know whether it plays", async () => {
    await met();
    const mine = { session_id: "m1", generation: 4 };
    expect(plays()).toEqual([{ ...mine, is_in: false }]);
    await playing();
    await events({ type: "away", is_gone: false });
    await events({ type: "returned", peer: 1, frame: 9 });
    expect(plays().slice(1)).toEqual([
      { ...mine, is_in: true },
      { ...mine, is_in: false },
    ]);
    await events({ type: "returned", peer: 0, frame: 9 });
    game?.close();
    expect(plays().slice(3)).toEqual([{ ...mine, is_in: true }, null]);
  });
});

describe("MatchRun, playing", () => {
  it("is ready when the countdown is over, not before", async () => {
    await met();
    await events({ type: "prepared", episode: 0 });
    expect(posted("ready")).toBe(0);
    await clock.run(3000, 500);
    expect(posted("ready")).toBe(1);
    expect(text()).toContain("Waiting for your partner");
    await events({ type: "started", episode: 0, at: ORIGIN + clock.now(), input_delay: 2 });
    expect(veil().hidden).toBe(true);
    expect(listening).toBe(true);
  });

  it("is ready where timers sleep, as on a hidden page", async () => {
    await met();
    await events({ type: "prepared", episode: 0 });
    clock.stall(4000);
    expect(posted("ready")).toBe(0);
    await worked({ type: "links", run: run(), rows: [] });
    expect(posted("ready")).toBe(1);
  });

  it("loses no picture and no key where the game is faster than the renderer is loaded", async () => {
    let load: () => void = () => undefined;
    rendering = new Promise((resolve) => (load = resolve));
    const picture = (id: number): DrawPacket => ({ full: id === 1, set: [], drop: [String(id)] });
    await waiting();
    await matched({ returning: true });
    await moved({ draw: picture(1), ticked: true, frame: 40, acts: 42 });
    await moved({ draw: picture(2), ticked: true, frame: 41, acts: 43 });
    expect(listening).toBe(false);
    await happens(load);
    expect(applied).toEqual([picture(1), picture(2)]);
    expect(listening).toBe(true);
  });

  it("is not ready while a partner is not heard", async () => {
    await met();
    await events({ type: "prepared", episode: 0 }, { type: "interrupted", peer: 1 });
    await clock.run(5000, 500);
    expect(posted("ready")).toBe(0);
    expect(text()).toContain("The connection to your partner is unstable");
    await events({ type: "resumed", peer: 1, silence: 4 });
    expect(posted("ready")).toBe(1);
  });

  it("writes down frames, what they felt like, and keys with the frame in which they act", async () => {
    await met();
    await playing();
    await moved({ ticked: true, frame: 0, acts: 2 }, [{ id: 1, key: "a", t: ORIGIN + clock.now() - 4 }]);
    await moved({ ticked: true, frame: 1, acts: 3, predicted: 1, rollback: 2, rollback_ms: 1.5 });
    await moved({ ticked: true, frame: 2, acts: 4 });
    const chunk = { episode: 0, index: 0, first: -1, rows: 11, digest: "d" };
    await moved({ chunks: [chunk], events: [ended(0)] });
    const key = { session_id: "m1", episode: 0, generation: 4 };
    expect(put).toMatchObject([
      { kind: "chunk", ...key, index: 0, data: "AQ==" },
      {
        ...{ kind: "experience", ...key, index: 0 },
        ticks: [
          [0, 0, 1, 1, 0, 0, 0, 0],
          [1, 0, 1, 1, 0, 1, 2, 1.5],
          [2, 0, 1, 1, 0, 0, 0, 0],
        ],
        keys: [[2, "a", -4, 1, 2, 0]],
      },
      { kind: "episode_end", ...key, frames: 10, end_reason: "terminated", statistics: STATISTICS },
    ]);
  });

  it("takes no key of an episode for one of the next", async () => {
    await met();
    await playing();
    await moved({ ticked: true, frame: 0, acts: 2 }, [{ id: 1, key: "a", t: ORIGIN }]);
    await events({ type: "away", is_gone: false }, { type: "prepared", episode: 1 }); // its end was not seen here
    await moved({ episode: 1, ticked: true, frame: 5, acts: 7 }, [{ id: 2, key: "b", t: ORIGIN }]);
    await moved({ episode: 1, ticked: true, frame: 7, acts: 9 });
    await moved({ episode: 1, events: [ended(1)] });
    const keys = put.flatMap((item) => (item.kind === "experience" ? item.keys : []));
    expect(keys.map(([frame, key]) => [frame, key])).toEqual([[7, "b"]]);
  });

  it("rests between episodes, and is done when all has arrived and the partners could hear of the end", async () => {
    await met();
    await playing();
    await moved({ episode: 0, events: [ended(0), { type: "prepared", episode: 1 }] });
    expect(text()).toContain("Episode 2 of 2");
    expect(text()).toContain("Starts in 2");
    expect(listening).toBe(false);
    await clock.run(2000, 500);
    expect(posted("ready")).toBe(2);
    await events({ type: "started", episode: 1, at: ORIGIN + clock.now(), input_delay: 2 });
    await moved({ episode: 1, events: [ended(1), { type: "ended", reason: "over", text: "" }] });
    expect(text()).toContain("Saving");
    expect(outcome).toEqual([]);
    await clock.run(1000, 250);
    expect(outcome).toEqual(["done"]);
    expect(put.filter(({ kind }) => kind === "episode_end").length).toBe(2);
  });

  it("keeps what the links were like, ten seconds at a time", async () => {
    await met();
    for (let second = 0; second < 11; second += 1) {
      await worked({ type: "links", run: run(), rows: [[second, "1", "direct", "host udp", 30, 1, 0, 20, 20]] });
    }
    expect(put).toMatchObject([{ kind: "links", session_id: "m1", generation: 4, index: 0 }]);
    expect(document.body.dataset.connection).toBe("direct host udp");
    wire.listener?.linked();
  });

  it("says what is wrong with the lines, beside the picture or in its place, and what is tried", async () => {
    await met();
    await playing();
    await events({ type: "interrupted", peer: 1 });
    expect(note().textContent).toContain("unstable");
    expect(veil().hidden).toBe(true);
    await events({ type: "held", frame: 5, why: "silence", peers: [1], until: at(5000) });
    expect([veil().dataset["state"], veil().querySelector("strong")?.textContent]).toEqual([
      ...["silence", "Waiting for your partner"],
    ]);
    await happens(() => repair(1, "new_connection"));
    expect(veil().textContent).toContain("Making a new connection");
    await events({ type: "unheld", at: at(0) }, { type: "cut", peer: 1, turn: 1, frame: 5 });
    expect([veil().hidden, veil().dataset["state"]]).toEqual([true, ""]);
    expect(note().textContent).toContain("Your partner has left; the game goes on.");
    await clock.run(6000, 500);
    expect(note().hidden).toBe(true);
  });

  it("counts down while it waits, and lets nobody hear every second of it", async () => {
    await met();
    await playing();
    await events({ type: "interrupted", peer: 1 });
    await events({ type: "held", frame: 5, why: "silence", peers: [1], until: at(4500) });
    const seen: (string | undefined)[] = [];
    for (let second = 0; second < 6; second += 1) {
      seen.push(veil().querySelector(".left")?.textContent?.match(/\d+ seconds?/)?.[0]);
      await clock.run(1000, 250);
    }
    expect(seen).toEqual(["5 seconds", "4 seconds", "3 seconds", "2 seconds", "1 second", undefined]);
    expect(veil().querySelector(".left")?.getAttribute("aria-live")).toBe("off");
    expect(veil().dataset["state"]).toBe("deciding");
  });

  it("says of a line that breaks before an episode what it says in one", async () => {
    await met();
    await events({ type: "prepared", episode: 0 }, { type: "held", frame: 0, why: "absence", peers: [1], until: null });
    await events({ type: "cut", peer: 1, turn: 1, frame: -1 });
    expect(veil().textContent).toContain("Waiting for your partner to come back");
  });

  it("tells apart who is lost from who reaches nobody", async () => {
    await met();
    await playing();
    wire.connected = false;
    await events({ type: "interrupted", peer: 1 });
    await events({ type: "held", frame: 5, why: "silence", peers: [1], until: null });
    expect(veil().dataset["state"]).toBe("offline");
    wire.connected = true;
    await clock.run(1000, 250);
    expect(veil().dataset["state"]).toBe("silence");
  });

  it("catches up before the eyes of whoever was cut, without a picture in between", async () => {
    await met();
    await playing();
    await events({ type: "away", is_gone: false });
    expect(veil().dataset["state"]).toBe("away");
    await moved({ frame: 20, chunks: [{ episode: 0, index: 1, first: 10, rows: 10, digest: "d" }] });
    await clock.run(1000, 500);
    expect([veil().dataset["state"], applied]).toEqual(["catching_up", []]);
    await events({ type: "returned", peer: 0, frame: 25 });
    expect(veil().hidden).toBe(true);
  });

  it("knows by itself that everything had stopped here", async () => {
    await met();
    await playing();
    clock.stall(6000);
    await events({ type: "interrupted", peer: 1 });
    await events({ type: "held", frame: 5, why: "silence", peers: [1], until: null });
    expect(veil().dataset["state"]).toBe("catching_up");
  });

  it("writes down pauses, absences and slow ticks with their length", async () => {
    await met();
    await playing();
    reported = [];
    await events({ type: "held", frame: 5, why: "hidden", peers: [0, 1], until: at(5000) });
    await clock.run(2000, 500);
    await events({ type: "unheld", at: at(100) }, { type: "cut", peer: 1, turn: 1, frame: 5 });
    await clock.run(3000, 500);
    await events({ type: "unheld", at: at(100) }); // which this page did not wait for
    await events({ type: "returned", peer: 1, frame: 9 }, { type: "slowed", factor: 1.2, peers: [0, 1] });
    expect(reported).toEqual([
      ["match_held", "warning", "hidden", { frame: 5, peers: "0 1", limit_ms: 5000 }],
      ["match_unheld", "info", "hidden", { ms: 2100 }],
      ["match_cut", "warning", "cut", { peer: 1, turn: 1, frame: 5 }],
      ["match_returned", "info", "returned", { peer: 1, frame: 9, ms: 3000 }],
      ["match_slowed", "warning", "slow_machine", { factor: 1.2, peers: "0 1" }],
    ]);
  });

  it("goes on by itself from its first frame to its end", async () => {
    await met();
    expect(underway).toEqual([]);
    await playing();
    expect(underway).toEqual([true]);
    await events({ type: "ended", reason: "over", text: "" });
    await clock.run(1000, 250);
    expect(underway.at(-1)).toBe(false);
  });
});

describe("MatchRun, ending", () => {
  it("still writes down what all have confirmed where the participant goes for good", async () => {
    const game = await met();
    await playing();
    await moved({ ticked: true, frame: 0, acts: 2 });
    game.close(true);
    expect([worker.heard.at(-1), peers.at(-1)]).toEqual([{ type: "leave", run: run() }, "close"]);
    const end = { frames: 2, end_reason: "interrupted" as const, statistics: STATISTICS };
    const chunks = [{ episode: 0, index: 0, first: -1, rows: 3, digest: "d" }];
    await moved({ chunks, events: [{ type: "episode_ended", episode: 0, end }] });
    expect(put.map(({ kind }) => kind)).toEqual(["experience", "chunk", "episode_end"]);
    expect(put.at(-1)).toMatchObject({ episode: 0, generation: 4, frames: 2, end_reason: "interrupted" });
    await worked({ type: "forgotten", run: run() });
    await moved({ chunks });
    expect([put.length, posted("close"), clock.pending]).toEqual([3, 0, 0]);
  });

  it("is only closed where they may come back to it", async () => {
    const game = await met();
    await playing();
    game.close();
    expect([posted("leave"), posted("close")]).toEqual([0, 1]);
  });

  const reasons: [string, MatchEvent[], Failure["reason"]][] = [
    ["server_unreachable", [], "connection_failed"],
    ["excluded", [], "connection_failed"],
    ["gone", [{ type: "away", is_gone: false }], "connection_failed"],
    ["gone", [], "partner_left"],
    ["partner_left", [], "partner_left"],
    ["failed", [], "session_failed"],
    ["refused", [], "session_failed"],
  ];

  it.each(reasons)("reports a session that ended as %s (%j) as %s", async (reason, before, expected) => {
    await met();
    await playing();
    await events(...before, { type: "ended", reason, text: "why" });
    expect(outcome).toEqual([{ scene_id: "drive", reason: expected, problem: reason, detail: "why" }]);
    expect(peers.at(-1)).toBe("rest");
    expect(worker.last("retire")).toEqual({ type: "retire", run: run() });
    expect(worker.last("close")).toBeUndefined();
  });

  it("sends what was played before anything else follows", async () => {
    await met();
    await playing();
    let arrive: () => void = () => undefined;
    drained = new Promise((resolve) => (arrive = resolve));
    await events({ type: "ended", reason: "partner_left", text: "" });
    expect([veil().dataset["state"], outcome]).toEqual(["partner_left", []]);
    expect(veil().textContent).toContain("Your partner has left the game");
    await happens(arrive);
    expect(outcome).toMatchObject([{ reason: "partner_left" }]);
  });

  it("goes on as soon as the partners know that it is over, and answers them directly meanwhile", async () => {
    await met();
    await playing();
    await events({ type: "ended", reason: "over", text: "" });
    expect(outcome).toEqual([]);
    await worked({ type: "relay", run: run(), batch: Uint8Array.of(7) });
    expect(wire.count("relay")).toBe(1);
    await worked({ type: "acknowledged", run: run() });
    expect(outcome).toEqual(["done"]);
    game?.close(); // the next page is shown
    await worked({ type: "relay", run: run(), batch: Uint8Array.of(8) });
    expect(wire.count("relay")).toBe(1); // what the server would make of it is about the next match
    expect(peers).not.toContain("close");
    await worked({ type: "forgotten", run: run() });
    expect(peers.at(-1)).toBe("close");
    expect([posted("close"), clock.pending]).toEqual([0, 0]);
  });

  it("closes the connections also when the worker is gone by then", async () => {
    await met();
    await playing();
    await events({ type: "ended", reason: "over", text: "" });
    game?.close();
    await clock.run(20_000, 1000);
    expect(peers.at(-1)).toBe("close");
    expect(clock.pending).toBe(0);
  });

  it("reports a game that cannot be prepared before anybody is kept waiting for it", async () => {
    start();
    const preparation = worker.last("prepare");
    expect(preparation?.game).toBe(JSON.stringify(PAGE.game));
    const failure = { stage: "import" as const, problem: "p", detail: "d" };
    await worked({ type: "failed", run: preparation?.run ?? -1, failure });
    expect(outcome).toMatchObject([{ reason: "import_failed" }]);
  });

  it("takes a game whose states differed in the end for played", async () => {
    await met();
    await playing();
    await events({ type: "ended", reason: "mismatch", text: "" });
    await clock.run(1000, 250);
    expect(outcome).toEqual(["done"]);
  });

  it("reports an environment that fails here", async () => {
    await waiting();
    await matched();
    await worked({ type: "failed", run: run(), failure: { stage: "make", problem: "p", detail: "d" } });
    expect(outcome).toMatchObject([{ reason: "make_failed" }]);
    expect(storage.size).toBe(0);
  });

  it("reports a renderer that cannot be had, as nobody else can begin without this page", async () => {
    rendering = Promise.reject(new Error("no such file"));
    rendering.catch(() => undefined);
    await waiting();
    await matched();
    expect(outcome).toMatchObject([{ reason: "draw_failed", problem: "Error: no such file" }]);
  });

  it("reports a worker that crashes while one waits", async () => {
    await waiting();
    await happens(() => worker.dispatch("error", new Event("error")));
    expect(outcome).toMatchObject([{ reason: "worker_crashed" }]);
  });
});
