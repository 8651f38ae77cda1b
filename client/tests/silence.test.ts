import { beforeEach, describe, expect, it } from "vitest";

import { Silence } from "../src/silence";
import { FakeClock } from "./fakes";

let clock: FakeClock;
let fell: number[];
let silence: Silence;

beforeEach(() => {
  clock = new FakeClock();
  fell = [];
  silence = new Silence(clock, 12_000, () => fell.push(clock.now()));
});

describe("Silence", () => {
  it("is told of once, when it has lasted too long", () => {
    silence.broken();
    clock.advance(11_999);
    expect(fell).toEqual([]);
    clock.advance(60_000);
    expect(fell).toEqual([12_000]);
  });

  it("begins anew with whatever comes", () => {
    silence.broken();
    for (let k = 0; k < 5; k += 1) {
      clock.advance(11_000);
      silence.broken();
    }
    expect(fell).toEqual([]);
    clock.advance(12_000);
    expect(fell).toEqual([67_000]);
  });

  it("is no silence where nothing is expected", () => {
    silence.broken();
    silence.end();
    clock.advance(60_000);
    expect(fell).toEqual([]);
  });

  it("does not count the time in which the page stood still", () => {
    silence.broken();
    clock.advance(5_000);
    clock.stall(600_000);
    clock.advance(1_000);
    expect(fell).toEqual([]);
    clock.advance(10_000);
    expect(fell).toHaveLength(1);
  });
});
