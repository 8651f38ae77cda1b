import { expect, it } from "vitest";

import { describeImpairment, impairmentOf } from "../../src/match/impairment";

it("is what the address asks for", () => {
  expect(impairmentOf("?debug&delay=100&jitter=20&loss=5")).toEqual({ delay: 100, jitter: 20, loss: 5 });
  expect(impairmentOf("?loss=2.5")).toEqual({ delay: 0, jitter: 0, loss: 2.5 });
});

it("is nothing where nothing is asked for, or nothing that can be", () => {
  for (const query of ["", "?delay=0", "?delay=much", "?loss=-5", "?jitter=", "?delay=Infinity"]) {
    expect(impairmentOf(query)).toBeNull();
  }
});

it("stays within bounds, and says what it is", () => {
  const worst = impairmentOf("?delay=1e9&jitter=1e9&loss=1000");
  expect(worst).toEqual({ delay: 2000, jitter: 2000, loss: 100 });
  expect(worst && describeImpairment(worst)).toBe("delay 2000 ms, jitter 2000 ms, loss 100 %");
});
