import { describe, expect, it } from "vitest";

import { PathLog, type FramePath } from "../src/latency";
import { EpisodeRecorder } from "../src/recorder";
import type { Item } from "../src/protocol.gen";

const ORIGIN = 5_000_000;

function path(frame: number, more: Partial<FramePath> = {}): FramePath {
  const due = ORIGIN + frame * 100;
  const alone = { predicted: 0, rollback: 0, rollbackMs: 0 };
  const times = { due, sampled: due + 2, executed: due + 5, arrived: due + 6 };
  return { frame, ...times, stepMs: 2.5, painted: null, presses: [], ...alone, ...more };
}

describe("PathLog", () => {
  it("gives each tick as times since the episode began, and costs", () => {
    const log = new PathLog(10, ORIGIN);
    log.ticked(path(3));
    log.painted(3, ORIGIN + 316.7);
    expect(log.takeBefore(1)).toEqual([{ index: 0, ticks: [[3, 300, 2, 2.5, 316.7, 0, 0, 0]], keys: [] }]);
  });

  it("gives each key press its whole path", () => {
    const log = new PathLog(10, ORIGIN);
    log.ticked(path(3, { presses: [{ id: 1, key: "ArrowUp", t: ORIGIN + 280.5, sampled: ORIGIN + 302, acts: 3 }] }));
    log.painted(3, ORIGIN + 316);
    expect(log.takeBefore(1)[0]?.keys).toEqual([[3, "ArrowUp", 280.5, 302, 305, 316]]);
  });

  it("says so where nothing was painted, as in a hidden tab", () => {
    const log = new PathLog(10, ORIGIN);
    log.ticked(path(0, { presses: [{ id: 1, key: "a", t: ORIGIN, sampled: ORIGIN, acts: 0 }] }));
    const [second] = log.takeBefore(1);
    expect(second?.ticks[0]?.[4]).toBeNull();
    expect(second?.keys[0]?.[5]).toBeNull();
  });

  it("takes whole seconds, and each once", () => {
    const log = new PathLog(10, ORIGIN);
    for (let frame = 0; frame < 25; frame += 1) log.ticked(path(frame));
    expect(log.takeBefore(2).map(({ index, ticks }) => [index, ticks.length])).toEqual([
      [0, 10],
      [1, 10],
    ]);
    expect(log.takeBefore(2)).toEqual([]);
    expect(log.takeBefore(Infinity).map(({ index, ticks }) => [index, ticks.length])).toEqual([[2, 5]]);
  });

  it("keeps when a frame was first seen, where it was taken back and came again, and all of its keys", () => {
    const log = new PathLog(10, ORIGIN);
    const press = (id: number) => ({ id, key: "a", t: ORIGIN, sampled: ORIGIN, acts: 3 });
    log.ticked(path(3, { presses: [press(1)] }));
    log.painted(3, ORIGIN + 316);
    log.ticked(path(3, { due: ORIGIN + 500, presses: [press(2)] }));
    log.painted(3, ORIGIN + 516);
    const [second] = log.takeBefore(1);
    expect(second?.ticks).toEqual([[3, 300, 2, 2.5, 316, 0, 0, 0]]);
    expect(second?.keys.length).toBe(2);
  });

  it("completes a path once it is painted, unless it has been taken", () => {
    const log = new PathLog(10, ORIGIN);
    log.ticked(path(1));
    expect(log.painted(1, ORIGIN + 120)).toMatchObject({ frame: 1, painted: ORIGIN + 120 });
    log.takeBefore(1);
    expect(log.painted(1, ORIGIN + 130)).toBeNull();
  });
});

describe("EpisodeRecorder", () => {
  const key = { session_id: "s", episode: 1, generation: 2 };

  function recorded(): { recorder: EpisodeRecorder; put: Item[][] } {
    const put: Item[][] = [];
    const recorder = new EpisodeRecorder(key, 10, ORIGIN, async (items) => void put.push(items));
    return { recorder, put };
  }

  function kinds(items: Item[] | undefined): string[] {
    return (items ?? []).map((item) =>
      item.kind === "event" ? item.kind : `${item.kind} ${"index" in item ? item.index : ""}`.trim(),
    );
  }

  it("puts frames away at once, and how they felt a second later", () => {
    const { recorder, put } = recorded();
    for (let frame = 0; frame < 20; frame += 1) {
      recorder.paths.ticked(path(frame));
      const head = { index: Math.floor(frame / 10), first: frame - 9, rows: 10, digest: "d" };
      if (frame % 10 === 9) recorder.chunks([head], [Uint8Array.of(255, 0)]);
    }
    expect(put.map(kinds)).toEqual([["chunk 0"], ["chunk 1", "experience 0"]]);
    expect(put[0]?.[0]).toMatchObject({ kind: "chunk", ...key, index: 0, rows: 10, data: "/wA=" });
  });

  it("ends an episode with what is left and its last word", () => {
    const { recorder, put } = recorded();
    recorder.paths.ticked(path(10));
    recorder.end({ frames: 11, end_reason: "terminated" });
    expect(put.map(kinds)).toEqual([["experience 1", "episode_end"]]);
    expect(put[0]?.[1]).toEqual({ kind: "episode_end", ...key, frames: 11, end_reason: "terminated" });
  });

  it("says nothing of a second that is over already", () => {
    const { recorder, put } = recorded();
    recorder.chunks([], []);
    recorder.abandon();
    expect(put).toEqual([]);
  });
});
