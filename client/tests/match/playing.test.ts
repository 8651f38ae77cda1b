import { describe, expect, it } from "vitest";

import type { Failure } from "../../src/protocol.gen";
import type { DrawPacket } from "../../src/renderer";
import type { MatchEvent } from "../../src/worker/messages";
import { MATCH_PAGE as PAGE } from "../fakes";
import { applied, at, clock, ended, events, game, given, happens, listening, matched, met, moved } from "./running";
import { note, ORIGIN, outcome, peers, playing, posted, put, repair, reported, run, start } from "./running";
import { STATISTICS, storage, text, underway, veil, waiting, wire, worked, worker } from "./running";

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
    given.rendering = new Promise((resolve) => (load = resolve));
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
    reported.length = 0;
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
    given.drained = new Promise((resolve) => (arrive = resolve));
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
    given.rendering = Promise.reject(new Error("no such file"));
    given.rendering.catch(() => undefined);
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
