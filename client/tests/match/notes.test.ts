import { beforeEach, describe, expect, it } from "vitest";

import { Notes } from "../../src/match/notes";
import { endTitle } from "../../src/match/words";
import type { MatchEvent } from "../../src/worker/messages";

const NOW = 1_000_000;
const RULES = { on_disconnect: "pause", on_leave: "end", return_timeout_s: 30, hidden_timeout_s: 30 } as const;
const SILENT: MatchEvent = { type: "interrupted", peer: 1 };
const CUT: MatchEvent = { type: "cut", peer: 1, turn: 1, frame: 9 };
const BACK: MatchEvent = { type: "returned", peer: 1, frame: 20 };
const AWAY: MatchEvent = { type: "away", is_gone: false };

let notes: Notes;

function held(why: "silence" | "absence" | "hidden", seconds: number | null, ...peers: number[]): MatchEvent {
  return { type: "held", frame: 9, why, peers, until: seconds === null ? null : NOW + seconds * 1000 };
}

function happens(...events: MatchEvent[]): void {
  for (const event of events) notes.happened(event, NOW);
}

/** After so many seconds. */
function said(seconds = 0, isOffline = false) {
  const { state, title, text, wait, note } = notes.said(NOW + seconds * 1000, isOffline);
  return { state, words: title === null ? note : `${title}. ${text}`, wait: wait?.text ?? null };
}

beforeEach(() => {
  notes = new Notes(0, 1, RULES);
});

describe("What players are told", () => {
  it("is nothing while all is well", () => {
    expect(said()).toEqual({ state: "", words: "", wait: null });
  });

  it("is a word beside the picture where somebody is silent and nobody waits", () => {
    happens(SILENT);
    expect(said()).toEqual({ state: "unstable", words: "The connection to your partner is unstable …", wait: null });
    happens({ type: "resumed", peer: 1, silence: 600 });
    expect(said().state).toBe("");
  });

  it("is that nobody is reached where all are silent for longer than it takes to cut them", () => {
    happens(SILENT);
    expect(said(2.9).state).toBe("unstable");
    expect(said(3.1)).toMatchObject({ state: "offline", words: expect.stringContaining("check your internet connection") });
    happens(CUT);
    expect(said(3.1).state).not.toBe("offline");
    notes = new Notes(0, 2, RULES);
    happens(SILENT);
    expect(said(60).state).toBe("unstable"); // another one is heard
  });

  it("is whom the game waits for, what is tried, and for how long still", () => {
    happens(SILENT, held("silence", 5, 1));
    expect(said(0.9)).toEqual({
      state: "silence",
      words: "Waiting for your partner. The connection to your partner is interrupted. Restoring it …",
      wait: "Trying for another 5 seconds",
    });
    notes.repairing(1, "ice_restart");
    expect(said(1.5).words).toContain("Looking for another way through the network …");
    notes.repairing(1, "relay");
    expect(said(4)).toMatchObject({ words: expect.stringContaining("by our server"), wait: "Trying for another 1 second" });
    notes.repairing(1, null);
    expect(said(4).words).toContain("Restoring it");
    expect(said(5)).toMatchObject({ state: "deciding", wait: null });
  });

  it("says that all is well again before the game goes on", () => {
    happens(SILENT, held("silence", 5, 1), { type: "resumed", peer: 1, silence: 900 });
    expect(said(1)).toMatchObject({ state: "resuming", wait: null });
    happens({ type: "unheld", at: NOW });
    expect(said(1).state).toBe("");
  });

  it("tells who reaches nobody that it is them", () => {
    happens(SILENT, held("silence", 5, 1));
    expect(said(2, true)).toMatchObject({ state: "offline", wait: "Trying for another 3 seconds" });
    happens(AWAY);
    expect(said(2, true)).toMatchObject({ state: "offline", wait: "Trying for another 28 seconds" });
  });

  it("says nothing of a server that is gone while the game goes on", () => {
    expect(said(0, true).words).toBe("");
  });

  it("waits for whoever lost the connection or reloads, until that is over", () => {
    happens(SILENT, held("silence", 5, 1), CUT);
    expect(said(1)).toMatchObject({ state: "absence", wait: null });
    happens(held("absence", 30, 1));
    expect(said(9)).toEqual({
      state: "absence",
      words: "Waiting for your partner to come back. Your partner lost the connection, or is loading the page again.",
      wait: "For at most 21 seconds",
    });
    expect(said(31).wait).toBe("One moment, please …");
    happens(BACK);
    expect(said(31).state).toBe("resuming");
  });

  it("says that somebody looks elsewhere, and welcomes them back", () => {
    happens(held("hidden", null, 1));
    expect(said(4)).toEqual({
      state: "hidden",
      words: "Your partner is away from the game. The game waits, and goes on as soon as they look at it again.",
      wait: "For at most 26 seconds",
    });
    notes = new Notes(0, 1, { ...RULES, hidden_timeout_s: null });
    happens(held("hidden", null, 1));
    expect(said(4).wait).toBeNull();
    happens(held("hidden", null, 0, 1));
    expect(said(4)).toMatchObject({ state: "was_hidden", words: expect.stringContaining("The game waited for you") });
  });

  it("tells who was cut so, and that they catch up", () => {
    happens(SILENT, held("silence", 5, 1), AWAY);
    expect(said(4)).toEqual({
      state: "away",
      words: "You were disconnected. Coming back into the game …",
      wait: "Trying for another 26 seconds",
    });
    notes.caughtUp();
    expect(said(4)).toMatchObject({ state: "catching_up", wait: null });
    happens(AWAY); // once more
    expect(said(5)).toMatchObject({ state: "away", wait: "Trying for another 25 seconds" });
    notes.caughtUp();
    happens({ type: "resumed", peer: 1, silence: 6000 }, { type: "returned", peer: 0, frame: 20 });
    expect(said(6)).toMatchObject({ state: "", words: "" });
  });

  it("tells whose browser had stopped everything that they catch up, for a while, and nothing of the others", () => {
    notes.thawed(NOW);
    expect(said().state).toBe("");
    happens(SILENT, held("silence", 5, 1));
    expect([said(1, true).state, said(9).state, said(10).state]).toEqual(["catching_up", "catching_up", "deciding"]);
    happens(AWAY);
    expect([said(1, true).state, said(10).state]).toEqual(["catching_up", "away"]);
  });

  it("takes no frame of a game that goes on for catching up", () => {
    notes.caughtUp();
    happens(AWAY);
    expect(said().state).toBe("away");
  });
});

