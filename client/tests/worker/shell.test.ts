import { beforeEach, describe, expect, it } from "vitest";

import { FRAME_CONTROL } from "../../src/protocol.gen";
import { batchOf } from "../../src/worker/batch";
import type { NetGame } from "../../src/worker/match";
import type { FramePacket, FromWorker, Packet, RuntimeSource } from "../../src/worker/messages";
import type { Play } from "../../src/worker/player";
import { Shell, type LoadPython } from "../../src/worker/shell";
import { FakeClock, MATCH, MATCH_PAGE, settled } from "../fakes";

const SOURCE: RuntimeSource = { pyodide: "/p/", pyodideBytes: 1, packages: [], archive: { url: "/a.tar", bytes: 1 } };

function frame(number: number, more: Partial<FramePacket> = {}): FramePacket {
  return { frame: number, draw: null, pixels: null, hud: null, step_ms: 1, over: null, chunks: [], ...more };
}

/** Python's side: frames of an episode of `length` steps, and what it was told. */
class FakePlay implements Play {
  readonly inputs: unknown[] = [];
  readonly begun: unknown[] = [];
  closed = false;
  private at = -1;

  constructor(private readonly answer: (at: number) => Packet) {}

  begin(...args: [number, Uint8Array[]]): string {
    this.begun.push(args);
    this.at = -1;
    return JSON.stringify(this.answer(-1));
  }

  tick(input: string): string {
    this.inputs.push(JSON.parse(input));
    return JSON.stringify(this.answer(++this.at));
  }

  chunk(index: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.of(index, index);
  }

  pixels(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(4);
  }

  close(): void {
    this.closed = true;
  }
}

/** A match that has come to its end. */
class FakeRetired implements NetGame {
  idle = false;
  retired = false;
  closed = false;
  readonly heard: number[][] = [];

  meet(): void {}
  ready(): void {}
  leave(): void {}

  receive(): undefined {
    return undefined;
  }

  receiveControl(peer: number, payload: Uint8Array): void {
    this.heard.push([peer, ...payload]);
  }

  advance(): string {
    throw new Error("it has ended");
  }

  retire(): void {
    this.retired = true;
  }

  linger(): boolean {
    return this.idle;
  }

  outgoing(): Uint8Array {
    return new Uint8Array();
  }

  chunk(): Uint8Array<ArrayBuffer> {
    return new Uint8Array();
  }

  pixels(): Uint8Array<ArrayBuffer> {
    return new Uint8Array();
  }

  close(): void {
    this.closed = true;
  }
}

function noMatch(): never {
  throw new Error("no match");
}

let clock: FakeClock;
let said: FromWorker[];
let transferred: ArrayBuffer[];

function shellWith(load: LoadPython): Shell {
  return new Shell(
    load,
    (message, transfer) => {
      said.push(message);
      transferred.push(...transfer);
    },
    clock,
    1_000_000,
    (callback) => callback(),
  );
}

async function opened(play: Play): Promise<Shell> {
  const shell = shellWith(async () => ({ open: () => play, prepare: noMatch, match: noMatch }));
  shell.handle({ type: "load", source: SOURCE });
  await settled();
  shell.handle({ type: "open", run: 1, game: "{}", session: "{}" });
  return shell;
}

function types(): string[] {
  return said.map((message) => message.type);
}

function ticks(): Extract<FromWorker, { type: "ticked" }>["tick"][] {
  return said.flatMap((message) => (message.type === "ticked" ? [message.tick] : []));
}

beforeEach(() => {
  clock = new FakeClock();
  said = [];
  transferred = [];
});

