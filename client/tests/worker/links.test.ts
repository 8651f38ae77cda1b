import { beforeEach, describe, expect, it } from "vitest";

import { FRAME_CONTROL, FRAME_DATAGRAM, FRAME_DEAF, FRAME_PING, FRAME_PONG, type LinkRow } from "../../src/protocol.gen";
import type { Match } from "../../src/protocol.gen";
import { batchOf, entriesIn } from "../../src/worker/batch";
import { Links } from "../../src/worker/links";
import type { FromWorker, Impairment } from "../../src/worker/messages";
import { FakeClock } from "../fakes";
import { FakeCable, matchOf } from "../p2p/fakes";

const SERVER_MS = 30;

/** One worker's links, and a server between it and the other one. */
class Side {
  readonly links: Links;
  readonly heard: { peer: number; tag: number; text: string }[] = [];
  readonly news: boolean[] = []; // of the direct way
  readonly tags: number[] = []; // of what went by the server
  readonly rows: LinkRow[] = [];
  readonly said: FromWorker[] = [];
  connected: number | null = null;
  rtts: Record<string, number> = {};
  other: Side | null = null;
  serverIsUp = true;

  constructor(
    private readonly clock: FakeClock,
    readonly peer: number,
    match: Partial<Match> = {},
    impairment: Impairment | null = null,
  ) {
    this.links = new Links(matchOf(peer, match), impairment, {
      ...{ run: 1, clock, origin: 1_000_000, random: () => 0.5 },
      agentOf: (of) => `a${of}`,
      received: (from, tag, payload) =>
        this.heard.push({ peer: from, tag, text: new TextDecoder().decode(payload) }),
      connected: (rtts) => {
        this.connected = clock.now();
        this.rtts = rtts;
      },
      post: (message) => this.posted(message),
    });
  }

  say(text: string, tag = FRAME_DATAGRAM): void {
    this.links.send([{ peer: 1 - this.peer, tag, payload: new TextEncoder().encode(text) }]);
  }

  tick(tick: number): void {
    const payload = Uint8Array.of(0xc0, 1, 0, 0, 0, tick >> 8, tick & 255, 9);
    this.links.send([{ peer: 1 - this.peer, tag: FRAME_DATAGRAM, payload }]);
  }

  /** The server brings a frame. */
  relayed(peer: number, ...frame: number[]): void {
    this.links.relayed(batchOf([{ peer, frame: Uint8Array.from(frame) }]));
  }

  hears(text: string, tag = FRAME_DATAGRAM): boolean {
    return this.heard.some((one) => one.peer === 1 - this.peer && one.text === text && one.tag === tag);
  }

  private posted(message: FromWorker): void {
    this.said.push(message);
    if (message.type === "direct") this.news.push(message.up);
    if (message.type === "links") this.rows.push(...message.rows);
    if (message.type !== "relay") return;
    for (const { peer, frame } of entriesIn(message.batch.slice())) {
      this.tags.push(frame[0] ?? -1);
      if (!this.serverIsUp || peer !== 1 - this.peer) continue;
      this.clock.after(SERVER_MS, () => this.other?.relayed(this.peer, ...frame));
    }
  }
}

let clock: FakeClock;

function sides(match: Partial<Match> = {}, impairment: Impairment | null = null): [Side, Side] {
  const both: [Side, Side] = [new Side(clock, 0, match, impairment), new Side(clock, 1, match)];
  [both[0].other, both[1].other] = [both[1], both[0]];
  return both;
}

/** A direct connection between the two, which stands at once. */
function connect(both: [Side, Side], link = "l"): FakeCable {
  const cable = new FakeCable(clock);
  both.forEach((side, end) => side.links.channels(1 - end, link, (cable.ends[end] as FakeCable["ends"][0]).channels));
  cable.open();
  return cable;
}

function dataTags(tags: number[]): number[] {
  return tags.filter((tag) => (tag & ~FRAME_DEAF) < FRAME_PING);
}

beforeEach(() => {
  clock = new FakeClock();
});

