import { describe, expect, it } from "vitest";

import type { FromReplay, ToReplay } from "../../src/replay/messages";
import { Reel, ReplayFailed, type ReplayWorker } from "../../src/replay/reel";

const SOURCE = { pyodide: "/p/", pyodideBytes: 1, packages: [], archive: { url: "/a", bytes: 1 } };
const FOUND = { frame: 5, last: 5, frames: 6, difference: null, differing: 0, savable: true };

class FakeWorker implements ReplayWorker {
  readonly asked: ToReplay[] = [];
  terminated = false;
  private listener: (event: Event) => void = () => undefined;

  postMessage(message: ToReplay): void {
    this.asked.push(message);
  }

  addEventListener(type: string, listener: (event: Event) => void): void {
    if (type === "message") this.listener = listener;
  }

  terminate(): void {
    this.terminated = true;
  }

  say(data: FromReplay): void {
    this.listener(new MessageEvent("message", { data }));
  }
}

function opened() {
  const worker = new FakeWorker();
  const heard: number[] = [];
  const listener = { progress: () => undefined, checked: ({ frame }: { frame: number }) => void heard.push(frame) };
  return { worker, heard, reel: new Reel(worker, listener, SOURCE, "program") };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("Reel", () => {
  it("opens an episode when Python is there, and when it has been played to its end", async () => {
    const { worker, heard, reel } = opened();
    const opening = reel.open("{}", []);
    expect(worker.asked.map(({ type }) => type)).toEqual(["load"]);
    worker.say({ type: "loaded" });
    await settled();
    worker.say({ type: "checked", run: 1, found: { ...FOUND, frame: 2 } });
    worker.say({ type: "checked", run: 1, found: FOUND });
    expect(await opening).toEqual(FOUND);
    expect(heard).toEqual([2, 5]);
  });

  it("asks for one thing at a time", async () => {
    const { worker, reel } = opened();
    worker.say({ type: "loaded" });
    const [one, two] = [reel.show(1, true), reel.show(2, true)];
    await settled();
    expect(worker.asked).toHaveLength(2);
    const shown = { views: [], row: {}, differences: [], savable: true };
    worker.say({ type: "shown", run: 0, shown: { frame: 1, ...shown }, pixels: [] });
    expect((await one).shown.frame).toBe(1);
    await settled();
    worker.say({ type: "shown", run: 0, shown: { frame: 2, ...shown }, pixels: [] });
    expect((await two).shown.frame).toBe(2);
  });

  it("tells of failures, and goes on", async () => {
    const { worker, reel } = opened();
    worker.say({ type: "loaded" });
    const bad = reel.show(1, true);
    await settled();
    worker.say({ type: "failed", run: 0, problem: "lava", detail: "Traceback" });
    await expect(bad).rejects.toEqual(new ReplayFailed("lava", "Traceback"));
    const good = reel.show(2, true);
    await settled();
    worker.say({ type: "shown", run: 0, shown: { frame: 2, views: [], row: {}, differences: [], savable: true }, pixels: [] });
    expect((await good).shown.frame).toBe(2);
  });

  it("leaves nobody waiting when it is closed", async () => {
    const { worker, reel } = opened();
    const opening = reel.open("{}", []);
    reel.close();
    await expect(opening).rejects.toThrow("closed");
    expect(worker.terminated).toBe(true);
  });
});
