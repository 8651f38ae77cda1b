import { describe, expect, it } from "vitest";
import { outline, segments, strokeMesh } from "../../src/renderer/geometry";
import { complete, type Outlined } from "../../src/renderer/packet";

function object(t: string, fields: Record<string, unknown>): Outlined {
  return complete({ id: "a", t, ...fields }) as Outlined;
}

function corners(shape: { x: number; y: number; points: number[] }): [number, number][] {
  const found: [number, number][] = [];
  for (let i = 0; i < shape.points.length; i += 2) {
    found.push([shape.x + (shape.points[i] ?? NaN), shape.y + (shape.points[i + 1] ?? NaN)]);
  }
  return found;
}

describe("outline", () => {
  it("turns a rectangle about its centre", () => {
    const shape = outline(object("rect", { x: 10, y: 20, w: 30, h: 40, rot: 1 }), 2, true);
    expect([shape.x, shape.y]).toEqual([50, 80]);
    expect(corners(shape)).toEqual([[20, 40], [80, 40], [80, 120], [20, 120]]);
  });

  it("puts the edges of tiles that touch on the same device pixel", () => {
    const scale = 1.37;
    const left = corners(outline(object("rect", { x: 0, w: 10.1, h: 5 }), scale, true));
    const right = corners(outline(object("rect", { x: 10.1, w: 10.1, h: 5 }), scale, true));
    expect(left[1]?.[0]).toBe(right[0]?.[0]);
    expect(Number.isInteger(left[1]?.[0])).toBe(true);
  });

  it("puts the middle of an odd line between pixels, and leaves moving and turned shapes where they are", () => {
    const framed = { x: 10.3, y: 10.3, w: 20, h: 20, line: "#000000", lw: 1 };
    expect(corners(outline(object("rect", framed), 1, true))[0]).toEqual([10.5, 10.5]);
    expect(corners(outline(object("rect", framed), 1, false))[0]).toEqual([10.3, 10.3]);
    expect(corners(outline(object("line", { x: 0, y: 5, x2: 9, y2: 5, lw: 3 }), 1, true))).toEqual([[0, 5.5], [9, 5.5]]);
  });

  it("makes an arc clockwise, also across +x, with its centre when it is a slice", () => {
    const open = outline(object("arc", { r: 10, start: -Math.PI / 2, end: 0 }), 1, true);
    const [first, last] = [corners(open)[0], corners(open).at(-1)];
    expect(first?.[1]).toBeCloseTo(-10);
    expect(last?.[0]).toBeCloseTo(10);
    expect(open.closed).toBe(false);
    const slice = outline(object("arc", { r: 10, start: 6, end: 1, closed: true }), 1, true);
    expect(slice.points.slice(-2)).toEqual([0, 0]);
    expect(corners(slice).slice(0, -1).every(([x]) => x > 0)).toBe(true);
  });

  it("makes a whole circle of an arc of a full turn", () => {
    const shape = outline(object("arc", { r: 10, start: 1, end: 1 + 2 * Math.PI, closed: true }), 1, true);
    expect(shape.closed).toBe(true);
    expect(corners(shape).every(([x, y]) => Math.abs(Math.hypot(x, y) - 10) < 1e-9)).toBe(true);
  });

  it("turns a polygon about the centre of its box", () => {
    const shape = outline(object("polygon", { pts: [0, 0, 10, 0, 0, 4] }), 2, true);
    expect([shape.x, shape.y]).toEqual([10, 4]);
    expect(corners(shape)).toEqual([[0, 0], [20, 0], [0, 8]]);
  });

  it("takes as many chords as the size on the screen needs", () => {
    for (const radius of [1, 20, 500, 2000]) {
      const chords = segments(radius, 2 * Math.PI);
      expect(radius * (1 - Math.cos(Math.PI / chords))).toBeLessThanOrEqual(0.101);
    }
    expect(segments(0, 2 * Math.PI)).toBe(8);
  });
});

function area({ vertices, triangles }: ReturnType<typeof strokeMesh>): number {
  let sum = 0;
  for (let i = 0; i < triangles.length; i += 3) {
    const at = triangles.slice(i, i + 3).map((v) => [vertices[2 * v] ?? NaN, vertices[2 * v + 1] ?? NaN] as const);
    const [[ax, ay], [bx, by], [cx, cy]] = at as [readonly [number, number], readonly [number, number], readonly [number, number]];
    sum += Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;
  }
  return sum;
}

describe("strokeMesh", () => {
  it("covers a frame once, corners included", () => {
    const mesh = strokeMesh([0, 0, 30, 0, 30, 20, 0, 20], true, 4);
    expect(area(mesh)).toBeCloseTo(34 * 24 - 26 * 16);
  });

  it("ends an open line where it ends", () => {
    expect(area(strokeMesh([0, 0, 10, 0], false, 2))).toBeCloseTo(20);
  });

  it("cuts a corner that is too sharp for a mitre", () => {
    const mesh = strokeMesh([0, 0, 100, 0, 0, 1], false, 2);
    expect(Math.max(...mesh.vertices)).toBeLessThan(102);
  });

  it("draws nothing for a single point, however often it is repeated", () => {
    expect(strokeMesh([5, 5, 5, 5, 5, 5], true, 2).triangles).toEqual([]);
  });
});
