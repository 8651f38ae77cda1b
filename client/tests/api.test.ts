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
});
