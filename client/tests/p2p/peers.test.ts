import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { TABLE } from "../../src/p2p/pair";
import { Peers } from "../../src/p2p/peers";
import { FRAME_CONTROL, FRAME_DATAGRAM, FRAME_PONG, type Match, type Signal } from "../../src/protocol.gen";
import type { ToWorker } from "../../src/worker/messages";
import { FakeClock } from "../fakes";
import { FakeRtc, matchOf } from "./fakes";

const OF_REPAIRS = ["link_repair", "direct_lost", "direct_restored"];

/** A page, its worker's ear, and its part of the signaling. */
class Side {
  readonly rtcs: FakeRtc[] = [];
  readonly told: ToWorker[] = [];
  readonly sent: Signal[] = [];
  readonly reports: [name: string, severity: string, reason: string][] = [];
  readonly repairs: Record<string, unknown>[] = [];
  readonly tries: (string | null)[] = [];
  readonly peers: Peers;
  socketIsUp = true;
  hands = true;
  webrtc: "there" | "missing" | "broken" = "there";
  other: Side | null = null;

  constructor(
    readonly peer: number,
    match: Partial<Match> = {},
  ) {
    this.peers = new Peers(matchOf(peer, match), {
      ...{ run: 1, clock },
      signal: (signal) => this.signal(signal),
      toWorker: (message) => this.tell(message),
      report: (name, severity, reason, data) => {
        if (OF_REPAIRS.includes(name)) this.repairs.push({ name, reason, ...data });
        else this.reports.push([name, severity, reason]);
      },
      repairing: (_, kind) => this.tries.push(kind),
      createConnection: (config) => this.create(config),
    });
  }

  /** The newest connection: the first one is only tried. */
  get rtc(): FakeRtc {
    return this.rtcs.at(-1) as FakeRtc;
  }

  get links(): string[] {
    return this.told.flatMap((message) => (message.type === "channels" ? [message.link] : []));
  }

  /** Of all channels that were made: whether the worker got them. */
  get handed(): boolean[] {
    return this.told.flatMap((message) => (message.type === "channels" ? [message.channels !== null] : []));
  }

  whats(): string[] {
    return this.sent.map(({ what }) => what);
  }

  /** The worker hears the partner directly, or not. */
  hears(up: boolean): void {
    this.peers.fromWorker({ type: "direct", run: 1, peer: 1 - this.peer, up });
  }

  private create(config: RTCConfiguration): RTCPeerConnection | null {
    if (this.webrtc === "missing") return null;
    if (this.webrtc === "broken") throw new Error("switched off");
    this.rtcs.push(new FakeRtc(config, `${this.peer}.${this.rtcs.length}`));
    return this.rtc as unknown as RTCPeerConnection;
  }

  private signal(signal: Signal): void {
    if (!this.socketIsUp) return;
    this.sent.push(signal);
    this.other?.peers.signalled({ ...signal, peer: this.peer });
  }

  private tell(message: ToWorker): void {
    if (message.type === "channels" && message.channels !== null && !this.hands) throw new TypeError("no");
    this.told.push(message);
  }
}

let clock: FakeClock;
let left: Side;
let right: Side;

function meet(match: Partial<Match> = {}): void {
  [left, right] = [new Side(0, match), new Side(1, match)];
  [left.other, right.other] = [right, left];
}

async function start(): Promise<void> {
  for (const side of [left, right]) side.peers.start();
  await soon();
}

/** The newest connection stands, on both sides. */
async function stand(): Promise<void> {
  for (const side of [left, right]) {
    side.rtc.become("connected");
    side.hears(true);
  }
  await soon();
}

/** Whatever the fakes promised has come to pass. */
async function soon(): Promise<void> {
  for (let round = 0; round < 50; round += 1) await Promise.resolve();
}

async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 100) {
    clock.advance(Math.min(100, ms - gone));
    await soon();
  }
}

