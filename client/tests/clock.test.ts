import { beforeEach, describe, expect, it } from "vitest";

import { NudgedClock } from "../src/clock";
import { FakeClock } from "./fakes";

let inner: FakeClock;
let clock: NudgedClock;
let rung: string[];

beforeEach(() => {
  inner = new FakeClock();
  clock = new NudgedClock(inner);
  rung = [];
});

const ring = (name: string) => (): void => void rung.push(name);

describe("NudgedClock", () => {
  it("keeps time as the clock does that it has", () => {
    clock.after(100, ring("a"));
    const cancel = clock.after(100, ring("b"));
    cancel();
    inner.advance(99);
    expect([rung, clock.now()]).toEqual([[], 99]);
    inner.advance(1);
    expect([rung, inner.pending]).toEqual([["a"], 0]);
  });

  it("rings what is due when it is nudged, though all timers sleep, and once", () => {
    clock.after(300, ring("late"));
    clock.after(200, ring("b"));
    clock.after(100, ring("a"));
    inner.stall(250);
    clock.nudge();
    expect(rung).toEqual(["a", "b"]);
    inner.advance(1000);
    clock.nudge();
    expect([rung, inner.pending]).toEqual([["a", "b", "late"], 0]);
  });

  it("rings nothing that another timer has called off, and what one sets anew at its time", () => {
    const cancel = clock.after(20, ring("never"));
    clock.after(10, () => {
      cancel();
      clock.after(0, ring("again"));
    });
    inner.stall(50);
    clock.nudge();
    expect(rung).toEqual([]);
    clock.nudge();
    expect(rung).toEqual(["again"]);
  });
});
