import { describe, expect, it } from "vitest";

import { HttpError } from "../../src/api";
import type { Match, Multiplayer, Refusal } from "../../src/protocol.gen";
import { MATCH, MATCH_PAGE as PAGE } from "../fakes";
import { asked, calls, clock, destroyed, events, game, given, happens, listening, loaded, matched } from "./running";
import { met, moved, outcome, peers, playing, posted, ROOM, run, shown, start, storage, text, veil } from "./running";
import { waiting, wire, worked, worker } from "./running";

describe("MatchRun, waiting", () => {
  it("enlists once Python is there, the button pressed, and everything of before has arrived", async () => {
    let arrive: () => void = () => undefined;
    given.drained = new Promise((resolve) => (arrive = resolve));
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
    calls.length = 0;
    start({ ...PAGE, button: null, game: { ...PAGE.game, multiplayer: { ...multiplayer, call: false } } });
    await loaded();
    await matched();
    expect(calls).toEqual([]);
  });

  it("asks for notifications if the participant likes", async () => {
    given.offers = true;
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
    given.replays = [new Error("no network"), new HttpError(503, null), { chunks: [] }];
    await reloaded();
    await happens(() => wire.listener?.signal({ session_id: "m1", peer: 1, link: "l", what: "offer" }));
    expect([posted("match"), peers]).toEqual([0, []]);
    await clock.run(10_000, 500);
    expect([posted("match"), asked.length, peers]).toEqual([1, 3, ["start"]]);
    await happens(() => wire.listener?.signal({ session_id: "m1", peer: 1, link: "l", what: "offer" }));
    expect(peers).toEqual(["start", "signalled offer"]);
  });

  it("fails where the server refuses", async () => {
    given.replays = [new HttpError(403, { kind: "refused", reason: "not_your_session", text: "" })];
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
    given.replays = [{ chunks: ["CQ=="] }];
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
