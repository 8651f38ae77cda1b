/** A game of several people with fakes at its edges, and the words in which its tests speak of it. */

import { beforeEach } from "vitest";

import type { MatchListener, MatchWire } from "../../src/connection";
import { silent } from "../../src/debug/sink";
import { MatchRun, type MatchTools } from "../../src/match/run";
import { gymView, type GymView } from "../../src/pages/gym";
import type { Failure, Item, Match, Playing, Refusal, Replay, Room } from "../../src/protocol.gen";
import { Runtime } from "../../src/runtime";
import type { MatchEvent, MatchFrame, Press } from "../../src/worker/messages";
import { FakeClock, FakeWorker, MATCH, MATCH_PAGE as PAGE, settled } from "../fakes";

export const ORIGIN = 9_000_000;
export const ROOM: Room = { kind: "room", waiting: 1, group: 2, waited_s: 5, left_s: 295 };
export const STATISTICS = {
  ...{ input_delay: 2, window: 8, rollbacks: 1, replayed: 2, deepest_rollback: 2 },
  ...{ stalls: 0, stalled_ticks: 0, dropped_ticks: 0 },
};

export class FakeWire implements MatchWire {
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

export let clock: FakeClock;
export let worker: FakeWorker;
export let runtime: Runtime;
export let wire: FakeWire;
export let view: GymView;
export let put: Item[];
export let outcome: (Failure | "done" | "reload")[];
export let underway: boolean[];
export let reported: unknown[][];
export let repair: Parameters<MatchTools["openPeers"]>[1]["repairing"];
export let peers: string[];
export let storage: Map<string, string>;
export let listening: boolean;
export let destroyed: number;
export let game: MatchRun | null;
export let applied: unknown[];
export let calls: string[];
export let asked: unknown[][]; // for replays

/** What a test may give otherwise. */
export const given = {
  drained: Promise.resolve(),
  rendering: Promise.resolve(), // resolves when the renderer is loaded
  offers: false,
  replays: [] as (Replay | Error)[], // the last one as often as it is asked for
};

beforeEach(() => {
  [clock, worker, wire, storage] = [new FakeClock(), new FakeWorker(), new FakeWire(), new Map()];
  const archive = { url: "/a.tar", bytes: 1 };
  runtime = new Runtime(worker, { pyodide: "/p/", pyodideBytes: 1, packages: [], archive });
  [put, outcome, peers, listening, destroyed] = [[], [], [], false, 0];
  [applied, calls, underway, reported, asked] = [[], [], [], [], []];
  [given.drained, given.rendering, given.offers] = [Promise.resolve(), Promise.resolve(), false];
  given.replays = [{ chunks: ["AQI=", "Aw=="] }];
});

export function tools(): MatchTools {
  return {
    ...{ runtime, wire, clock, origin: ORIGIN, debug: silent, archive: "/a.tar", impairment: null },
    outbox: { put: async (items) => void put.push(...items), drain: () => given.drained, size: 0 },
    events: { during: () => undefined, report: (...event) => void reported.push(event) },
    focus: { focused: true, listen: () => () => undefined },
    api: {
      replay: async (...what) => {
        asked.push(what);
        const answer = given.replays.length > 1 ? given.replays.shift() : given.replays[0];
        if (answer instanceof Error || answer === undefined) throw answer;
        return answer;
      },
    },
    loadPictures: async () => new Map(),
    createRenderer: async () => {
      await given.rendering;
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
        return given.offers ? async () => void calls.push("asked") : null;
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

export function start(page = PAGE): MatchRun {
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

export async function worked(message: Parameters<FakeWorker["say"]>[0]): Promise<void> {
  worker.say(message);
  await settled();
}

/** Python is there, and has tried how fast the game is. */
export async function loaded(speed: number | null = 12.5): Promise<void> {
  await worked({ type: "loaded", ms: 1 });
  await worked({ type: "measured", run: worker.last("prepare")?.run ?? -1, speed });
}

export async function happens(action: () => void): Promise<void> {
  action();
  await settled();
}

export async function waiting(): Promise<MatchRun> {
  const game = start();
  await loaded();
  await happens(() => document.querySelector<HTMLButtonElement>("button.primary")?.click());
  return game;
}

export async function matched(more: Partial<Match> = {}): Promise<void> {
  await happens(() => wire.listener?.match({ ...MATCH, ...more }));
}

export function run(): number {
  return worker.last("match")?.run ?? -1;
}

export async function met(): Promise<MatchRun> {
  const game = await waiting();
  await matched();
  await worked({ type: "made", run: run() });
  await worked({ type: "connected", run: run(), rtts: {} });
  await happens(() => wire.listener?.play({ session_id: "m1" }));
  return game;
}

export const NOTHING: MatchFrame = {
  ...{ next: 0, episode: 0, frame: -1, acts: null, draw: null, pixels: null, hud: null, corrected: false },
  ...{ ticked: false, due: 0, step_ms: 1, predicted: 0, rollback: 0, rollback_ms: 0, chunks: [], events: [] },
};

export function moved(more: Partial<MatchFrame>, presses: Press[] = []): Promise<void> {
  const packet = JSON.stringify({ ...NOTHING, ...more });
  const chunks = (more.chunks ?? []).map(() => Uint8Array.of(1));
  const due = ORIGIN + clock.now();
  const move = { packet, pixels: null, chunks, presses, due, sampled: due + 1, executed: due + 2 };
  return worked({ type: "moved", run: run(), move });
}

export function events(...list: MatchEvent[]): Promise<void> {
  return moved({ events: list });
}

export async function playing(episode = 0): Promise<void> {
  await events({ type: "prepared", episode });
  await clock.run(3000, 500);
  await events({ type: "started", episode, at: ORIGIN + clock.now(), input_delay: 2 });
}

export function ended(episode: number): MatchEvent {
  return { type: "episode_ended", episode, end: { frames: 10, end_reason: "terminated", statistics: STATISTICS } };
}

export function posted(type: string): number {
  return worker.heard.filter((message) => message.type === type).length;
}

export const text = (): string => document.body.textContent ?? "";
export const shown = (): string | undefined => document.body.dataset.page;
export const note = (): HTMLElement => document.querySelector(".note") as HTMLElement;
export const at = (ms: number): number => ORIGIN + clock.now() + ms;
export const veil = (): HTMLElement => document.querySelector(".veil") as HTMLElement;