beforeEach(() => {
  clock = new FakeClock();
  meet();
});

describe("Peers that connect", () => {
  it("offer from the lower one, answer, and hand both channels over before anything is said", async () => {
    await start();
    expect(left.whats()).toEqual(["offer"]);
    expect(right.whats()).toEqual(["answer"]);
    expect(left.links).toEqual(right.links);
    expect(left.sent[0]?.link).toBe(left.links[0]);
    expect(left.rtc.remoteDescription?.sdp).toBe("answer of 1.1 to offer 1 of 0.1");
    expect(left.told[0]).toMatchObject({ type: "channels", run: 1, peer: 1 });
    expect([left.rtc.channels.length, right.rtc.channels.length]).toEqual([2, 2]);
    await stand();
    await pass(60_000);
    expect(left.whats()).toEqual(["offer"]);
    expect(right.whats()).toEqual(["answer"]);
  });

  it("tell each other the candidates as they find them", async () => {
    await start();
    left.rtc.find("l1");
    right.rtc.find("r1");
    left.rtc.find("l2");
    await soon();
    expect(right.rtc.candidates).toEqual([{ candidate: "l1" }, { candidate: "l2" }]);
    expect(left.rtc.candidates).toEqual([{ candidate: "r1" }]);
  });

  it("keep candidates that come before their description", async () => {
    right.socketIsUp = false;
    await start();
    const [link] = left.links;
    const about = { session_id: "s", peer: 1, link: link as string };
    left.peers.signalled({ ...about, what: "candidate", data: '{"candidate":"r1"}' });
    await soon();
    expect(left.rtc.candidates).toEqual([]);
    left.peers.signalled({ ...about, what: "answer", data: "answer" });
    left.peers.signalled({ ...about, what: "candidate", data: '{"candidate":"r2"}' }); // while it is being set
    await soon();
    expect(left.rtc.candidates).toEqual([{ candidate: "r1" }, { candidate: "r2" }]);
    expect(left.reports).toEqual([]);
  });

  it("ask for an offer that does not come", async () => {
    right.peers.start();
    await pass(1600);
    expect(right.whats()).toEqual(["ask"]);
    left.peers.start();
    await soon();
    expect(right.whats()).toEqual(["ask", "answer"]);
  });

  it("ask at once when they return to a game, and get a new connection though the old one seemed to stand", async () => {
    await start();
    await stand();
    await pass(10_000);
    const reloaded = new Side(1, { returning: true });
    [left.other, reloaded.other] = [reloaded, left];
    reloaded.peers.start();
    await soon();
    expect(reloaded.whats()).toEqual(["ask", "answer"]);
    expect(left.links.length).toBe(2);
    expect(left.told).toContainEqual({ type: "unlinked", run: 1, peer: 1, link: left.links[0] });
    expect(left.rtcs[1]?.signalingState).toBe("closed");
  });

  it("make one new connection, however often one is asked for", async () => {
    await start();
    await stand();
    await pass(10_000);
    for (let time = 0; time < 10; time += 1) {
      left.peers.signalled({ session_id: "s", peer: 1, link: "", what: "ask", data: "" });
      await soon();
    }
    expect(left.links.length).toBe(2);
  });

  it("are left alone by what is about connections that are gone, other sessions and strangers", async () => {
    await start();
    const old = left.sent[0] as Signal;
    await pass(20_000); // which never stood
    const [newest, candidates] = [right.links.at(-1), right.rtc.candidates.length];
    expect(newest).not.toBe(old.link);
    const count = right.rtcs.length;
    right.peers.signalled({ ...old, peer: 0 });
    right.peers.signalled({ ...old, peer: 0, what: "candidate", data: "{}" });
    right.peers.signalled({ ...old, peer: 0, link: "x", session_id: "another" });
    right.peers.signalled({ ...old, peer: 9, link: "x" });
    left.peers.signalled({ ...old, peer: 1, link: "x" }); // only the lower one offers
    left.peers.signalled({ ...old, peer: 1, what: "answer", data: "nonsense" });
    await soon();
    expect([right.rtcs.length, right.rtc.candidates.length]).toEqual([count, candidates]);
    expect(left.links.at(-1)).toBe(newest);
  });

  it("report what the browser does not take", async () => {
    await start();
    left.peers.signalled({ session_id: "s", peer: 1, link: left.links[0] ?? "", what: "candidate", data: "{" });
    await soon();
    expect(left.reports).toMatchObject([["signal_refused", "warning", expect.stringContaining("JSON")]]);
  });

  it("say again what they said while there was no socket", async () => {
    left.socketIsUp = false;
    await start();
    left.rtc.find("l1");
    left.socketIsUp = true;
    left.peers.linkedAgain();
    await soon();
    expect(left.whats()).toEqual(["offer", "candidate"]);
    expect(right.rtc.candidates).toEqual([{ candidate: "l1" }]);
    left.peers.linkedAgain();
    await soon();
    expect(right.whats()).toEqual(["answer", "answer"]);
    expect(right.rtc.answers).toBe(1);
    expect(left.reports).toEqual([]);
  });
});

