import { describe, expect, it } from "vitest";

import { DownloadError, downloads, persistent, type FetchLike } from "../../src/worker/download";
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

describe("downloads", () => {
  /** Sends "0123", then breaks off; after `breaks` such answers, sends all. */
  function breaking(breaks: number): { fetch: FetchLike; asked: () => number } {
    let asked = 0;
    const fetch: FetchLike = async () => {
      const isBroken = asked++ < breaks;
      const parts = ["0123", isBroken ? null : "4567"].values();
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const { done, value } = parts.next();
          if (value === null) controller.error(new TypeError("network error"));
          else if (done) controller.close();
          else controller.enqueue(new TextEncoder().encode(value));
        },
      });
      return new Response(body, { headers: { "content-type": "image/png" } });
    };
    return { fetch, asked: () => asked };
  }

  async function downloaded(fetch: FetchLike): Promise<{ file: Blob | Error; arrived: number[] }> {
    const [clock, arrived] = [new FakeClock(), [] as number[]];
    const loading = downloads(fetch, clock)("/file", (bytes) => arrived.push(bytes)).catch((error: Error) => error);
    await clock.run(60_000, 1_000);
    return { file: await loading, arrived };
  }

  it("give the whole file, of its type, and count its bytes", async () => {
    const { file, arrived } = await downloaded(breaking(0).fetch);
    expect(await (file as Blob).text()).toBe("01234567");
    expect((file as Blob).type).toBe("image/png");
    expect(arrived).toEqual([4, 4]);
  });

  it("begin again where one breaks off, and take back what came in vain", async () => {
    const { fetch, asked } = breaking(3);
    const { file, arrived } = await downloaded(fetch);
    expect(await (file as Blob).text()).toBe("01234567");
    expect(asked()).toBe(4);
    expect(arrived).toEqual([4, -4, 4, -4, 4, -4, 4, 4]);
  });

  it("give up after as many tries as requests", async () => {
    const { fetch, asked } = breaking(4);
    const { file } = await downloaded(fetch);
    expect(file).toBeInstanceOf(DownloadError);
    expect(String(file)).toContain("/file: the download broke off (TypeError: network error).");
    expect(asked()).toBe(4);
  });

  it("do not ask twice for what is not there", async () => {
    const { fetch, asked } = server(404);
    expect(String((await downloaded(fetch)).file)).toContain("HTTP status 404");
    expect(asked()).toBe(1);
  });
});
