import { describe, expect, it } from "vitest";

import { Entropy } from "../../src/worker/entropy";

function bytes(entropy: Entropy, count: number): number[] {
  return [...entropy.fill(new Uint8Array(count))];
}

function entropy(): Entropy {
  return new Entropy((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(7));
}

describe("Entropy", () => {
  it("is the browser's own by itself and after a frame", () => {
    const source = entropy();
    expect(bytes(source, 3)).toEqual([7, 7, 7]);
    source.restart(1, 2, 3, 4);
    expect(bytes(source, 3)).not.toEqual([7, 7, 7]);
    source.restart(undefined);
    expect(bytes(source, 3)).toEqual([7, 7, 7]);
  });

  it("depends on all four words, and on nothing else", () => {
    const source = entropy();
    const streamOf = (...words: [number, number, number, number]): string => {
      source.restart(...words);
      return bytes(source, 32).join();
    };
    const streams = [
      streamOf(1, 2, 3, 4),
      streamOf(0, 2, 3, 4),
      streamOf(1, 0, 3, 4),
      streamOf(1, 2, 0, 4),
      streamOf(1, 2, 3, 0),
    ];
    expect(new Set(streams).size).toBe(5);
    expect(streamOf(1, 2, 3, 4)).toBe(streams[0]);
  });

  it("keeps its stream: a changed one would change what recorded episodes replay to", () => {
    const source = entropy();
    source.restart(0x12345678, 0x9abcdef0, 0xdeadbeef, 1);
    expect(bytes(source, 8)).toMatchInlineSnapshot(`
      [
        244,
        17,
        204,
        94,
        22,
        60,
        111,
        246,
      ]
    `);
  });

  it("fills views of any kind, and only their part of the buffer", () => {
    const source = entropy();
    source.restart(1, 2, 3, 4);
    const buffer = new ArrayBuffer(12);
    source.fill(new Uint32Array(buffer, 4, 1));
    const all = [...new Uint8Array(buffer)];
    expect(all.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(all.slice(8)).toEqual([0, 0, 0, 0]);
    expect(all.slice(4, 8)).not.toEqual([0, 0, 0, 0]);
  });

  it("looks random: every byte about as often", () => {
    const source = entropy();
    source.restart(5, 6, 7, 8);
    const counts = new Array<number>(256).fill(0);
    for (const byte of bytes(source, 256 * 400)) counts[byte] = (counts[byte] ?? 0) + 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
    expect(chiSquare).toBeLessThan(350); // 255 degrees of freedom: p < 0.0001
  });
});
