import { describe, expect, it } from "vitest";

import { ReplayPage, type Commands } from "../../src/replay/page";
import type { EpisodeLine, SessionLine } from "../../src/replay/study";

const whole: EpisodeLine = { number: 0, frames: 40, end_reason: "terminated", parity: "identical" };
const part: EpisodeLine = { number: 1, frames: 20, end_reason: null, parity: null };
const session: SessionLine = {
  id: "s-1",
  scene: "kitchen",
  began: "2026-01-05T09:00:00.000+00:00",
  end_reason: "withdrew",
  players: [{ agent: "chef", participant: "p-1" }],
  episodes: [whole, part],
};

describe("the viewer's page", () => {
  it("says of each episode how it ended, or that it is incomplete and how far its record goes", () => {
    const page = new ReplayPage("study", {} as Commands);
    page.list([session]);
    page.open(session, whole);
    const texts = [...page.element.querySelectorAll("select")[1]!.options].map(({ text }) => text);
    expect(texts).toEqual(["Episode 0 (40 frames)", "Episode 1 (20 frames, incomplete)"]);
    expect(page.element.textContent).toContain("chef: p-1 · ended: terminated · parity identical");
    page.open(session, part);
    expect(page.element.textContent).toContain("chef: p-1 · incomplete: the record ends after frame 19");
  });
});
