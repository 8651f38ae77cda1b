import { describe, expect, it } from "vitest";

import type { LoadProgress } from "../../src/worker/messages";
import { counted, Progress } from "../../src/worker/progress";
import { FakeClock, settled } from "../fakes";

function progressOf(total: number): { clock: FakeClock; reports: LoadProgress[]; progress: Progress } {
  const clock = new FakeClock();
  const reports: LoadProgress[] = [];
  return { clock, reports, progress: new Progress(total, (report) => reports.push(report), clock) };
}

describe("Progress", () => {
  it("adds up the bytes of files that arrive together", () => {
    const { clock, reports, progress } = progressOf(1000);
    progress.add(100);
    clock.advance(200);
    progress.add(300);
    expect(reports).toEqual([
      { stage: "download", received: 100, total: 1000 },
      { stage: "download", received: 400, total: 1000 },
    ]);
  });

  it("reports ten times a second at most", () => {
    const { clock, reports, progress } = progressOf(1_000_000);
    for (let piece = 0; piece < 1000; piece += 1) {
      progress.add(10);
      clock.advance(1);
    }
    expect(reports.length).toBe(10);
  });

  it("never passes the announced total, though sizes are estimates", () => {
    const { reports, progress } = progressOf(100);
    progress.add(500);
    expect(reports.at(-1)?.received).toBe(100);
  });

  it("has everything once something is unpacked", () => {
    const { reports, progress } = progressOf(100);
    progress.enter("unpack");
    expect(reports).toEqual([{ stage: "unpack", received: 100, total: 100 }]);
  });
});

describe("counted", () => {
  it("counts what arrives, and hands on the response itself: only that one has its compiled code cached", async () => {
    const pieces: number[] = [];
    const response = new Response("twelve bytes", { status: 200, headers: { "content-type": "application/wasm" } });
    const same = counted(response, (bytes) => pieces.push(bytes));
    expect(same).toBe(response);
    expect(await same.text()).toBe("twelve bytes");
    expect(same.headers.get("content-type")).toBe("application/wasm");
    await settled();
    expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBe(12);
  });
});
