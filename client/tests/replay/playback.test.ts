import { describe, expect, it } from "vitest";

import { next, Playback } from "../../src/replay/playback";

describe("Playback", () => {
  it("begins at the reset, and stands", () => {
    const playback = new Playback(99, 10);
    expect([playback.frame(0), playback.frame(5000), playback.playing]).toEqual([-1, -1, false]);
  });

  it("plays so many frames a second, times its speed", () => {
    const playback = new Playback(99, 10);
    playback.play(1000);
    expect([playback.frame(1099), playback.frame(1100), playback.frame(2000)]).toEqual([-1, 0, 9]);
    playback.setSpeed(4, 2000);
    expect(playback.frame(2500)).toBe(29);
    playback.setSpeed(0.25, 2500);
    expect(playback.frame(2900)).toBe(30);
  });

  it("stands at the end, and begins anew from there", () => {
    const playback = new Playback(4, 10);
    playback.play(0);
    expect([playback.frame(10_000), playback.playing]).toEqual([4, false]);
    playback.toggle(10_000);
    expect([playback.frame(10_000), playback.playing]).toEqual([-1, true]);
  });

  it("stands where it was paused, and steps from whole frame to whole frame", () => {
    const playback = new Playback(99, 10);
    playback.play(0);
    playback.toggle(1950);
    expect([playback.frame(9000), playback.playing]).toEqual([18, false]);
    playback.step(1, 9000);
    expect(playback.frame(9000)).toBe(19);
    playback.step(-3, 9000);
    expect(playback.frame(9000)).toBe(16);
    playback.step(-100, 9000);
    expect(playback.frame(9000)).toBe(-1);
    playback.step(1000, 9000);
    expect(playback.frame(9000)).toBe(99);
  });

  it("goes on from where it is put", () => {
    const playback = new Playback(99, 10);
    playback.play(0);
    playback.seek(50, 700);
    expect([playback.frame(800), playback.playing]).toEqual([51, true]);
  });
});

describe("next", () => {
  it("finds the nearest on either side, and not the one where one is", () => {
    expect([next([3, 8, 20], 8, 1), next([3, 8, 20], 8, -1)]).toEqual([20, 3]);
    expect([next([3, 8, 20], 20, 1), next([3, 8, 20], 3, -1), next([], 3, 1)]).toEqual([null, null, null]);
  });
});
