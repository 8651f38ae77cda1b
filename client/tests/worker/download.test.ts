import { describe, expect, it } from "vitest";

import { DownloadError, persistent, type FetchLike } from "../../src/worker/download";
import { FakeClock } from "../fakes";

/** Answers with these, one after the other: a status, or null where nobody answers. */
function server(...answers: (number | null)[]): { fetch: FetchLike; asked: () => number } {
  let asked = 0;
  const fetch: FetchLike = async () => {
    const status = answers[Math.min(asked++, answers.length - 1)] ?? null;
    if (status === null) throw new TypeError("Failed to fetch");
    return new Response("body", { status });
  };
  return { fetch, asked: () => asked };
}

async function outcome(fetch: FetchLike): Promise<Response | Error> {
  const clock = new FakeClock();
  const answer = persistent(fetch, clock)("/file").catch((error: Error) => error);
  await clock.run(60_000, 1_000);
  return answer;
}

describe("persistent", () => {
  it("answers at once where all is well", async () => {
    const { fetch, asked } = server(200);
    expect(await outcome(fetch)).toBeInstanceOf(Response);
    expect(asked()).toBe(1);
  });

  it("tries again where the network or the server fails for a moment", async () => {
    const { fetch, asked } = server(null, 503, 200);
    expect(await outcome(fetch)).toBeInstanceOf(Response);
    expect(asked()).toBe(3);
  });

  it("does not ask twice for what is not there, and says what came back", async () => {
    const { fetch, asked } = server(404);
    const error = await outcome(fetch);
    expect(error).toBeInstanceOf(DownloadError);
    expect((error as Error).message).toBe("/file: the server answered with HTTP status 404.");
    expect(asked()).toBe(1);
  });

  it("gives up after a few tries", async () => {
    const { fetch, asked } = server(null);
    expect(String(await outcome(fetch))).toContain("could not be reached (TypeError: Failed to fetch)");
    expect(asked()).toBe(4);
  });
});
