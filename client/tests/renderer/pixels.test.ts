import { describe, expect, it } from "vitest";
import { forcedKind, isSoftware } from "../../src/renderer/kind";
import { copyPixels } from "../../src/renderer/pixels";

describe("copyPixels", () => {
  it("takes RGBA as it is, and RGB as opaque", () => {
    const target = new Uint8ClampedArray(8);
    copyPixels(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), target);
    expect([...target]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    copyPixels(Uint8Array.of(9, 8, 7, 6, 5, 4), target);
    expect([...target]).toEqual([9, 8, 7, 255, 6, 5, 4, 255]);
  });

  it("refuses an array of another size", () => {
    expect(() => copyPixels(new Uint8Array(7), new Uint8ClampedArray(8))).toThrow(RangeError);
  });
});

describe("the kind of renderer", () => {
  it("can be forced by the address", () => {
    expect(forcedKind("?renderer=canvas&debug")).toBe("canvas");
    expect(forcedKind("?renderer=webgl")).toBe("webgl");
    expect(forcedKind("?renderer=svg")).toBeUndefined();
  });

  it("knows software by its name", () => {
    expect(isSoftware("ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)")).toBe(true);
    expect(isSoftware("Mesa llvmpipe (LLVM 15.0, 256 bits)")).toBe(true);
    expect(isSoftware("ANGLE (Intel, Mesa Intel(R) UHD Graphics 620, OpenGL 4.6)")).toBe(false);
  });
});
