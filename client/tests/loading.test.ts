import { describe, expect, it } from "vitest";
import { loadingState } from "../src/loading";
import type { LoadStage } from "../src/worker/messages";

const MB = 1_000_000;

function python(stage: LoadStage, received = 0): Parameters<typeof loadingState>[0] {
  return { stage, received, total: 10 * MB };
}

describe("the loading bar", () => {
  const none = { received: 0, total: 0 };

  it("counts Python and the pictures together", () => {
    const state = loadingState(python("download", 2 * MB), { received: MB, total: 2 * MB });
    expect(state).toEqual({ label: "Loading the game: 3.0 of 12.0 MB", part: 0.25 });
  });

  it("tells what Python does when almost all is here", () => {
    expect(loadingState(python("download", 9.9 * MB), none)).toEqual({ label: "Starting Python …", part: null });
    expect(loadingState(python("download"), { received: 0, total: 0 }).part).toBe(0);
    expect(loadingState(python("unpack"), none).label).toBe("Unpacking the game …");
    expect(loadingState(python("prepare"), none).label).toBe("Preparing the game …");
  });

  it("shows pictures that take longer than Python", () => {
    const state = loadingState(null, { received: MB, total: 4 * MB });
    expect(state).toEqual({ label: "Loading the game: 1.0 of 4.0 MB", part: 0.25 });
    expect(loadingState(null, { received: 4 * MB, total: 4 * MB }).label).toBe("Setting up the game …");
    expect(loadingState(null, none).label).toBe("Setting up the game …");
  });
});
