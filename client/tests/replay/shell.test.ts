import { describe, expect, it } from "vitest";

import type { FromReplay, Shown } from "../../src/replay/messages";
import { ReplayShell, type Replay } from "../../src/replay/shell";

const SOURCE = { pyodide: "/p/", pyodideBytes: 1, packages: [], archive: { url: "/a", bytes: 1 } };
const VIEW = { agent: "0", draw: null, hud: null, predicted: 0, problem: null };

/** Takes 20 ms for each check, and shows pixels. */
class FakeReplay implements Replay {
  frame = -1;
  closed = false;

  constructor(
    private readonly last: number,
    private readonly passed: (ms: number) => void,
  ) {}

  check(most: number): string {
    this.passed(20);
    this.frame = Math.min(this.frame + most, this.last);
    return JSON.stringify({ frame: this.frame, last: this.last, frames: 13, difference: null, differing: 0, savable: true });
  }

  show(frame: number, players: boolean): string {
    if (frame === 7) throw new Error("Traceback:\n  somewhere\nValueError: the floor is lava\n");
    const views = [{ ...VIEW, pixels: [1, 1] as [number, number] }, ...(players ? [{ ...VIEW, pixels: null }] : [])];
    return JSON.stringify({ frame, views, row: {}, differences: [], savable: true } satisfies Shown);
  }

  pixels(position: number): ArrayBuffer {
    return new Uint8Array([position, 2, 3, 4]).buffer;
  }

  close(): void {
    this.closed = true;
  }
}

function started(last = 12, loads = true) {
  const said: FromReplay[] = [];
  const transferred: ArrayBuffer[] = [];
  const replays: FakeReplay[] = [];
  const later: (() => void)[] = [];
  let now = 0;
  const shell = new ReplayShell({
    load: async () => {
      if (!loads) throw new Error("no Python");
      return { open: () => (replays.push(new FakeReplay(last, (ms) => (now += ms))), replays.at(-1) as FakeReplay) };
    },
    post: (message, transfer) => {
      said.push(message);
      transferred.push(...transfer);
    },
    now: () => now,
    later: (action) => later.push(action),
  });
  shell.handle({ type: "load", source: SOURCE, program: "" });
  return { shell, said, transferred, replays, later, settled: () => new Promise((resolve) => setTimeout(resolve)) };
}

describe("ReplayShell", () => {
  it("plays an episode to its end in slices, and says how far it is", async () => {
    const { shell, said, later, settled } = started();
    await settled();
    shell.handle({ type: "open", run: 1, job: "{}", chunks: [] });
    while (later.length > 0) later.shift()?.();
    expect(said.map((message) => (message.type === "checked" ? message.found.frame : message.type))).toEqual([
      "loaded",
      12,
    ]);
  });

  it("lets another episode in between, and says nothing more of the first", async () => {
    const { shell, said, later, replays, settled } = started(100);
    await settled();
    shell.handle({ type: "open", run: 1, job: "{}", chunks: [] });
    shell.handle({ type: "open", run: 2, job: "{}", chunks: [] });
    while (later.length > 0) later.shift()?.();
    const checked = said.filter((message) => message.type === "checked");
    expect(checked.filter(({ run }) => run === 1)).toHaveLength(1);
    expect(checked.at(-1)).toMatchObject({ run: 2, found: { frame: 100 } });
    expect(replays.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it("hands over the pixels of each view that has some", async () => {
    const { shell, said, transferred, settled } = started();
    await settled();
    shell.handle({ type: "open", run: 1, job: "{}", chunks: [] });
    shell.handle({ type: "show", run: 1, frame: 3, players: true });
    const shown = said.at(-1);
    if (shown?.type !== "shown") throw new Error("nothing was shown");
    expect(shown.shown.frame).toBe(3);
    expect([shown.pixels.map((one) => one?.byteLength), transferred.length]).toEqual([[4, undefined], 1]);
  });

  it("says what failed by the last line of Python's traceback", async () => {
    const { shell, said, settled } = started();
    await settled();
    shell.handle({ type: "open", run: 1, job: "{}", chunks: [] });
    shell.handle({ type: "show", run: 1, frame: 7, players: true });
    expect(said.at(-1)).toMatchObject({ type: "failed", run: 1, problem: "ValueError: the floor is lava" });
  });

  it("says that there is no Python", async () => {
    const { said, settled } = started(12, false);
    await settled();
    expect(said).toMatchObject([{ type: "failed", run: null, problem: "no Python" }]);
  });
});
