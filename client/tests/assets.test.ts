import { describe, expect, it } from "vitest";
import { frameBox, preloadAssets } from "../src/assets";
import type { GameAsset } from "../src/protocol.gen";

const asset: GameAsset = { name: "a", url: "/pictures/a.png", bytes: 4, size: [48, 39], cell: null, atlas: null };

describe("frames", () => {
  it("of a sheet are cells, by rows", () => {
    const sheet: GameAsset = { ...asset, cell: [16, 16] };
    expect(frameBox(sheet, 0)).toEqual([0, 0, 16, 16]);
    expect(frameBox(sheet, 5)).toEqual([32, 16, 16, 16]);
    for (const none of [6, -1, "0", "pot"]) expect(frameBox(sheet, none)).toBeNull();
  });

  it("of an atlas have names", () => {
    const atlas: GameAsset = { ...asset, atlas: { pot: [1, 2, 3, 4] } };
    expect(frameBox(atlas, "pot")).toEqual([1, 2, 3, 4]);
    for (const none of ["plate", "toString", 0]) expect(frameBox(atlas, none)).toBeNull();
    expect(frameBox(asset, 0)).toBeNull();
  });
});

describe("loading", () => {
  it("without any picture is done at once", async () => {
    const pictures = await preloadAssets([], () => expect.unreachable(), () => expect.unreachable());
    expect(pictures.size).toBe(0);
  });

  it("throws what the network throws", async () => {
    const loading = preloadAssets([asset], () => undefined, () => Promise.reject(new Error("no network")));
    await expect(loading).rejects.toThrow("no network");
  });
});