describe("Shell", () => {
  it("loads, opens, begins, and ticks only when told to play", async () => {
    const play = new FakePlay(frame);
    const shell = await opened(play);
    shell.handle({ type: "begin", run: 1, episode: 2, chunks: [] });
    clock.advance(1000);
    expect(types()).toEqual(["loaded", "opened", "begun"]);
    expect(play.begun).toEqual([[2, []]]);
    shell.handle({ type: "play", run: 1, fps: 10 });
    clock.advance(1000);
    expect(ticks().map((tick) => (JSON.parse(tick.packet) as FramePacket).frame)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  it("stops with the frame that ends the episode", async () => {
    const shell = await opened(new FakePlay((at) => frame(at, { over: at === 3 ? "terminated" : null })));
    shell.handle({ type: "begin", run: 1, episode: 0, chunks: [] });
    shell.handle({ type: "play", run: 1, fps: 10 });
    clock.advance(5000);
    expect(ticks().length).toBe(4);
    expect(clock.pending).toBe(0);
  });

  it("gives every press to exactly one tick, and the keys that are held to all", async () => {
    const play = new FakePlay(frame);
    const shell = await opened(play);
    shell.handle({ type: "begin", run: 1, episode: 0, chunks: [] });
    shell.handle({ type: "play", run: 1, fps: 10 });
    shell.handle({ type: "input", down: ["a"], presses: [{ id: 1, key: "a", t: 5 }], focused: true });
    shell.handle({ type: "input", down: ["a"], presses: [{ id: 2, key: "b", t: 6 }], focused: true });
    clock.advance(200);
    expect(play.inputs).toEqual([
      { down: ["a"], pressed: ["a", "b"], focused: true },
      { down: ["a"], pressed: [], focused: true },
    ]);
    expect(ticks().map((tick) => tick.presses.map((press) => press.id))).toEqual([[1, 2], []]);
  });

  it("stamps each tick with absolute times", async () => {
    const shell = await opened(new FakePlay(frame));
    shell.handle({ type: "begin", run: 1, episode: 0, chunks: [] });
    clock.lag = 2;
    shell.handle({ type: "play", run: 1, fps: 10 });
    clock.advance(110);
    expect(ticks()[0]).toMatchObject({ due: 1_000_100, sampled: 1_000_102, executed: 1_000_102 });
  });

  it("sends chunks as bytes and pixels as a buffer, transferred both", async () => {
    const chunk = { index: 0, first: -1, rows: 2, digest: "d" };
    const shell = await opened(new FakePlay((at) => frame(at, { chunks: [chunk], pixels: [1, 1] })));
    shell.handle({ type: "begin", run: 1, episode: 0, chunks: [] });
    shell.handle({ type: "play", run: 1, fps: 10 });
    clock.advance(100);
    const [tick] = ticks();
    expect(tick?.chunks).toEqual([Uint8Array.of(0, 0)]);
    expect(tick?.pixels?.byteLength).toBe(4);
    expect(transferred.length).toBe(4);
  });

  it("reports what the environment raised, and ticks no more", async () => {
    const failure = { stage: "step" as const, problem: "no", detail: "Traceback" };
    const shell = await opened(new FakePlay((at) => (at < 2 ? frame(at) : { error: failure })));
    shell.handle({ type: "begin", run: 1, episode: 0, chunks: [] });
    shell.handle({ type: "play", run: 1, fps: 10 });
    clock.advance(5000);
    expect(said.at(-1)).toEqual({ type: "failed", run: 1, failure });
    expect(clock.pending).toBe(0);
  });

  it("reports an import that fails with the last line of its traceback", async () => {
    const load: LoadPython = async () => ({
      open: () => {
        throw new Error("Traceback\n  ...\nModuleNotFoundError: No module named 'kitchen'\n");
      },
      ...{ prepare: noMatch, match: noMatch },
    });
    const shell = shellWith(load);
    shell.handle({ type: "load", source: SOURCE });
    await settled();
    shell.handle({ type: "open", run: 1, game: "{}", session: "{}" });
    const problem = "ModuleNotFoundError: No module named 'kitchen'";
    expect(said.at(-1)).toMatchObject({ type: "failed", run: 1, failure: { stage: "import", problem } });
  });

  it("reports a runtime that does not load, for all games", async () => {
    const shell = shellWith(() => Promise.reject(new Error("out of memory")));
    shell.handle({ type: "load", source: SOURCE });
    await settled();
    expect(said).toMatchObject([
      { type: "failed", run: null, failure: { stage: "runtime", problem: "out of memory" } },
    ]);
  });

  it("closes a game for good: what is said about it later means nothing", async () => {
    const play = new FakePlay(frame);
    const shell = await opened(play);
    shell.handle({ type: "begin", run: 1, episode: 0, chunks: [] });
    shell.handle({ type: "play", run: 1, fps: 10 });
    shell.handle({ type: "close" });
    shell.handle({ type: "play", run: 1, fps: 10 });
    clock.advance(1000);
    expect(play.closed).toBe(true);
    expect(ticks()).toEqual([]);
  });

  it("prepares a game as soon as Python is there, after it has said that", async () => {
    const prepared: [string, string[]][] = [];
    const prepare = (game: string): number | null => (prepared.push([game, types()]) > 1 ? null : 2.5);
    const shell = shellWith(async () => ({ open: noMatch, prepare, match: noMatch }));
    shell.handle({ type: "load", source: SOURCE });
    shell.handle({ type: "prepare", run: 1, game: "{}" });
    expect(prepared).toEqual([]);
    await settled();
    expect(prepared).toEqual([["{}", ["loaded"]]]);
    shell.handle({ type: "prepare", run: 2, game: "[]" });
    expect(prepared[1]?.[0]).toBe("[]");
    expect(said.slice(-2)).toEqual([
      { type: "measured", run: 1, speed: 2.5 },
      { type: "measured", run: 2, speed: null },
    ]);
  });

  it("reports a game that cannot be prepared", async () => {
    const shell = shellWith(async () => ({ open: noMatch, prepare: noMatch, match: noMatch }));
    shell.handle({ type: "load", source: SOURCE });
    await settled();
    shell.handle({ type: "prepare", run: 3, game: "{}" });
    expect(said.at(-1)).toMatchObject({ type: "failed", run: 3, failure: { stage: "import", problem: "no match" } });
  });

  it("answers the partners of the last match while the next one is open", async () => {
    const games: FakeRetired[] = [];
    const match = (): FakeRetired => games[games.push(new FakeRetired()) - 1] as FakeRetired;
    const shell = shellWith(async () => ({ open: noMatch, prepare: () => null, match }));
    shell.handle({ type: "load", source: SOURCE });
    await settled();
    const game = JSON.stringify(MATCH_PAGE.game);
    const open = (run: number): void =>
      shell.handle({ type: "match", run, game, match: MATCH, chunks: [], impairment: null });
    const about = (run: number): string[] => said.flatMap((it) => ("run" in it && it.run === run ? [it.type] : []));
    open(1);
    shell.handle({ type: "meet", run: 1 });
    shell.handle({ type: "retire", run: 1 });
    open(2);
    expect(games.map(({ retired, closed }) => [retired, closed])).toEqual([
      [true, false],
      [false, false],
    ]);
    shell.handle({ type: "relayed", run: 1, batch: batchOf([{ peer: 1, frame: Uint8Array.of(FRAME_CONTROL, 5) }]) });
    expect(games[0]?.heard).toEqual([[1, 5]]);
    expect(about(1)).not.toContain("acknowledged");
    games.forEach((game) => (game.idle = true));
    clock.advance(100);
    expect(about(1)).toContain("acknowledged");
    shell.handle({ type: "close" });
    expect(games.map(({ closed }) => closed)).toEqual([false, true]);
    clock.advance(1000);
    expect(games[0]?.closed).toBe(true);
    expect(about(1).filter((type) => type === "forgotten" || type === "acknowledged")).toEqual([
      ...["acknowledged", "forgotten"],
    ]);
    expect(clock.pending).toBe(0);
  });

  it("closes a match that the participant leaves for good, and says that nothing more comes", async () => {
    const game = new FakeRetired();
    const shell = shellWith(async () => ({ open: noMatch, prepare: () => null, match: () => game }));
    shell.handle({ type: "load", source: SOURCE });
    await settled();
    const message = { type: "match", run: 1, game: JSON.stringify(MATCH_PAGE.game), match: MATCH } as const;
    shell.handle({ ...message, chunks: [], impairment: null });
    shell.handle({ type: "leave", run: 2 });
    expect(game.closed).toBe(false);
    shell.handle({ type: "leave", run: 1 });
    expect([game.closed, said.at(-1)]).toEqual([true, { type: "forgotten", run: 1 }]);
    expect(clock.pending).toBe(0);
  });

  it("forgets a match after a while, though nobody has acknowledged its end", async () => {
    const game = new FakeRetired();
    const shell = shellWith(async () => ({ open: noMatch, prepare: () => null, match: () => game }));
    shell.handle({ type: "load", source: SOURCE });
    await settled();
    const opened = { run: 1, game: JSON.stringify(MATCH_PAGE.game), match: MATCH, chunks: [], impairment: null };
    shell.handle({ type: "match", ...opened });
    shell.handle({ type: "retire", run: 1 });
    clock.advance(5_000);
    expect(game.closed).toBe(false);
    clock.advance(6_000);
    expect(game.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("answers nothing about an older game than the open one", async () => {
    const shell = await opened(new FakePlay(frame));
    shell.handle({ type: "open", run: 2, game: "{}", session: "{}" });
    shell.handle({ type: "begin", run: 1, episode: 0, chunks: [] });
    expect(types()).toEqual(["loaded", "opened", "opened"]);
  });
});
