import { describe, expect, it } from "vitest";

import { arrange } from "../../src/replay/sheet";
import { atOnce } from "../../src/replay/views";
import { crc32, zip } from "../../src/replay/zip";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe("zip", () => {
  it("sums as zip files do", () => {
    expect(crc32(bytes("123456789"))).toBe(0xcbf43926);
    expect(crc32(bytes(""))).toBe(0);
  });

  it("says of each file where it is, and how long", async () => {
    const file = new DataView(await zip([{ name: "a.png", data: bytes("one") }, { name: "b", data: bytes("") }]).arrayBuffer());
    const end = file.byteLength - 22;
    expect(file.getUint32(end, true)).toBe(0x06054b50);
    expect(file.getUint16(end + 10, true)).toBe(2);
    const directory = file.getUint32(end + 16, true);
    expect(file.getUint32(directory, true)).toBe(0x02014b50);
    expect([file.getUint32(directory + 16, true), file.getUint32(directory + 24, true)]).toEqual([crc32(bytes("one")), 3]);
    const second = directory + 46 + 5;
    expect(file.getUint32(file.getUint32(second + 42, true), true)).toBe(0x04034b50);
    expect(second + 46 + 1).toBe(end);
  });
});

describe("a sheet", () => {
  it("has the pictures side by side, and even sides", () => {
    const { size, places } = arrange([
      { width: 101, height: 50 },
      { width: 40, height: 61 },
    ]);
    expect(places).toEqual([
      { x: 0, y: 28, width: 101, height: 50 },
      { x: 113, y: 28, width: 40, height: 61 },
    ]);
    expect([size.width, size.height]).toEqual([154, 118]);
  });
});

describe("a picture", () => {
  it("is there at once", () => {
    const packet = { full: false, set: [{ id: "a", t: "rect", x: 1, tween: 80 }], drop: ["b"] };
    expect(atOnce(packet)).toEqual({ full: false, set: [{ id: "a", t: "rect", x: 1, tween: 0 }], drop: ["b"] });
  });
});
