import { describe, expect, it, vi } from "vitest";

import { Api } from "../src/api";

describe("Api", () => {
  it("ends an upload that nobody answers, so that it can be tried on another connection", async () => {
    const limit = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(limit.signal);
    const never = (_: string, { signal }: RequestInit): Promise<Response> =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
    const upload = new Api(never, { token: () => "t", tab: "tab" }).upload({ items: [] });
    limit.abort(new DOMException("too late", "TimeoutError"));
    await expect(upload).rejects.toThrow("too late");
    expect(timeout).toHaveBeenCalledOnce();
    timeout.mockRestore();
  });

  it.each([
    ["an answer that was cut off", 200, '{"episode": 0, "gen', true],
    ["a server that starts", 503, "", true],
    ["a refusal", 403, '{"kind": "refused", "reason": "not_your_session", "text": ""}', false],
    ["a machine that is too slow", 409, '{"kind": "refused", "reason": "too_slow", "text": ""}', false],
  ])("tells what may pass from what does not: %s", async (_, status, body, passing) => {
    const fetch = async (): Promise<Response> => new Response(body, { status });
    const resumed = new Api(fetch, { token: () => "t", tab: "tab" }).resume("s-1", null);
    await expect(resumed).rejects.toMatchObject({ name: "HttpError", status, passing });
  });
});
