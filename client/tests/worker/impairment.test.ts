import { describe, expect, it } from "vitest";

import { BadNetwork } from "../../src/worker/impairment";
import type { Impairment } from "../../src/worker/messages";
import { FakeClock } from "../fakes";

/** A small generator (mulberry32) with a seed, so that a run is always the same. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How long each of `count` frames took that were sent 16 ms apart, in the order of their arrival. */
function delays(impairment: Impairment, count: number): { sent: number; took: number }[] {
  const clock = new FakeClock();
  const network = new BadNetwork(impairment, clock, seeded(7));
  const arrived: { sent: number; took: number }[] = [];
  for (let frame = 0; frame < count; frame += 1) {
    const sent = clock.now();
    network.carry(() => arrived.push({ sent, took: clock.now() - sent }));
    clock.advance(16);
  }
  clock.advance(1000);
  return arrived;
}

describe("BadNetwork", () => {
  it("loses the given share", () => {
    const arrived = delays({ delay: 0, jitter: 0, loss: 20 }, 5000);
    expect(arrived.length / 5000).toBeCloseTo(0.8, 1);
    expect(new Set(arrived.map(({ took }) => took))).toEqual(new Set([0]));
  });

  it("delays by more or less, evenly, so that some overtake others", () => {
    const arrived = delays({ delay: 100, jitter: 30, loss: 0 }, 2000);
    const took = arrived.map((one) => one.took);
    expect(arrived.length).toBe(2000);
    expect(Math.min(...took)).toBeGreaterThanOrEqual(70);
    expect(Math.max(...took)).toBeLessThanOrEqual(130);
    expect(took.reduce((sum, one) => sum + one) / took.length).toBeCloseTo(100, -1);
    expect(took.filter((one) => one < 85).length / 2000).toBeCloseTo(0.25, 1);
    expect(arrived.some(({ sent }, index) => sent < (arrived[index - 1]?.sent ?? 0))).toBe(true);
  });

  it("delivers nothing any more once it is closed", () => {
    const clock = new FakeClock();
    const network = new BadNetwork({ delay: 50, jitter: 0, loss: 0 }, clock, () => 0.5);
    let arrived = 0;
    network.carry(() => (arrived += 1));
    network.close();
    clock.advance(100);
    expect([arrived, clock.pending]).toEqual([0, 0]);
  });
});
