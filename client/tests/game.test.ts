import { beforeEach, describe, expect, it } from "vitest";

import { HttpError } from "../src/api";
import { silent } from "../src/debug/sink";
import { GameRun, type GameTools } from "../src/game";
import type { KeyState } from "../src/input/keyboard";
import { gymView, type GymView } from "../src/pages/gym";
import type { Chunk, Failure, Item, Resume } from "../src/protocol.gen";
import type { Renderer } from "../src/renderer";
import { Runtime } from "../src/runtime";
import type { FramePacket, Press, WorkerFailure } from "../src/worker/messages";
import { FakeClock, FakeWorker, GYM_PAGE as PAGE, settled } from "./fakes";

const ORIGIN = 9_000_000;
class FakeRenderer implements Renderer {
  readonly kind = "canvas";
  readonly drawn: unknown[] = [];
  paints = true;
  destroyed = false;
  resize(): void {}

  apply(packet: unknown): void {
    this.drawn.push(packet);
  }

  pixels(width: number, height: number): void {
    this.drawn.push([width, height]);
  }

  painted(callback: (t: number) => void): void {
    if (this.paints) callback(clock.now());
  }

  destroy(): void {
    this.destroyed = true;
  }
}

let clock: FakeClock;
let worker: FakeWorker;
let runtime: Runtime;
let renderer: FakeRenderer;
let view: GymView;
let put: Item[];
let outcome: (Failure | "done")[];
let underway: boolean[];
let resume: (() => Promise<Resume>) | null;
let speeds: (number | null)[]; // that it was asked with
let drained: Promise<void>;
let press: (state: KeyState) => void;
let keysOf: string[];
let listening: boolean;
let noRenderer: boolean;

beforeEach(() => {
  clock = new FakeClock();
  worker = new FakeWorker();
  const archive = { url: "/a.tar", bytes: 500_000 };
  runtime = new Runtime(worker, { pyodide: "/p/", pyodideBytes: 1_500_000, packages: [], archive });
  renderer = new FakeRenderer();
  view = gymView(PAGE);
  document.body.replaceChildren(view.element);
  [put, outcome, underway, drained, listening, noRenderer] = [[], [], [], Promise.resolve(), false, false];
  resume = async () => ({ episode: 0, generation: 3, chunks: [] });
  speeds = [];
});

function start(page = PAGE): GameRun {
  const tools: GameTools = {
    runtime,
    api: {
      resume: (_, speed) => {
        speeds.push(speed);
        return resume?.() ?? new Promise(() => undefined);
      },
    },
    outbox: { put: async (items) => void put.push(...items), drain: () => drained, size: 0 },
    clock,
    origin: ORIGIN,
    debug: silent,
    events: { during: () => undefined, report: () => undefined },
    focus: { focused: true, listen: () => () => undefined },
    loadPictures: async () => new Map(),
    createRenderer: async () => {
      if (noRenderer) throw new Error("no canvas");
      return renderer;
    },
    createKeyboard: (keys, onChange) => {
      [press, keysOf] = [onChange, keys];
      return { start: () => void (listening = true), stop: () => void (listening = false) };
    },
  };
  const ends = {
    done: () => void outcome.push("done"),
    failed: (failure: Failure) => void outcome.push(failure),
    underway: (isUnderway: boolean) => void underway.push(isUnderway),
  };
  const game = new GameRun(page, view, tools, ends);
  void game.start();
  return game;
}

function packet(frame: number, more: Partial<FramePacket> = {}): string {
  const empty = { draw: null, pixels: null, hud: null, step_ms: 1, over: null, chunks: [] };
  return JSON.stringify({ frame, ...empty, ...more });
}

function button(): HTMLButtonElement {
  return document.querySelector("button.primary") as HTMLButtonElement;
}

function text(): string {
  return document.body.textContent ?? "";
}

/** The run that the page has opened last. */
function run(): number {
  return worker.last("open")?.run ?? -1;
}

async function worked(message: Parameters<FakeWorker["say"]>[0]): Promise<void> {
  worker.say(message);
  await settled();
}

async function ready(): Promise<void> {
  await worked({ type: "loaded", ms: 1 });
  await worked({ type: "opened", run: run() });
  await begun();
}

function begun(more: Partial<FramePacket> = {}): Promise<void> {
  return worked({ type: "begun", run: run(), packet: packet(-1, more), pixels: null, chunks: [] });
}

