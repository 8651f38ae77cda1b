import { describe, expect, it } from "vitest";

import { MAX_CONTROL_BYTES } from "../../src/protocol.gen";
import { Batches, batchOf, entriesIn } from "../../src/worker/batch";

function collected(): { batches: Batches; posted: Uint8Array<ArrayBuffer>[] } {
  const posted: Uint8Array<ArrayBuffer>[] = [];
  return { batches: new Batches((batch) => posted.push(batch)), posted };
}

describe("Batches", () => {
  it("hold what belongs together, in its order; all else goes alone and at once", () => {
    const { batches, posted } = collected();
    batches.together(() => {
      batches.add(1, Uint8Array.of(7, 8));
      batches.add(255, Uint8Array.of(9));
      expect(posted).toEqual([]);
    });
    batches.add(2, Uint8Array.of(5));
    batches.together(() => undefined);
    expect(posted).toEqual([Uint8Array.of(1, 0, 2, 7, 8, 255, 0, 1, 9), Uint8Array.of(2, 0, 1, 5)]);
  });

  it("are as long as a message may be, at most", () => {
    const { batches, posted } = collected();
    const frames = [30_000, 33_994, 1, MAX_CONTROL_BYTES - 3, 1].map((size) => new Uint8Array(size));
    batches.together(() => frames.forEach((frame) => batches.add(1, frame)));
    expect(posted.map(({ length }) => length)).toEqual([64_000, 4, 64_000, 4]);
  });

  it("go even if what was done has failed", () => {
    const { batches, posted } = collected();
    const failing = (): void => {
      batches.add(1, Uint8Array.of(7));
      throw new Error("no");
    };
    expect(() => batches.together(failing)).toThrow("no");
    expect(posted.length).toBe(1);
  });
});

describe("entriesIn", () => {
  it("takes a batch apart, as far as it is one", () => {
    const entries = [300, 0, 2].map((size, peer) => ({ peer, frame: new Uint8Array(size).fill(peer) }));
    const batch = batchOf(entries);
    expect([...entriesIn(batch)]).toEqual(entries);
    expect([...entriesIn(batch.slice(0, -1))]).toEqual(entries.slice(0, 2));
    expect([...entriesIn(batch.slice(0, 304))]).toEqual(entries.slice(0, 1));
  });
});
