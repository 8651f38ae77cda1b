import { beforeEach, describe, expect, it } from "vitest";

import { FRAME_CONTROL, FRAME_DATAGRAM, FRAME_DEAF, FRAME_PING, FRAME_PONG, RELAY_SERVER } from "../../src/protocol.gen";
import { batchOf, entriesIn } from "../../src/worker/batch";
import { framesIn } from "../../src/worker/frames";
import { MatchPlayer, type NetGame } from "../../src/worker/match";
import type { FromWorker, MatchEvent, MatchFrame, MatchPacket, Move, Press } from "../../src/worker/messages";
import { FakeClock, MATCH, MATCH_PAGE } from "../fakes";

const ORIGIN = 1_000_000;
const TICK = 0.05; // seconds

/** Python's side: a tick every 50 ms once it has met, and whatever the test wants of it. */
class FakeNetGame implements NetGame {
  readonly calls: [string, ...unknown[]][] = [];
  answer: (now: number) => Partial<MatchFrame> | Extract<MatchPacket, { error: unknown }> = () => ({});
  wanted: number | undefined = undefined; // what receive() returns
  out: number[][] = [];
  closed = false;
  private due = 0;

  meet(now: number): void {
    this.calls.push(["meet", now]);
    this.due = now + TICK;
  }

  receive(peer: number, payload: Uint8Array, now: number): number | undefined {
    this.calls.push(["receive", peer, [...payload], now]);
    return this.wanted;
  }

  receiveControl(peer: number, payload: Uint8Array, now: number): void {
    this.calls.push(["receiveControl", peer, [...payload], now]);
  }

  ready(now: number): void {
    this.calls.push(["ready", now]);
  }

  leave(now: number): void {
    this.calls.push(["leave", now]);
  }

  advance(now: number, input: string): string {
    this.calls.push(["advance", now, JSON.parse(input)]);
    const due = Math.min(now, this.due);
    if (now >= this.due) this.due += TICK;
    return JSON.stringify({ ...NOTHING, due, next: this.due, ...this.answer(now) });
  }

  outgoing(): Uint8Array {
    return Uint8Array.from(this.out.splice(0).flat());
  }

  chunk(index: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.of(index, index);
  }

  pixels(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(4);
  }

  retire(): void {
    this.calls.push(["retire"]);
  }

  linger(now: number): boolean {
    this.calls.push(["linger", now]);
    return true;
  }

  close(): void {
    this.closed = true;
  }

  /** When time passed, in ms. */
  get advances(): number[] {
    return this.calls.filter(([name]) => name === "advance").map(([, now]) => Math.round((now as number) * 1000));
  }

  get inputs(): { down: string[]; pressed: string[] }[] {
    return this.calls.filter(([name]) => name === "advance").map((call) => call[2] as never);
  }
}

const NOTHING: MatchFrame = {
  ...{ next: 0, episode: 0, frame: -1, acts: null, draw: null, pixels: null, hud: null, corrected: false },
  ...{ ticked: false, due: 0, step_ms: 0, predicted: 0, rollback: 0, rollback_ms: 0, chunks: [], events: [] },
};

let clock: FakeClock;
let python: FakeNetGame;
let said: FromWorker[];
let hops: (() => void)[];
let player: MatchPlayer;

beforeEach(() => {
  [clock, python, said, hops] = [new FakeClock(), new FakeNetGame(), [], []];
  const post = (message: FromWorker): void => void said.push(message);
  const hop = (callback: () => void): void => void hops.push(callback);
  player = new MatchPlayer(1, python, MATCH, MATCH_PAGE.game, null, { post, clock, origin: ORIGIN, hop });
});

/** Runs what has asked to be run soon. */
function loop(): void {
  for (let hop = hops.shift(); hop; hop = hops.shift()) hop();
}

/** Time passes in steps of a millisecond. */
function pass(ms: number): void {
  for (let gone = 0; gone < ms; gone += 1) {
    clock.advance(1);
    loop();
  }
}

function moves(): Move[] {
  return said.flatMap((message) => (message.type === "moved" ? [message.move] : []));
}

function relayed(): { peer: number; frame: number[] }[] {
  const entries = said.flatMap((message) => (message.type === "relay" ? [...entriesIn(message.batch)] : []));
  return entries.map(({ peer, frame }) => ({ peer, frame: [...frame] }));
}

function arrived(...frame: number[]): void {
  player.link({ type: "relayed", run: 1, batch: batchOf([{ peer: 1, frame: Uint8Array.from(frame) }]) });
}

const press = (id: number, key: string): Press => ({ id, key, t: 0 });