describe("A connection in trouble", () => {
  beforeEach(async () => {
    await start();
    await stand();
  });

  it("is given a moment", async () => {
    left.hears(false);
    await pass(900);
    left.hears(true);
    await pass(5000);
    expect(left.rtc.restarts).toEqual([false]);
  });

  it("gets new ways first, by the lower peer, and keeps its channels", async () => {
    for (const side of [left, right]) side.hears(false);
    await pass(1100);
    expect(left.rtc.restarts).toEqual([false, true]);
    expect(right.rtc.remoteDescription?.sdp).toBe("offer 2 of 0.1");
    expect(left.rtc.remoteDescription?.sdp).toBe("answer of 1.1 to offer 2 of 0.1");
    for (const side of [left, right]) side.hears(true);
    await pass(60_000);
    expect([left.links.length, right.links.length]).toEqual([1, 1]);
    expect(right.whats()).not.toContain("ask");
  });

  it("is replaced by new ones, ever more patiently, until one stands, however long that takes", async () => {
    for (const side of [left, right]) side.hears(false);
    await pass(600_000);
    const attempts = left.links.length;
    expect(attempts).toBeGreaterThan(600 / 18); // 5 s, and at most 12.5 between two
    expect(attempts).toBeLessThan(600 / 10);
    expect(right.links).toEqual(left.links);
    expect(clock.pending).toBeLessThanOrEqual(4);
    await stand();
    await pass(60_000);
    expect(left.links.length).toBe(attempts);
    left.hears(false);
    await pass(1100);
    expect(left.rtc.restarts).toEqual([false, true]); // as if nothing had been
    await pass(6300);
    expect(left.links.length).toBe(attempts + 1);
  });

  it("is noticed by ICE as well, though nothing is said by the worker", async () => {
    left.rtc.become("disconnected");
    await pass(1100);
    expect(left.rtc.restarts).toEqual([false, true]);
    left.rtc.become("connected");
    await pass(30_000);
    expect(left.links.length).toBe(1);
  });

  it("gets new ways at once when ICE has failed, and time for them", async () => {
    for (const side of [left, right]) side.hears(false);
    for (const side of [left, right]) side.rtc.become("failed");
    await pass(4000);
    expect(left.rtc.restarts).toEqual([false, true]);
    expect([left.links.length, right.whats().includes("ask")]).toEqual([1, false]);
  });

  it("is replaced at once when its channels are closed", async () => {
    left.peers.fromWorker({ type: "closed", run: 1, peer: 1, link: left.links[0] ?? "" });
    await soon();
    expect([left.handed, right.handed]).toEqual([[true, true], [true, true]]);
    left.peers.fromWorker({ type: "closed", run: 1, peer: 1, link: left.links[0] ?? "" }); // long known
    await soon();
    expect(left.links.length).toBe(2);
  });

  it("is asked about by the higher peer if the lower one sees nothing wrong", async () => {
    right.hears(false);
    await pass(7500);
    expect(right.whats()).toEqual(["answer", "ask", "answer"]);
    expect(left.links.length).toBe(2);
  });
});