describe("Links that come about", () => {
  it("are connected when both channels have answered", () => {
    const both = sides();
    clock.advance(500);
    const cable = new FakeCable(clock);
    both.forEach((side, end) => side.links.channels(1 - end, "l", (cable.ends[end] as FakeCable["ends"][0]).channels));
    for (const end of cable.ends) end.datagrams.open();
    clock.advance(500);
    expect(both.map((side) => side.connected)).toEqual([null, null]);
    for (const end of cable.ends) end.control.open();
    clock.advance(100);
    expect(both.map((side) => side.links.connected)).toEqual([true, true]);
    expect(both[0].news).toEqual([true]);
  });

  it("are measured as often as was asked for, and say how long the way takes", () => {
    const both = sides({ round_trips: 7, is_mesh: false });
    clock.advance(400);
    expect(both.map((side) => side.connected)).toEqual([null, null]);
    clock.advance(600);
    expect(both.every((side) => side.connected !== null && side.connected > 400)).toBe(true);
    expect(Object.keys(both[0].rtts)).toEqual(["a1"]);
    expect(both[0].rtts["a1"]).toBeGreaterThan(0);
  });

  it("need no event of a channel that opened before it was handed over", () => {
    const both = sides();
    const cable = new FakeCable(clock);
    cable.open();
    both.forEach((side, end) => side.links.channels(1 - end, "l", (cable.ends[end] as FakeCable["ends"][0]).channels));
    clock.advance(200);
    expect(both.map((side) => side.links.connected)).toEqual([true, true]);
  });

  it("survive that what a channel carries first is lost", () => {
    const both = sides();
    const cable = connect(both);
    cable.lose(0, true);
    clock.advance(50);
    cable.lose(0, false);
    clock.advance(300);
    expect(both.map((side) => side.links.connected)).toEqual([true, true]);
  });

  it("ask whoever asks, and do not wait for their own next beat", () => {
    const first = new Side(clock, 0);
    const cable = new FakeCable(clock);
    first.links.channels(1, "l", cable.ends[0].channels);
    cable.open();
    clock.advance(130); // what was asked so far nobody has heard; it asks again at 200
    const second = new Side(clock, 1);
    second.links.channels(0, "l", cable.ends[1].channels);
    clock.advance(60);
    expect([first, second].map((side) => side.links.connected)).toEqual([true, true]);
    first.links.close();
    second.links.close();
  });

  it("give the direct way a head start before the server will do", () => {
    const both = sides();
    clock.advance(2900);
    expect(both[0].links.connected).toBe(false);
    clock.advance(200);
    expect(both.map((side) => side.links.connected)).toEqual([true, true]);
  });

  it("do not wait where there is no direct way: in no mesh, without WebRTC, after ICE has failed", () => {
    const relayed = sides({ is_mesh: false });
    clock.advance(200);
    expect(relayed.map((side) => side.connected)).toEqual([60, 60]);
    const without = sides();
    without[0].links.unlinked(1, "");
    const failed = sides();
    connect(failed, "old");
    for (const side of failed) side.links.channels(1 - side.peer, "new", null);
    clock.advance(500);
    failed[0].links.unlinked(1, "old");
    expect(without[0].links.connected).toBe(true);
    expect(failed[0].links.connected).toBe(false);
    failed[0].links.unlinked(1, "new");
    expect(failed[0].links.connected).toBe(true);
  });

  it("never go by the server where it may not relay", () => {
    const both = sides({ may_relay: false });
    clock.advance(20_000);
    expect(both.map((side) => side.links.connected)).toEqual([false, false]);
    const cable = connect(both);
    clock.advance(200);
    expect(both[0].links.connected).toBe(true);
    cable.lose(0, true);
    cable.lose(1, true);
    clock.advance(2000);
    both[0].say("x");
    both[0].relayed(1, FRAME_DATAGRAM, 1);
    expect([both[0].tags, both[0].heard]).toEqual([[], []]);
    expect(both[0].links.healthy).toBe(false);
    expect(both[0].news).toEqual([true, false]);
  });

  it("are connected only when all are", () => {
    const three = { peers: [0, 1, 2] };
    const both = sides(three);
    connect(both);
    clock.advance(1000);
    expect(both[0].links.connected).toBe(false);
    expect(both[0].links.healthy).toBe(false);
  });

  it("let the page carry frames, of both channels", () => {
    const both = sides({ may_relay: false });
    for (const side of both) side.links.channels(1 - side.peer, "l", null);
    for (let round = 0; round < 20; round += 1) {
      for (const side of both) carryByPage(side);
      clock.advance(20);
    }
    both[0].say("hello", FRAME_CONTROL);
    carryByPage(both[0]);
    expect(both.map((side) => side.links.connected)).toEqual([true, true]);
    expect(both[1].hears("hello", FRAME_CONTROL)).toBe(true);
  });
});

