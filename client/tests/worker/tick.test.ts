import { describe, expect, it } from "vitest";

import { Ticker } from "../../src/worker/tick";
import { FakeClock } from "../fakes";

const PERIOD = 1000 / 60;

function ticking(
  clock: FakeClock,
  onTick: (due: number) => void = () => undefined,
): { times: number[]; ticker: Ticker } {
  const times: number[] = [];
  const ticker = new Ticker(clock, PERIOD, (due) => {
    times.push(clock.now());
    onTick(due);
  });
  ticker.start();
  return { times, ticker };
}

describe("Ticker", () => {
  it("is exact on average though every timer fires late", () => {
    const clock = new FakeClock();
    clock.lag = 3;
    const { times } = ticking(clock);
    clock.advance(60_000);
    expect(times.length).toBeGreaterThanOrEqual(3599);
    expect(times.length).toBeLessThanOrEqual(3600);
  });

  it("says when each tick was due: one period after the other", () => {
    const clock = new FakeClock();
    clock.lag = 2;
    const due: number[] = [];
    ticking(clock, (moment) => due.push(moment));
    clock.advance(1000);
    due.forEach((moment, index) => expect(moment).toBeCloseTo((index + 1) * PERIOD));
  });

  it("catches up with a hiccup", () => {
    const clock = new FakeClock();
    const { times } = ticking(clock);
    clock.advance(10 * PERIOD + 1);
    clock.stall(2.5 * PERIOD);
    clock.advance(10 * PERIOD);
    expect(times.length).toBe(22);
  });

  it("drops the debt of a long stall instead of chasing it", () => {
    const clock = new FakeClock();
    const { times } = ticking(clock);
    clock.advance(10 * PERIOD + 1);
    clock.stall(60_000);
    const before = times.length;
    clock.advance(10 * PERIOD);
    expect(times.length - before).toBe(11);
  });

  it("may be stopped by its own tick", () => {
    const clock = new FakeClock();
    const { times, ticker } = ticking(clock, () => ticker.stop());
    clock.advance(1000);
    expect(times.length).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
