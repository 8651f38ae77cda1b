import { describe, expect, it } from "vitest";
import { fit } from "../../src/renderer/fit";

const scene = { width: 600, height: 400 };
const space = (width: number, height: number, left = 0, top = 0) => ({ left, top, width, height });

describe("fit", () => {
  it("fills the narrower side and keeps the aspect ratio", () => {
    expect(fit(scene, space(1200, 1000), 1)).toMatchObject({ bufferWidth: 1200, bufferHeight: 800, scale: 2 });
    expect(fit(scene, space(1200, 200), 1)).toMatchObject({ bufferWidth: 300, bufferHeight: 200, scale: 0.5 });
  });

  it("has one buffer pixel for each pixel of the display", () => {
    for (const ratio of [1, 1.25, 2, 3]) {
      const place = fit(scene, space(733, 900), ratio);
      expect(place.bufferWidth).toBe(Math.floor(733 * ratio));
      expect(place.cssWidth * ratio).toBeCloseTo(place.bufferWidth);
    }
  });

  it("centres the picture, and starts it on a pixel of the display", () => {
    const place = fit(scene, space(801, 400, 0.4, 10.3), 2);
    expect(((0.4 + place.marginLeft) * 2) % 1).toBeCloseTo(0);
    expect(((10.3 + place.marginTop) * 2) % 1).toBeCloseTo(0);
    expect(place.marginLeft).toBeCloseTo(100, -1);
  });

  it("does not ask for a larger buffer than WebGL has, and fills the space all the same", () => {
    const place = fit(scene, space(3000, 2000), 3);
    expect(place.bufferWidth).toBe(4096);
    expect(place.cssWidth).toBeCloseTo(3000);
  });
});