async function pressStart(): Promise<void> {
  button().click();
  await settled();
}

function tick(frame: number, more: Partial<FramePacket> = {}, presses: Press[] = []): Promise<void> {
  const due = ORIGIN + clock.now();
  const times = { due, sampled: due + 1, executed: due + 2 };
  const chunks = (more.chunks ?? []).map(() => Uint8Array.of(1));
  const body = { packet: packet(frame, more), pixels: null, chunks, presses, ...times };
  return worked({ type: "ticked", run: run(), tick: body });
}

function chunk(index: number): FramePacket["chunks"] {
  return [{ index, first: index * 10, rows: 10, digest: "d" }];
}

async function playing(): Promise<GameRun> {
  const game = start();
  await settled();
  await ready();
  await pressStart();
  return game;
}

function kinds(): string[] {
  return put.map((item) => item.kind);
}

describe("GameRun, loading", () => {
  it("shows how much has arrived, and keeps the button shut", async () => {
    start();
    await worked({ type: "progress", progress: { stage: "download", received: 500_000, total: 2_000_000 } });
    expect(text()).toContain("Loading the game: 0.5 of 2.0 MB");
    expect(document.querySelector("progress")?.value).toBe(0.25);
    expect(button().disabled).toBe(true);
  });

  it("opens the button, with the focus, once an episode has begun", async () => {
    start();
    await settled();
    await ready();
    expect(worker.last("open")).toMatchObject({ session: '{"session_id":"s1","seed":7}' });
    expect(worker.last("begin")).toMatchObject({ episode: 0, chunks: [] });
    expect(button().disabled).toBe(false);
    expect(document.activeElement).toBe(button());
    expect(button().textContent).toBe("Start");
    expect(worker.last("play")).toBeUndefined();
  });

  it("goes on with what the server has of an episode", async () => {
    resume = async () => ({ episode: 1, generation: 4, chunks: ["/wA="] });
    start();
    await settled();
    await ready();
    expect(worker.last("begin")).toMatchObject({ episode: 1, chunks: [Uint8Array.of(255, 0)] });
    expect(button().textContent).toBe("Continue");
  });

  it("tells how fast this machine is, where the game asks for that", async () => {
    start({ ...PAGE, game: { ...PAGE.game, min_speed: 2 } });
    await worked({ type: "loaded", ms: 1 });
    expect(speeds).toEqual([]);
    const { run, game } = worker.last("prepare") ?? { run: -1, game: "{}" };
    expect(JSON.parse(game)).toMatchObject({ min_speed: 2 });
    await worked({ type: "measured", run, speed: 1.5 });
    expect(speeds).toEqual([1.5]);
    expect(worker.last("open")).toMatchObject({ run });
  });

  it("does not make anybody wait for that otherwise", async () => {
    start();
    await settled();
    expect([speeds, worker.last("prepare")]).toEqual([[null], undefined]);
  });

  it("does not ask again when the machine is too slow: the page that follows says why", async () => {
    let tries = 0;
    resume = async () => {
      tries += 1;
      throw new HttpError(409, { kind: "refused", reason: "too_slow", text: "This computer is too slow." });
    };
    start({ ...PAGE, game: { ...PAGE.game, min_speed: 2 } });
    await worked({ type: "loaded", ms: 1 });
    await worked({ type: "measured", run: worker.last("prepare")?.run ?? -1, speed: 1.5 });
    await clock.run(20_000, 250);
    expect(tries).toBe(1);
    expect(outcome).toMatchObject([{ reason: "runtime_failed", problem: "too_slow: This computer is too slow." }]);
  });

  it("asks where to go on only after everything of an earlier visit has arrived", async () => {
    let asked = false;
    let arrive: () => void = () => undefined;
    drained = new Promise((resolve) => (arrive = resolve));
    resume = async () => {
      asked = true;
      return { episode: 0, generation: 0, chunks: [] };
    };
    start();
    await settled();
    expect(asked).toBe(false);
    arrive();
    await settled();
    expect(asked).toBe(true);
  });

  it("asks again while the server cannot be reached", async () => {
    let tries = 0;
    resume = async () => {
      if (++tries < 4) throw tries === 1 ? new HttpError(503, null) : new TypeError("Failed to fetch");
      return { episode: 0, generation: 0, chunks: [] };
    };
    start();
    await clock.run(20_000, 250);
    expect(tries).toBe(4);
    await worked({ type: "loaded", ms: 1 });
    expect(worker.last("open")).toBeDefined();
  });

  it("stops asking when it was closed: another tab plays, and an answer would end that", async () => {
    let tries = 0;
    resume = async () => {
      tries += 1;
      throw new HttpError(409, null);
    };
    const game = start();
    await settled();
    game.close();
    await clock.run(20_000, 250);
    expect(tries).toBe(1);
  });

  it("does not ask at all when it was closed while an earlier visit's records were under way", async () => {
    let arrive: () => void = () => undefined;
    drained = new Promise((resolve) => (arrive = resolve));
    let asked = false;
    resume = async () => {
      asked = true;
      return { episode: 0, generation: 0, chunks: [] };
    };
    start().close();
    arrive();
    await settled();
    expect(asked).toBe(false);
  });

  it("gives an episode that is played again as much more time as it has seconds", async () => {
    resume = async () => ({ episode: 0, generation: 1, chunks: Array.from({ length: 90 }, () => "AA==") });
    start();
    await settled();
    await worked({ type: "loaded", ms: 1 });
    await worked({ type: "opened", run: run() });
    clock.advance(149_000);
    expect(outcome).toEqual([]);
    clock.advance(1_000);
    expect(outcome).toMatchObject([{ reason: "loading_timeout" }]);
  });

  it("does not play what has been played", async () => {
    resume = async () => ({ episode: 2, generation: 5, chunks: [] });
    start();
    await settled();
    expect(outcome).toEqual(["done"]);
    expect(worker.last("open")).toBeUndefined();
  });

  it("fails after the deadline without progress, and not before", async () => {
    start();
    await settled();
    for (let part = 1; part <= 5; part += 1) {
      clock.advance(59_000);
      await worked({ type: "progress", progress: { stage: "download", received: part, total: 100 } });
    }
    expect(outcome).toEqual([]);
    clock.advance(60_000);
    expect(outcome).toMatchObject([{ scene_id: "drive", reason: "loading_timeout" }]);
  });

  it("gives a participant who reads the instructions all the time", async () => {
    start();
    await settled();
    await ready();
    clock.advance(3_600_000);
    expect(outcome).toEqual([]);
  });
});