describe("What was done about a connection", () => {
  const attempts = (side: Side): unknown[] =>
    side.repairs.flatMap(({ name, kind, cause, ms, reason }) => (name === "link_repair" ? [[kind, cause, ms, reason]] : []));

  beforeEach(async () => {
    await start();
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("is written down from the beginning, by both", async () => {
    await pass(300);
    await stand();
    expect(attempts(left)).toEqual([["new_connection", "start", 300, "connected"]]);
    expect(attempts(right)).toEqual([["new_connection", "offered", 300, "connected"]]);
    expect(left.repairs[0]).toMatchObject({ name: "link_repair", peer: 1 });
    expect(left.tries).toEqual(["new_connection", null, null]); // as it begins, when it has ended, and as all is well
  });

  it("is what came of each attempt, one after the other", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.9); // the pauses are long
    await stand();
    for (const side of [left, right]) {
      side.repairs.length = side.tries.length = 0;
      side.hears(false);
    }
    await pass(20_000);
    await stand();
    const kinds = attempts(left).map((attempt) => (attempt as unknown[])[0]);
    expect(kinds[0]).toBe("ice_restart");
    expect(new Set(kinds.slice(1))).toEqual(new Set(["new_connection"]));
    expect(attempts(left).slice(0, 2)).toEqual([
      ["ice_restart", "silent", 6000, "superseded"], // by the partner's asking
      ["new_connection", "asked", expect.any(Number), "timed_out"],
    ]);
    expect(attempts(left).at(-1)).toEqual(["new_connection", "timed_out", expect.any(Number), "connected"]);
    expect(attempts(right)[0]).toEqual(["ice_restart", "offered", expect.any(Number), "timed_out"]);
    expect(left.repairs.map(({ name }) => name)).toEqual([
      ...["direct_lost", ...kinds.map(() => "link_repair"), "direct_restored"],
    ]);
    expect(left.repairs.at(-1)?.["ms"]).toBeGreaterThanOrEqual(20_000);
    expect([left.tries[0], left.tries[1], left.tries.at(-1)]).toEqual(["relay", "ice_restart", null]);
  });

  it("has a cause", async () => {
    await stand();
    left.peers.fromWorker({ type: "closed", run: 1, peer: 1, link: left.links[0] ?? "" });
    await soon();
    left.rtc.become("failed");
    await pass(3000);
    for (const side of [left, right]) side.peers.close();
    expect(attempts(left).slice(1)).toEqual([
      ["new_connection", "closed", 0, "failed"],
      ["new_connection", "retry", expect.any(Number), "given_up"],
    ]);
  });

  it.each([
    [true, 900, []],
    [true, 1000, [["relay", "silent", 80, "connected"]]],
    [false, 3000, [["relay", "silent", 3000, "failed"]]],
  ])("counts the way by the server, where it was needed for a while: %s, %i ms", async (works, ms, counted) => {
    await stand();
    left.repairs.length = 0;
    const detour = { type: "detour", run: 1, peer: 1, works } as const;
    left.hears(false);
    if (works) left.peers.fromWorker({ ...detour, ms: 80 });
    left.rtc.become("connected"); // as far as the browser knows
    await pass(ms);
    if (!works) left.peers.fromWorker({ ...detour, ms });
    left.hears(true);
    const relays = attempts(left).filter((attempt) => (attempt as unknown[])[0] === "relay");
    expect(relays).toEqual(counted);
    const told = left.repairs.filter(({ name }) => name !== "link_repair").map(({ name, ms: took }) => [name, took]);
    expect(told).toEqual(counted.length > 0 ? [["direct_lost", undefined], ["direct_restored", ms]] : []);
  });

  it("is nobody's business when the game is over", async () => {
    await stand();
    for (const side of [left, right]) {
      side.repairs.length = 0;
      side.peers.rest();
    }
    left.hears(false);
    left.peers.fromWorker({ type: "detour", run: 1, peer: 1, works: true, ms: 80 });
    left.peers.close();
    expect(left.repairs).toEqual([]);
  });
});