describe("What is told of somebody whom the game goes on without", () => {
  it("is for how long they may come back, and then that they have left", () => {
    notes = new Notes(0, 1, { ...RULES, on_leave: "smaller" });
    happens(CUT);
    expect(said(4)).toMatchObject({
      state: "lost",
      words: "Your partner lost the connection. The game goes on; they may still come back (26 s).",
    });
    expect(said(31)).toMatchObject({ state: "gone", words: "Your partner has left; the game goes on." });
    expect(said(36).words).toBe("");
  });

  it("is who plays for them", () => {
    notes = new Notes(0, 1, { ...RULES, on_leave: "bot" });
    happens(CUT);
    expect(said(4).words).toContain("A computer player takes over; they may still come back (26 s).");
    expect(said(31).words).toBe("Your partner has left; a computer player goes on.");
  });

  it("is not that the game goes on where it does so with all only", () => {
    happens(held("silence", 5, 1), CUT, { type: "unheld", at: NOW }); // and then it ends
    expect(said(6)).toMatchObject({ state: "absence", wait: null });
    notes = new Notes(0, 1, { ...RULES, on_disconnect: "continue" });
    happens(CUT);
    expect(said(6).state).toBe("lost");
  });

  it("is that they are back, for a moment", () => {
    happens(CUT, BACK);
    expect(said(1).words).toBe("Your partner is back.");
    expect(said(4).words).toBe("");
  });

  it("counts from the last of several", () => {
    notes = new Notes(0, 3, { ...RULES, on_leave: "smaller" });
    happens(CUT);
    expect(said().words).toContain("One of your partners lost the connection");
    notes.happened({ ...CUT, peer: 2 } as MatchEvent, NOW + 20_000);
    expect(said(40).words).toBe(
      "Some of your partners lost the connection. The game goes on; they may still come back (10 s).",
    );
    expect(said(51).words).toBe("Some of your partners have left; the game goes on.");
  });
});

describe("What is told of several partners", () => {
  it("says how many it waits for", () => {
    notes = new Notes(0, 3, RULES);
    happens(SILENT, held("silence", 5, 1));
    expect(said().words).toContain("Waiting for one of your partners. The connection to one of your partners");
    happens({ type: "interrupted", peer: 2 });
    expect(said().words).toContain("Waiting for some of your partners");
    expect(said(6).words).toContain("whether some of your partners are still there");
    happens(held("hidden", null, 1, 2));
    expect(said()).toMatchObject({ words: expect.stringContaining("Some of your partners are away") });
  });
});

describe("The title of an end", () => {
  it.each([
    ["partner_left", { group: 2, on_leave: "end" }, "Your partner has left the game"],
    ["partner_left", { group: 3, on_leave: "end" }, "One of your partners has left the game"],
    ["partner_left", { group: 3, on_leave: "smaller" }, "Your partners have left the game"],
    ["connection_failed", { group: 2 }, "The connection was lost"],
    ["excluded", { group: 2 }, "The game is over for you"],
    ["step_failed", { group: 2 }, "The game had to stop"],
    ["step_failed", null, "The game had to stop"],
  ] as const)("of %s with %j is: %s", (reason, rules, title) => {
    expect(endTitle(reason, rules)).toBe(title);
  });
});
