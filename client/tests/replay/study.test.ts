import { describe, expect, it } from "vitest";

import { linesOf, DataTable } from "../../src/replay/data";
import type { Shown } from "../../src/replay/messages";
import { bytesOf, feltIn, jobOf, rollbacksOf, StudyApi, type EpisodeRecord, type SessionRecord } from "../../src/replay/study";

const FELT = {
  frame: [0, 1, 3],
  predicted: [0, 2, 1],
  rollback: [0, 0, 2],
  rollback_ms: [0, 0, 1.5],
  late_ms: [0.1, 0.2, 0.3],
  step_ms: [1, 1, 1],
  keys: { "3": ["ArrowLeft"] },
};
const EPISODE: EpisodeRecord = {
  frames: 4,
  end_reason: "terminated",
  chunks: ["AQL/"],
  players: { cat: FELT, mouse: { ...FELT, rollback: [1, 0, 0] } },
};
const SHOWN: Shown = {
  frame: 3,
  views: [],
  row: { actions: { cat: "2", mouse: '"<b>up</b>"' }, source: { cat: '"human"' }, infos: {}, extra: { cat: "[1]" } },
  differences: [],
  savable: true,
};

describe("an episode's record", () => {
  it("becomes the job of Python", () => {
    const session = { game: { scene_id: "room" }, seed: 7 } as unknown as SessionRecord;
    const predicted = { cat: { "1": 2, "3": 1 }, mouse: { "1": 2, "3": 1 } };
    expect(JSON.parse(jobOf(session, 2, EPISODE))).toEqual({
      game: { scene_id: "room" },
      seed: 7,
      episode: 2,
      frames: 4,
      predicted,
    });
    expect([...bytesOf("AQL/")]).toEqual([1, 2, 255]);
  });

  it("names the frames before which anybody went back", () => {
    expect(rollbacksOf(EPISODE)).toEqual([0, 3]);
  });

  it("says what a machine did in a frame, if it had a tick", () => {
    expect(feltIn(FELT, 3)).toEqual({
      predicted: 1,
      rollback: 2,
      rollbackMs: 1.5,
      lateMs: 0.3,
      stepMs: 1,
      keys: ["ArrowLeft"],
    });
    expect(feltIn(FELT, 2)).toBeNull();
  });
});

describe("the data of a frame", () => {
  it("has a line for each field that has values, and a column for each agent", () => {
    const lines = linesOf(["cat", "mouse"], SHOWN, EPISODE);
    expect(lines.slice(0, 4)).toEqual([
      ["Action", "2", "<b>up</b>"],
      ["Chosen by", "human", ""],
      ["extra", "[1]", ""],
      ["Keys pressed", "ArrowLeft", "ArrowLeft"],
    ]);
    expect(lines).toContainEqual(["Frames played again", "2 (1.5 ms)", "0"]);
  });

  it("has what is of the game as a whole in one cell", () => {
    const row = { actions: { cat: "2" }, state: { t: "4", pots: "[1,2]" }, state_hash: { "": "00ff" } };
    const lines = linesOf(["cat", "mouse"], { ...SHOWN, row }, EPISODE);
    expect(lines.slice(0, 4)).toEqual([
      ["Action", "2", ""],
      ["State: t", "4"],
      ["State: pots", "[1,2]"],
      ["Hash of the state", "00ff"],
    ]);
    const table = new DataTable();
    table.show(["cat", "mouse"], { ...SHOWN, row }, EPISODE);
    const cells = [...table.element.querySelectorAll("td[colspan='2']")].map((cell) => cell.textContent);
    expect(cells).toEqual(["4", "[1,2]", "00ff"]);
  });

  it("is never taken for HTML", () => {
    const table = new DataTable();
    const differences = [{ field: "infos", recorded: "<img src=x>", played: "<script>" }];
    table.show(["cat", "mouse"], { ...SHOWN, differences }, EPISODE);
    expect(table.element.querySelector("b, img, script")).toBeNull();
    expect(table.element.textContent).toContain("<img src=x>");
  });
});

describe("StudyApi", () => {
  it("asks for sessions by their ids, and throws what the server says", async () => {
    const asked: string[] = [];
    const api = new StudyApi(async (url) => {
      asked.push(url);
      return new Response(JSON.stringify({ problem: "nothing is kept" }), { status: 409 });
    });
    await expect(api.episode("a/b", 2)).rejects.toThrow("nothing is kept");
    expect(asked).toEqual(["/api/sessions/a%2Fb/episodes/2"]);
  });
});