describe("MatchPlayer, the clock", () => {
  it("lets no time pass before everybody is connected with everybody", () => {
    pass(500);
    expect(python.calls).toEqual([]);
    player.meet();
    loop();
    expect(python.calls.map(([name]) => name)).toEqual(["meet", "advance"]);
  });

  it("wakes when Python wants to be called, not a period after the last time", () => {
    clock.lag = 3;
    player.meet();
    loop();
    pass(1000);
    const late = python.advances.slice(1).map((now) => now % 50);
    expect(python.advances.length).toBe(20);
    expect(Math.max(...late)).toBeLessThanOrEqual(4);
  });

  it("says for when a tick was due, and when it was taken", () => {
    clock.lag = 2;
    python.answer = () => ({ ticked: true, frame: 0 });
    player.meet();
    loop();
    pass(60);
    const { due, sampled, executed } = moves()[1] as Move;
    expect([due, sampled, executed].map((time) => time - ORIGIN)).toEqual([50, 52, 52]);
  });

  it("tells the page what is left to record when the participant goes, and the partners nothing", () => {
    player.meet();
    loop();
    python.answer = () => ({ chunks: [{ episode: 0, index: 2, first: 40, rows: 12, digest: "d" }] });
    python.out = [[1, 1, 0, 1, 9]];
    player.leave();
    expect(python.calls.slice(-2).map(([name]) => name)).toEqual(["leave", "advance"]);
    expect(moves().map(({ chunks }) => chunks)).toEqual([[Uint8Array.of(0, 0)]]);
    expect(python.out.length).toBe(1);
  });

  it("has nothing left to record of a match that has not begun", () => {
    player.leave();
    expect([python.calls, moves()]).toEqual([[], []]);
  });

  it("does not wait for the deadline when there is something to answer", () => {
    player.meet();
    loop();
    pass(10);
    arrived(FRAME_CONTROL, 7);
    arrived(FRAME_CONTROL, 8);
    loop();
    player.ready();
    loop();
    expect(python.advances).toEqual([0, 10, 10]);
    expect(python.calls.slice(2).map(([name]) => name)).toEqual([
      ...["receiveControl", "receiveControl", "advance", "ready", "advance"],
    ]);
    pass(45);
    expect(python.advances.at(-1)).toBe(50);
  });

  it.each([
    { wanted: 0.03, times: [30, 50, 100] },
    { wanted: 0.01, times: [20, 50, 100] }, // that is past
    { wanted: -Infinity, times: [20, 50, 100] },
    { wanted: 0.08, times: [50, 100] },
    { wanted: undefined, times: [50, 100] },
  ])("wakes earlier if Python wants that because of what has come: $wanted", ({ wanted, times }) => {
    player.meet();
    loop();
    pass(20);
    python.wanted = wanted;
    arrived(FRAME_DATAGRAM, 7);
    loop();
    pass(80);
    expect(python.advances.slice(1)).toEqual(times);
  });

  it("does not wake for what comes after Python has failed", () => {
    python.answer = () => ({ error: { stage: "step", problem: "no", detail: "" } });
    player.meet();
    loop();
    arrived(FRAME_DATAGRAM, 7);
    pass(100);
    expect(python.advances).toEqual([0]);
  });

  it("never makes Python's time run backwards, though ticks may begin a little early", () => {
    clock.lag = -0.5; // timers are cut to whole milliseconds
    python.answer = (now) => ({ next: now < 0.0505 ? 0.0505 : 1 });
    player.meet();
    loop();
    pass(50);
    loop();
    arrived(FRAME_DATAGRAM, 7);
    loop();
    const times = python.calls.map((call) => call.findLast((part) => typeof part === "number") as number);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(python.calls.at(-1)).toEqual(["receive", 1, [7], 0.0505]);
  });

  it("stops when it is closed, or when Python has failed", () => {
    const failure = { stage: "step" as const, problem: "no", detail: "" };
    python.answer = () => ({ error: failure });
    player.meet();
    loop();
    pass(500);
    expect(said.filter(({ type }) => type === "failed")).toEqual([{ type: "failed", run: 1, failure }]);
    expect(python.advances.length).toBe(1);
    player.close();
    expect(python.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe("MatchPlayer, input", () => {
  it("keeps presses until a packet says that inputs were sampled", () => {
    player.meet();
    loop();
    player.input({ down: ["a"], presses: [press(1, "a")], focused: true });
    pass(50);
    player.input({ down: [], presses: [press(2, "b")], focused: true });
    python.answer = () => ({ acts: 3, frame: 1 });
    pass(101);
    expect(python.inputs.map(({ pressed }) => pressed)).toEqual([[], ["a"], ["a", "b"], []]);
    expect(moves().map((move) => move.presses.map(({ id }) => id))).toEqual([[1, 2], []]);
  });

  it("forgets what was pressed for an episode that is over", () => {
    player.meet();
    loop();
    player.input({ down: [], presses: [press(1, "a")], focused: true });
    python.answer = () => ({ events: [{ type: "prepared", episode: 1 }] });
    pass(100);
    expect(python.inputs.map(({ pressed }) => pressed)).toEqual([[], ["a"], []]);
  });

  it.each([
    [{ type: "unheld", at: 0 }, []],
    [{ type: "returned", peer: 0, frame: 9 }, []],
    [{ type: "returned", peer: 1, frame: 9 }, ["a"]], // the game went on here
  ] as const)("forgets what was pressed while the game stood: %j", (event, pressed) => {
    player.meet();
    loop();
    player.input({ down: [], presses: [press(1, "a")], focused: true });
    python.answer = () => ({ events: [event] });
    pass(50);
    python.answer = () => ({ acts: 3 });
    pass(50);
    expect(python.inputs.at(-1)?.pressed).toEqual(pressed);
  });
});

describe("MatchPlayer, frames", () => {
  it("gives Python what the links receive, and nothing before it has met", () => {
    arrived(FRAME_CONTROL, 1);
    expect(python.calls).toEqual([]);
    player.meet();
    loop();
    arrived(FRAME_DATAGRAM, 2, 3);
    loop();
    expect(python.calls.at(-1)).toEqual(["receive", 1, [2, 3], 0]);
  });

  it("gives it of what has piled up all control frames, and the newest datagram", () => {
    player.meet();
    loop();
    python.calls.length = 0;
    for (const number of [1, 2, 3]) {
      arrived(FRAME_DATAGRAM, number);
      arrived(FRAME_CONTROL, 10 + number);
    }
    loop();
    expect(python.calls.map(([name, , payload]) => [name, payload])).toEqual([
      ["receive", [3]],
      ...[11, 12, 13].map((number) => ["receiveControl", [number]]),
      ["advance", { down: [], pressed: [], focused: true }],
    ]);
  });

  it("gives it what is there before time passes, and nothing once it is closed", () => {
    player.meet();
    loop();
    pass(49);
    arrived(FRAME_DATAGRAM, 1);
    clock.advance(1);
    hops.pop()?.(); // the one of the tick, and not the one of the frame
    expect(python.calls.slice(-2).map(([name]) => name)).toEqual(["receive", "advance"]);
    arrived(FRAME_DATAGRAM, 2);
    player.close();
    const calls = python.calls.length;
    loop();
    expect(python.calls.length).toBe(calls);
  });

  it("sends what Python has to say, after every call, in one message", () => {
    arrived(FRAME_PING, 0, 0, 0, 1); // somebody is there
    said.length = 0;
    python.out = [
      [1, FRAME_CONTROL, 0, 2, 8, 9],
      [RELAY_SERVER, FRAME_CONTROL, 0, 1, 5],
    ];
    player.meet();
    loop();
    const [tag, ours] = [(frame: number[]) => (frame[0] ?? 0) & ~FRAME_DEAF, [FRAME_CONTROL, FRAME_DATAGRAM]];
    expect(said.filter(({ type }) => type === "relay").length).toBe(1);
    const frames = relayed().filter(({ frame }) => ours.includes(tag(frame)));
    expect(frames.map(({ peer, frame }) => [peer, tag(frame), ...frame.slice(1)])).toEqual([
      [1, FRAME_CONTROL, 8, 9],
      [RELAY_SERVER, FRAME_CONTROL, 5],
    ]);
  });

  it("says when everybody is connected, once", () => {
    pass(10);
    for (let round = 0; round < 3; round += 1) {
      const pings = relayed().filter(({ frame }) => ((frame[0] ?? 0) & ~FRAME_DEAF) === FRAME_PING);
      const ping = pings.at(-1)?.frame ?? [];
      arrived(FRAME_PONG, ...ping.slice(1));
      pass(1000);
    }
    expect(said.filter(({ type }) => type === "connected")).toMatchObject([
      { type: "connected", run: 1, rtts: { 1: 10 } },
    ]);
  });

  it("tells the page only what it has to do something about", () => {
    player.meet();
    loop();
    pass(200);
    expect(moves()).toEqual([]);
    const chunk = { episode: 0, index: 0, first: -1, rows: 2, digest: "d" };
    python.answer = () => ({ chunks: [chunk], pixels: [1, 1] });
    pass(50);
    expect(moves()).toMatchObject([{ chunks: [Uint8Array.of(0, 0)] }]);
    expect(moves()[0]?.pixels?.byteLength).toBe(4);
  });

  it("tells times as the page counts them, of events as of ticks", () => {
    const held: MatchEvent = { type: "held", frame: 3, why: "silence", peers: [1], until: 5000 };
    python.answer = () => ({ events: [held, { ...held, until: null }, { type: "unheld", at: 7 }] });
    player.meet();
    loop();
    const { events } = JSON.parse(moves()[0]?.packet ?? "") as MatchFrame;
    expect(events).toEqual([
      { ...held, until: ORIGIN + 5000 },
      { ...held, until: null },
      { type: "unheld", at: ORIGIN + 7 },
    ]);
  });

  it("takes a blob of Python's apart", () => {
    const long = Array.from({ length: 300 }, () => 1);
    const blob = Uint8Array.from([3, FRAME_CONTROL, 1, 44, ...long, 2, FRAME_DATAGRAM, 0, 0]);
    expect([...framesIn(blob)].map(({ peer, tag, payload }) => [peer, tag, payload.length])).toEqual([
      [3, FRAME_CONTROL, 300],
      [2, FRAME_DATAGRAM, 0],
    ]);
  });
});