describe("A connection that never stood", () => {
  it("is given up as far as the worker waits for it, and tried again after a pause", async () => {
    await start();
    left.rtc.become("failed");
    expect(left.told.at(-1)).toEqual({ type: "unlinked", run: 1, peer: 1, link: left.links[0] });
    await pass(3000);
    expect(left.links.length).toBe(2);
  });
});

describe("Channels that the browser does not hand over", () => {
  beforeEach(async () => {
    left.hands = false;
    await start();
  });

  it("stay on the page, which carries their frames", async () => {
    expect(left.told[0]).toMatchObject({ type: "channels", channels: null });
    const [datagrams, control] = left.rtc.channels;
    for (const channel of left.rtc.channels) channel.open();
    const send = (...frame: number[]): void =>
      left.peers.fromWorker({ type: "send", run: 1, peer: 1, frame: Uint8Array.from(frame) });
    send(FRAME_DATAGRAM, 1);
    send(FRAME_CONTROL, 2);
    send(FRAME_PONG, 0, 0, 0, 4);
    send(FRAME_PONG, 0, 0, 0, 5);
    expect(datagrams?.sent.map((frame) => [...frame])).toEqual([[FRAME_DATAGRAM, 1], [FRAME_PONG, 0, 0, 0, 4]]);
    expect(control?.sent.map((frame) => [...frame])).toEqual([[FRAME_CONTROL, 2], [FRAME_PONG, 0, 0, 0, 5]]);
    datagrams?.onmessage?.({ data: Uint8Array.of(FRAME_DATAGRAM, 9).buffer });
    expect(left.told.at(-1)).toEqual({
      ...{ type: "arrived", run: 1, peer: 1, frame: Uint8Array.of(FRAME_DATAGRAM, 9) },
    });
  });

  it("let no datagram wait, and lose what comes too early", () => {
    const [datagrams] = left.rtc.channels;
    const frame = Uint8Array.of(FRAME_DATAGRAM, 1);
    left.peers.fromWorker({ type: "send", run: 1, peer: 1, frame });
    datagrams?.open();
    if (datagrams) datagrams.bufferedAmount = 1;
    left.peers.fromWorker({ type: "send", run: 1, peer: 1, frame });
    expect(datagrams?.sent).toEqual([]);
  });

  it("may be those that were handed over, and never arrived", async () => {
    right.rtc.become("connected");
    await pass(8000);
    expect(right.links.length).toBe(2);
    expect(right.handed).toEqual([true, false]);
  });

  it("lead to a new connection when they are closed", async () => {
    await stand();
    left.rtc.channels[1]?.die();
    await soon();
    expect(left.links.length).toBe(2);
  });
});