function carryByPage(side: Side): void {
  for (const message of side.said.splice(0)) {
    if (message.type === "send") side.other?.links.arrived(side.peer, message.frame);
  }
}

describe("The way that is taken", () => {
  it("is the direct one alone, while it is heard", () => {
    const both = sides();
    connect(both);
    clock.advance(1500);
    both[0].tags.length = 0;
    both[0].say("d");
    both[0].say("c", FRAME_CONTROL);
    clock.advance(3000);
    expect(both[1].heard.map(({ text }) => text)).toEqual(["d", "c"]);
    expect(both[0].tags).toEqual([]);
    expect(both[0].links.healthy).toBe(true);
    expect(both[0].news).toEqual([true]);
  });

  it("is the server's, too, 300 ms after the direct one fell silent, and the direct one when it is back", () => {
    const both = sides();
    const cable = connect(both);
    clock.advance(2000);
    for (const peer of [0, 1] as const) cable.lose(peer, true);
    clock.advance(500);
    both[0].say("d");
    both[0].say("c", FRAME_CONTROL);
    clock.advance(100);
    expect([both[1].hears("d"), both[1].hears("c", FRAME_CONTROL)]).toEqual([true, true]);
    expect(dataTags(both[0].tags)).toEqual([FRAME_DEAF | FRAME_DATAGRAM, FRAME_DEAF | FRAME_CONTROL]);
    expect(both.map((side) => side.news)).toEqual([[true, false], [true, false]]);
    clock.advance(14_000);
    expect(both[0].links.healthy).toBe(true);
    for (const peer of [0, 1] as const) cable.lose(peer, false);
    clock.advance(1500);
    expect(both.map((side) => side.news)).toEqual([[true, false, true], [true, false, true]]);
    both[0].tags.length = 0;
    both[0].say("again");
    clock.advance(3000);
    expect(both[1].heard.filter(({ text }) => text === "again").length).toBe(1);
    expect(both[0].tags).toEqual([]);
  });

  it("says what the server's way is worth when the direct one is lost, once each time", () => {
    const both = sides();
    const detours = (side: Side): unknown[] => side.said.filter(({ type }) => type === "detour");
    const cable = connect(both);
    clock.advance(2000);
    expect(both.map(detours)).toEqual([[], []]); // it was not lost
    for (const works of [true, false]) {
      for (const side of both) side.serverIsUp = works;
      for (const peer of [0, 1] as const) cable.lose(peer, true);
      clock.advance(3000);
      for (const peer of [0, 1] as const) cable.lose(peer, false);
      clock.advance(1500);
    }
    for (const side of both) {
      expect(detours(side)).toMatchObject([{ works: true, run: 1, peer: 1 - side.peer }, { works: false }]);
    }
  });

  it("is not said to be worth anything where it may not be taken", () => {
    const both = sides({ may_relay: false });
    const cable = connect(both);
    clock.advance(2000);
    for (const peer of [0, 1] as const) cable.lose(peer, true);
    clock.advance(3000);
    expect(both[0].said.filter(({ type }) => type === "detour")).toEqual([]);
  });

  it.each([0, 1] as const)("is both ways' while only what peer %i sends is lost, and not for ever", (lossy) => {
    const both = sides();
    const cable = connect(both);
    clock.advance(2000);
    cable.lose(lossy, true);
    clock.advance(1200);
    const [mute, deaf] = [both[lossy] as Side, both[1 - lossy] as Side];
    mute.say("from the mute");
    deaf.say("from the deaf");
    clock.advance(100);
    expect([deaf.hears("from the mute"), mute.hears("from the deaf")]).toEqual([true, true]);
    expect(dataTags(mute.tags)).toEqual([FRAME_DATAGRAM]);
    expect(dataTags(deaf.tags)).toEqual([FRAME_DATAGRAM | FRAME_DEAF]);
    expect(both.map((side) => side.news.at(-1))).toEqual([false, false]);
    cable.lose(lossy, false);
    clock.advance(1500);
    expect(both.map((side) => side.news.at(-1))).toEqual([true, true]);
    for (const side of both) side.tags.length = 0;
    clock.advance(5000);
    expect(both.map((side) => side.tags)).toEqual([[], []]);
  });

  it("is that of the newest connection; what older ones bring means nothing", () => {
    const both = sides();
    const old = connect(both, "old");
    clock.advance(1000);
    const stale = old.ends[1].datagrams.onmessage;
    connect(both, "new");
    clock.advance(1000);
    expect(stale).not.toBe(null);
    expect(old.ends[1].datagrams.onmessage).toBe(null);
    expect(old.ends[1].datagrams.readyState).toBe("closed");
    both[1].links.unlinked(0, "old");
    both[0].say("x");
    clock.advance(100);
    expect(both[1].hears("x")).toBe(true);
    expect(both[1].news).toEqual([true, false, true]);
  });

  it("is the server's at once when a channel closes, which the page is told", () => {
    const both = sides();
    const cable = connect(both);
    clock.advance(2000);
    cable.ends[0].control.die();
    both[0].say("x");
    clock.advance(100);
    expect(both[1].hears("x")).toBe(true);
    expect(both[0].said).toContainEqual({ type: "closed", run: 1, peer: 1, link: "l" });
    expect(both[0].news).toEqual([true, false]);
  });

  it("takes no datagram that would have to wait, and control frames as long as few do", () => {
    const both = sides({ may_relay: false });
    const cable = connect(both);
    clock.advance(1000);
    cable.ends[0].datagrams.bufferedAmount = 1;
    cable.ends[0].control.bufferedAmount = 1000;
    both[0].say("d");
    both[0].say("c", FRAME_CONTROL);
    clock.advance(100);
    expect([both[1].hears("d"), both[1].hears("c", FRAME_CONTROL)]).toEqual([false, true]);
  });

  it("leads to the server itself, which sends control frames only", () => {
    const [side] = sides({ may_relay: false });
    side.links.send([{ peer: 255, tag: FRAME_CONTROL, payload: Uint8Array.of(7) }]);
    expect(side.said.at(-1)).toEqual({ type: "relay", run: 1, batch: Uint8Array.of(255, 0, 2, FRAME_CONTROL, 7) });
    side.relayed(255, FRAME_CONTROL, 65);
    side.relayed(255, FRAME_DATAGRAM, 66);
    expect(side.heard).toEqual([{ peer: 255, tag: FRAME_CONTROL, text: "A" }]);
  });
});