describe("GameRun, failing", () => {
  const stages: [WorkerFailure["stage"], Failure["reason"]][] = [
    ["import", "import_failed"],
    ["make", "make_failed"],
    ["reset", "reset_failed"],
    ["step", "step_failed"],
    ["draw", "draw_failed"],
    ["policy", "policy_failed"],
    ["runtime", "runtime_failed"],
    ["worker", "worker_crashed"],
  ];

  it.each(stages)("reports a failure of %s as %s, and stops", async (stage, reason) => {
    await playing();
    await worked({ type: "failed", run: run(), failure: { stage, problem: "p", detail: "Traceback" } });
    expect(outcome).toEqual([{ scene_id: "drive", reason, problem: "p", detail: "Traceback" }]);
    expect(worker.last("close")).toBeDefined();
    expect(renderer.destroyed).toBe(true);
    expect(listening).toBe(false);
  });

  it("reports a worker that crashed before the game was shown", async () => {
    worker.dispatch("error", new Event("error"));
    start();
    await settled();
    expect(outcome).toMatchObject([{ reason: "worker_crashed" }]);
  });

  it("reports a picture that cannot be drawn, and has recorded its frame", async () => {
    await playing();
    renderer.apply = () => {
      throw new Error("no such primitive");
    };
    await tick(0, { draw: { full: true, set: [], drop: [] }, chunks: chunk(0) });
    expect(outcome).toMatchObject([{ reason: "draw_failed", problem: "Error: no such primitive" }]);
    expect(kinds()).toContain("chunk");
  });

  it("reports a renderer that cannot be made", async () => {
    noRenderer = true;
    await playing();
    expect(outcome).toMatchObject([{ reason: "draw_failed", problem: "Error: no canvas" }]);
  });

  it("cuts a traceback to what the server takes, and keeps its end", async () => {
    await playing();
    const detail = `${"x".repeat(30_000)}the end`;
    await worked({ type: "failed", run: run(), failure: { stage: "step", problem: "p", detail } });
    const [failure] = outcome as Failure[];
    expect(failure?.detail?.length).toBe(20_000);
    expect(failure?.detail?.endsWith("the end")).toBe(true);
  });

  it("hears nothing more after it was closed", async () => {
    const game = await playing();
    game.close();
    await tick(0, { chunks: chunk(0) });
    await worked({ type: "failed", run: run(), failure: { stage: "step", problem: "", detail: "" } });
    expect(outcome).toEqual([]);
    expect(put).toEqual([]);
  });
});

