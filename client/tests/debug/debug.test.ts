import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDebug, debugMode } from "../../src/debug";
import { createLatencyLog } from "../../src/debug/latency";
import { quantile, Recent } from "../../src/debug/quantiles";

const ALONE = { predicted: 0, rollback: 0, rollbackMs: 0 };
const FRAME = { episode: 0, frame: 7, dueMs: 1000, lateMs: 1, stepMs: 4, packetMs: 1006, paintedMs: 1016, ...ALONE };
const KEY = { key: "ArrowUp", eventMs: 980, sampledMs: 1001, executedMs: 1005, paintedMs: 1016 };

describe("quantile", () => {
  it("lies between two values where it must", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([5], 0.95)).toBe(5);
    expect(quantile([1, 2, 3], 1)).toBe(3);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("Recent", () => {
  it("forgets the oldest", () => {
    const recent = new Recent(3);
    expect(recent.last).toBeNaN();
    for (const value of [100, 1, 2, 3]) recent.add(value);
    expect(recent.last).toBe(3);
    expect(recent.quantile(1)).toBe(3);
    expect(recent.above(1)).toBe(2);
  });
});

describe("the debug view", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    document.body.replaceChildren();
  });

  it("is asked for in the address", () => {
    expect([debugMode(""), debugMode("?debug"), debugMode("?debug=1"), debugMode("?debug=latency")]).toEqual([
      "off",
      "overlay",
      "overlay",
      "latency",
    ]);
  });

  it("shows figures in the page, four times a second at most", () => {
    const debug = createDebug(document.body, "overlay");
    const overlay = document.querySelector("#debug");
    debug.status({ episode: 2, renderer: "canvas", outbox: 3 });
    debug.key(KEY);
    for (let i = 0; i < 30; i++) debug.frame({ ...FRAME, frame: i, paintedMs: 1000 + i * 50, lateMs: i });
    expect(overlay?.textContent).toBe("");
    vi.advanceTimersByTime(250);
    expect(overlay?.textContent).toBe(
      [
        "episode 2  frame 29  canvas",
        "fps 20",
        "late  29.0 ms (median 14.5, p95 27.5)",
        "step  4.0 ms (median 4.0, p95 4.0)",
        "input to paint  36.0 ms (median 36.0, p95 36.0)",
        "outbox 3",
      ].join("\n"),
    );
    debug.destroy();
    expect(document.querySelector("#debug")).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("shows the lines to the partners, and what rollbacks take, in games that have them", () => {
    const debug = createDebug(document.body, "overlay");
    debug.status({ links: [[0, "right", "direct", "host udp", 31.6, 2, 0.01, 20, 19]], impairment: "loss 5 %" });
    debug.frame({ ...FRAME, predicted: 2, rollback: 3, rollbackMs: 4 });
    vi.advanceTimersByTime(250);
    expect(document.querySelector("#debug")?.textContent?.split("\n").slice(-4)).toEqual([
      "predicted  2.0 frames (median 2.0, p95 2.0)",
      "rollbacks 1  3 frames  deepest 3  4.0 ms (median 4.0, p95 4.0)",
      "right: direct host udp  ping 32 ms ± 2.0  lost 1.0 %  out 20 in 19",
      "impaired on purpose: loss 5 %",
    ]);
    debug.destroy();
  });

  it("says where the milliseconds of a frame and of a key went", () => {
    const lines: string[] = [];
    const debug = createLatencyLog((line) => lines.push(line));
    debug.frame(FRAME);
    debug.key(KEY);
    expect(lines).toEqual([
      "frame 0/7: late 1.0 ms, step 4.0 ms, to page 1.0 ms, to paint 10.0 ms, total 16.0 ms",
      'key "ArrowUp": to sample 21.0 ms, to step 4.0 ms, to paint 11.0 ms, total 36.0 ms',
    ]);
  });

  it("does nothing when it is off", () => {
    const debug = createDebug(document.body, "off");
    debug.frame(FRAME);
    debug.destroy();
    expect(document.body.childElementCount).toBe(0);
  });
});