describe("Links with strangers", () => {
  it("ignore frames that are none, and pongs that nobody waits for", () => {
    const both = sides();
    const [side] = both;
    const cable = connect(both);
    for (const frame of [[], [FRAME_PING], [FRAME_PONG, 1], [77, 1], [FRAME_PONG, 9, 9, 9, 9]]) {
      side.relayed(1, ...frame);
      cable.ends[0].datagrams.onmessage?.({ data: Uint8Array.from(frame).buffer });
    }
    cable.ends[0].datagrams.onmessage?.({ data: "text" });
    cable.ends[0].control.onmessage?.({ data: new ArrayBuffer(1_000_000) });
    side.relayed(9, FRAME_DATAGRAM);
    side.links.relayed(Uint8Array.of(1, 0, 2, FRAME_DATAGRAM));
    side.links.relayed(Uint8Array.of(1, 0));
    side.links.arrived(1, Uint8Array.of(FRAME_DATAGRAM, 1)); // its channels are not on the page
    expect(side.heard).toEqual([]);
    expect(side.links.connected).toBe(false);
  });
});

describe("The rows of the records", () => {
  it("say once a second by which way how much came, how fast, and what was lost", () => {
    const both = sides();
    const cable = connect(both);
    both[1].links.connection(0, "host udp");
    for (let tick = 1; tick <= 150; tick += 1) {
      cable.lose(0, tick % 5 === 0);
      both[0].tick(tick);
      clock.advance(20);
    }
    const row = both[1].rows[1] as LinkRow;
    const [at, partner, path, connection, rtt, jitter, lost, sent, received] = row;
    expect(both[1].rows.length).toBe(3);
    expect([at, partner, path, connection]).toEqual([1_001_900, "a0", "direct", "host udp"]);
    expect([rtt, jitter]).toEqual([20, 0]);
    expect(lost).toBeCloseTo(0.2);
    expect([sent, received]).toEqual([0, 40]);
    expect(both[0].rows[1]?.[7]).toBe(50);
  });

  it("tell the server's way, and that there is none", () => {
    const both = sides({ is_mesh: false });
    clock.advance(1000);
    both[0].say("x");
    clock.advance(1000);
    for (const side of both) side.serverIsUp = false;
    clock.advance(3000);
    const paths = both[1].rows.map(([, , path, , rtt]) => [path, rtt]);
    expect(paths[1]).toEqual(["server", 60]);
    expect(paths.at(-1)).toEqual(["none", null]);
  });

  it("count no datagram twice, where another one is lost", () => {
    const both = sides();
    const cable = connect(both);
    for (let tick = 1; tick <= 150; tick += 1) {
      cable.lose(0, tick % 5 === 0);
      for (let time = 0; time < 3; time += 1) both[0].tick(tick);
      clock.advance(20);
    }
    expect(both[1].rows[1]?.[6]).toBeCloseTo(0.2);
  });

  it("count nothing as lost that came by both ways, or that another episode had no need of", () => {
    const both = sides();
    connect(both);
    clock.advance(1950);
    for (let tick = 0; tick < 40; tick += 1) {
      both[0].tick(tick);
      both[0].tick(tick);
      clock.advance(20);
    }
    both[0].links.send([{ peer: 1, tag: FRAME_DATAGRAM, payload: Uint8Array.of(0xc0, 2, 0, 0, 1, 0, 0, 9) }]);
    clock.advance(1000);
    expect(both[1].rows.map((row) => row[6]).filter((lost) => lost !== null && lost > 0)).toEqual([]);
  });
});

describe("Links that are over", () => {
  it("leave no timer, and close their channels", () => {
    const both = sides({}, { delay: 500, jitter: 0, loss: 0 });
    const cable = connect(both);
    clock.advance(1000);
    both[0].say("x");
    for (const side of both) side.links.close();
    clock.advance(100);
    expect(clock.pending).toBe(0);
    expect(cable.ends[0].control.readyState).toBe("closed");
  });
});

describe("A bad network on purpose", () => {
  it("delays datagrams and pings on all ways, and leaves control frames alone", () => {
    const both = sides({ may_relay: false }, { delay: 100, jitter: 0, loss: 0 });
    connect(both);
    clock.advance(2000);
    both[0].say("d");
    both[0].say("c", FRAME_CONTROL);
    clock.advance(50);
    expect([both[1].hears("d"), both[1].hears("c", FRAME_CONTROL)]).toEqual([false, true]);
    clock.advance(100);
    expect(both[1].hears("d")).toBe(true);
    expect(both[0].rows[1]?.[4]).toBe(120);
  });
});