describe("GameRun, playing", () => {
  it("starts the clock of the worker and the keys with the button", async () => {
    await playing();
    expect(worker.last("play")).toEqual({ type: "play", run: run(), fps: 10 });
    expect(keysOf).toEqual(["a", "b"]);
    expect(listening).toBe(true);
    press({ down: ["a"], presses: [{ id: 1, key: "a", t: 12 }] });
    const presses = [{ id: 1, key: "a", t: ORIGIN + 12 }];
    expect(worker.last("input")).toEqual({ type: "input", down: ["a"], presses, focused: true });
  });

  it("draws what comes, with its words beside it", async () => {
    await playing();
    await tick(0, { draw: { full: true, set: [], drop: [] }, hud: "Score 3" });
    expect(renderer.drawn).toEqual([{ full: true, set: [], drop: [] }]);
    expect(document.querySelector(".hud")?.textContent).toBe("Score 3");
  });

  it("writes each chunk down as it comes, and the episode's end after its last one", async () => {
    await playing();
    await tick(9, { chunks: chunk(0) });
    await tick(19, { chunks: chunk(1), over: "terminated" });
    expect(kinds()).toEqual(["chunk", "chunk", "experience", "experience", "episode_end"]);
    expect(put[0] as Chunk).toMatchObject({ session_id: "s1", episode: 0, generation: 3, index: 0, data: "AQ==" });
    expect(put.at(-1)).toMatchObject({ episode: 0, generation: 3, frames: 20, end_reason: "terminated" });
  });

  it("ends an episode in a hidden tab too, where nothing is painted", async () => {
    await playing();
    renderer.paints = false;
    await tick(0, { chunks: chunk(0), over: "max_steps" });
    expect(kinds()).toEqual(["chunk"]);
    await clock.run(1000);
    expect(kinds()).toEqual(["chunk", "experience", "episode_end"]);
  });

  it("rests between episodes, while the next one is made", async () => {
    await playing();
    await tick(0, { over: "terminated" });
    expect(worker.last("begin")).toMatchObject({ episode: 1, chunks: [] });
    expect(text()).toContain("Episode 2 of 2");
    expect(text()).toContain("Starts in 2");
    expect(listening).toBe(false);
    await begun();
    expect(worker.heard.filter((message) => message.type === "play").length).toBe(1);
    await clock.run(2000, 500);
    expect(worker.heard.filter((message) => message.type === "play").length).toBe(2);
    expect(document.querySelector<HTMLElement>(".veil")?.hidden).toBe(true);
    expect(listening).toBe(true);
  });

  it("is done when the last episode has been acknowledged", async () => {
    await playing();
    await tick(0, { over: "terminated" });
    await begun();
    await clock.run(2000, 500);
    let acknowledge: () => void = () => undefined;
    drained = new Promise((resolve) => (acknowledge = resolve));
    await tick(0, { over: "truncated" });
    expect(put.at(-1)).toMatchObject({ kind: "episode_end", episode: 1, end_reason: "truncated" });
    expect(text()).toContain("Saving");
    expect([outcome, underway]).toEqual([[], [true, false]]);
    acknowledge();
    await settled();
    expect(outcome).toEqual(["done"]);
  });

  it("ends an episode whose last frame was recorded before a reload, without a tick", async () => {
    resume = async () => ({ episode: 1, generation: 4, chunks: ["AQ=="] });
    start();
    await settled();
    await worked({ type: "loaded", ms: 1 });
    await worked({ type: "opened", run: run() });
    await begun({ frame: 49, over: "terminated" });
    await pressStart();
    expect(worker.last("play")).toBeUndefined();
    expect(put).toEqual([
      { kind: "episode_end", session_id: "s1", episode: 1, generation: 4, frames: 50, end_reason: "terminated" },
    ]);
    expect(outcome).toEqual(["done"]);
  });
});