describe("What the page says about its connections", () => {
  function pair(type: string, more: object = {}): Map<string, unknown> {
    return new Map<string, unknown>([
      ["T", { type: "transport", selectedCandidatePairId: "P" }],
      ["P", { type: "candidate-pair", localCandidateId: "L", nominated: true, state: "succeeded" }],
      ["Q", { type: "candidate-pair", localCandidateId: "X", nominated: false, state: "succeeded" }],
      ["L", { type: "local-candidate", candidateType: type, protocol: "udp", ...more }],
    ]);
  }

  function texts(): string[] {
    return left.told.flatMap((message) => (message.type === "connection" ? [message.text] : []));
  }

  it("is what their own end is, whenever that changes", async () => {
    await start();
    left.rtc.stats = pair("prflx");
    await stand();
    await pass(5000);
    left.rtc.stats = pair("relay", { relayProtocol: "tls" });
    await pass(2500);
    expect(texts()).toEqual(["prflx udp", "relay tls"]);
  });

  it("needs no report on the transport, which not every browser gives", async () => {
    await start();
    left.rtc.stats = pair("host");
    left.rtc.stats.delete("T");
    await stand();
    expect(texts()).toEqual(["host udp"]);
  });

  it("names each TURN server that refuses once", async () => {
    meet({ ice_servers: [{ urls: ["turn:t"], username: "u", credential: "c" }], force_relay: true });
    await start();
    expect(left.rtc.config).toEqual({
      ...{ iceServers: [{ urls: ["turn:t"], username: "u", credential: "c" }], iceTransportPolicy: "relay" },
    });
    const errors = [401, 401, 701, 701].map((errorCode) => ({ url: "turn:t", errorCode, errorText: `${errorCode}` }));
    for (const error of errors) left.rtc.onicecandidateerror?.(error);
    expect(left.reports).toEqual([
      ["turn_refused", "error", "401"],
      ["ice_server_failed", "warning", "701"],
    ]);
  });
});

describe("A page without direct connections", () => {
  it.each(["missing", "broken"] as const)("tells the worker not to wait: WebRTC is %s", async (webrtc) => {
    left.webrtc = webrtc;
    await start();
    await pass(20_000);
    expect(left.told).toEqual([{ type: "unlinked", run: 1, peer: 1, link: "" }]);
    expect(left.reports.map(([name]) => name)).toEqual(["no_webrtc"]);
    expect(left.sent).toEqual([]);
  });

  it("does nothing where there is no mesh", async () => {
    meet({ is_mesh: false });
    await start();
    await pass(20_000);
    expect([left.told, left.sent, left.rtcs]).toEqual([[], [], []]);
  });
});

describe("The end", () => {
  it("leaves no timer and no connection, and nothing begins any more", async () => {
    await start();
    await stand();
    for (const side of [left, right]) side.peers.close();
    await soon();
    clock.advance(5000);
    await soon();
    expect(clock.pending).toBe(0);
    expect([left.rtc.signalingState, right.rtc.signalingState]).toEqual(["closed", "closed"]);
    const count = left.rtcs.length;
    left.hears(false);
    left.peers.linkedAgain();
    left.peers.signalled({ session_id: "s", peer: 1, link: "", what: "ask", data: "" });
    await pass(20_000);
    expect(left.rtcs.length).toBe(count);
  });

  it("leaves connections for a last word, and repairs none that goes", async () => {
    await start();
    await stand();
    for (const side of [left, right]) side.peers.rest();
    const said = [left, right].map((side) => [side.rtcs.length, side.sent.length]);
    expect(left.rtc.signalingState).not.toBe("closed");
    left.rtc.become("failed");
    right.hears(false);
    left.rtc.find("late");
    right.peers.linkedAgain();
    await pass(60_000);
    expect([left, right].map((side) => [side.rtcs.length, side.sent.length])).toEqual(said);
    left.peers.close();
    right.peers.close();
    await soon();
    clock.advance(5000);
    await soon();
    expect([left.rtc.signalingState, right.rtc.signalingState, clock.pending]).toEqual(["closed", "closed", 0]);
  });

  it("is possible in every state, and the only thing that ends it", () => {
    for (const [state, ways] of Object.entries(TABLE)) {
      expect(ways.closed).toBe(state === "closed" ? undefined : "closed");
      for (const [happening, next] of Object.entries(ways)) {
        expect(Object.keys(TABLE)).toContain(next);
        expect(next === "closed").toBe(happening === "closed");
      }
    }
  });
});
