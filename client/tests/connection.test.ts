import { beforeEach, describe, expect, it } from "vitest";

import { Connection, type Wire } from "../src/connection";
import type { FlowEvent, Request } from "../src/flow";
import { FakeClock, settled } from "./fakes";

/** Socket.IO's client without a network. */
class FakeWire implements Wire {
  auth: object = {};
  connected = false;
  readonly calls: string[] = [];
  answer: () => Promise<unknown> = () => Promise.reject(new Error("operation has timed out"));
  readonly emitted: [string, unknown][] = [];
  private readonly listeners = new Map<string, (argument: unknown) => void>();

  on(event: string, listener: (argument: unknown) => void): void {
    this.listeners.set(event, listener);
  }

  emit(event: string, body: unknown): void {
    this.emitted.push([event, body]);
  }

  connect(): void {
    this.calls.push("connect");
  }

  disconnect(): void {
    this.calls.push("disconnect");
  }

  timeout(): { emitWithAck(): Promise<unknown> } {
    return { emitWithAck: () => this.answer() };
  }

  happens(event: string, argument?: unknown): void {
    this.listeners.get(event)?.(argument);
  }
}

const AUTH = { token: "t", tab: "tab", protocol: 1, takeover: true };
const REFUSAL = { kind: "refused" as const, reason: "other_tab", text: "" };

let wire: FakeWire;
let clock: FakeClock;
let events: FlowEvent[];
let connection: Connection;

beforeEach(() => {
  wire = new FakeWire();
  clock = new FakeClock();
  events = [];
  connection = new Connection(wire, clock, (event) => events.push(event));
});

function refusedWith(refusal: object): Error {
  return Object.assign(new Error("refused"), { data: refusal });
}

describe("Connection", () => {
  it("asks for a takeover once, not again when it reconnects", () => {
    connection.open(AUTH);
    expect(wire.auth).toEqual(AUTH);
    wire.happens("connect");
    expect(wire.auth).toEqual({ ...AUTH, takeover: false });
    expect(events).toEqual([{ type: "linked" }]);
  });

  it("connects again where the server has not asked for a sign for too long", () => {
    wire.connected = true;
    wire.happens("connect");
    clock.advance(10_000);
    wire.happens("probe", { number: 1 });
    clock.advance(11_000);
    expect(wire.calls).toEqual([]);
    clock.advance(1_000);
    expect(wire.calls).toEqual(["disconnect", "connect"]);
  });

  it("waits for no sign without a connection", () => {
    wire.connected = true;
    wire.happens("connect");
    wire.connected = false;
    wire.happens("disconnect", "transport close");
    clock.advance(60_000);
    expect(wire.calls).toEqual([]);
  });

  it("says whenever it connects what is played here", () => {
    const playing = { session_id: "s", generation: 1, is_in: true };
    connection.open(AUTH);
    connection.plays(playing);
    expect(wire.auth).toEqual({ ...AUTH, playing });
    connection.open(AUTH);
    wire.happens("connect");
    expect(wire.auth).toEqual({ ...AUTH, takeover: false, playing });
    connection.plays(null);
    expect(wire.auth).toMatchObject({ playing: null });
  });

  it("passes on scenes and the word that another tab goes on", () => {
    wire.happens("scene", { kind: "end" });
    wire.happens("moved", REFUSAL);
    expect(events).toEqual([
      { type: "scene", page: { kind: "end" } },
      { type: "moved", refusal: REFUSAL },
    ]);
    expect(wire.calls).toEqual(["disconnect"]);
  });

  it("answers a request, or says that there was no answer", async () => {
    const request: Request = { verb: "advance", body: { scene_id: "s" } };
    wire.answer = () => Promise.resolve({ kind: "end" });
    await connection.send(request);
    wire.answer = () => Promise.reject(new Error("timeout"));
    await connection.send(request);
    expect(events).toEqual([{ type: "answered", answer: { kind: "end" }, request }, { type: "unanswered" }]);
  });

  it("comes back by itself after a server closed the socket, as in a restart", () => {
    wire.happens("disconnect", "io server disconnect");
    expect(events).toEqual([{ type: "unlinked" }]);
    expect(wire.calls).toEqual(["connect"]);
    wire.happens("disconnect", "transport close");
    expect(wire.calls).toEqual(["connect"]); // Socket.IO does it
  });

  it("does not ask again after a refusal that will not change", async () => {
    wire.happens("connect_error", refusedWith(REFUSAL));
    clock.advance(60_000);
    await settled();
    expect(events).toEqual([{ type: "refused", refusal: REFUSAL }]);
    expect(wire.calls).toEqual([]);
  });

  it("asks again after a failure of the server, and leaves a missing network to Socket.IO", () => {
    wire.happens("connect_error", refusedWith({ ...REFUSAL, reason: "server_error" }));
    wire.happens("connect_error", new Error("xhr poll error"));
    clock.advance(60_000);
    expect(events).toEqual([{ type: "unlinked" }, { type: "unlinked" }]);
    expect(wire.calls).toEqual(["connect"]);
  });
});

describe("Connection, games of several people", () => {
  const room = { kind: "room" as const, waiting: 1, group: 2, waited_s: 0, left_s: 60 };
  let heard: unknown[];
  let stop: () => void;

  beforeEach(() => {
    heard = [];
    wire.connected = true;
    stop = connection.listen({
      linked: () => heard.push("linked"),
      room: (message) => heard.push(message),
      match: (message) => heard.push(message),
      signal: (message) => heard.push(message),
      play: (message) => heard.push(message),
      unmatched: (message) => heard.push(message),
      relayed: (batch) => heard.push([...batch]),
    });
  });

  it("passes on what the server says, as long as somebody listens", () => {
    wire.happens("connect");
    for (const name of ["room", "match", "signal", "play", "unmatched"]) wire.happens(name, name);
    wire.happens("relay", Uint8Array.of(3, 1, 9).buffer);
    expect(heard).toEqual(["linked", "room", "match", "signal", "play", "unmatched", [3, 1, 9]]);
    stop();
    wire.happens("room", "room");
    expect(heard.length).toBe(7);
  });

  it("sends frames as they are", () => {
    connection.relay(Uint8Array.of(255, 0, 1, 9));
    expect(wire.emitted).toEqual([["relay", Uint8Array.of(255, 0, 1, 9)]]);
  });

  it("says nothing that would be late, and asks nothing, without a connection", async () => {
    wire.connected = false;
    wire.answer = () => Promise.resolve(room);
    connection.relay(Uint8Array.of(1, 0, 1, 0));
    connection.signal({ session_id: "s", peer: 1, link: "", what: "ask" });
    connection.validated({ session_id: "s" });
    expect(await connection.enlist({ scene_id: "s", archive: "a" })).toBeNull();
    expect(wire.emitted).toEqual([]);
  });

  it("answers who enlists, or says that there was no answer", async () => {
    wire.answer = () => Promise.resolve(room);
    expect(await connection.enlist({ scene_id: "s", archive: "a" })).toEqual(room);
    wire.answer = () => Promise.reject(new Error("timeout"));
    expect(await connection.enlist({ scene_id: "s", archive: "a" })).toBeNull();
  });
});
