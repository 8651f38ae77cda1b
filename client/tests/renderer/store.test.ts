import { describe, expect, it } from "vitest";
import { UnknownPrimitive, type DrawPacket, type WireObject } from "../../src/renderer/packet";
import { SceneStore } from "../../src/renderer/store";

function packet(set: WireObject[], rest: Partial<DrawPacket> = {}): DrawPacket {
  return { full: false, set, drop: [], ...rest };
}

function rect(id: string, fields: Partial<WireObject> = {}): WireObject {
  return { id, t: "rect", x: 0, y: 0, w: 10, h: 10, ...fields };
}

function storeWith(...objects: WireObject[]): SceneStore {
  const store = new SceneStore();
  store.apply(packet(objects, { full: true }), 0);
  store.sample(0);
  return store;
}

describe("SceneStore", () => {
  it("fills in what a packet leaves out", () => {
    const store = new SceneStore();
    store.apply(packet([{ id: "a", t: "circle", x: 3, r: 2 }]), 0);
    const [change] = store.sample(0).set;
    expect(change?.object).toMatchObject({ x: 3, y: 0, alpha: 1, depth: 0, rot: 0, tween: 0, fill: null, line: null, lw: 1 });
  });

  it("reports a change once", () => {
    const store = storeWith(rect("a"), rect("b"));
    store.apply(packet([rect("b", { x: 5 })]), 10);
    expect(store.sample(10).set.map(({ object }) => object.id)).toEqual(["b"]);
    expect(store.sample(20)).toEqual({ set: [], drop: [], order: null });
  });

  it("drops what a delta drops, and with a full packet all that it does not name", () => {
    const store = storeWith(rect("a"), rect("b"), rect("c"));
    store.apply(packet([], { drop: ["b", "never there"] }), 1);
    expect(store.sample(1).drop).toEqual(["b"]);
    store.apply(packet([rect("d")], { full: true }), 2);
    const sample = store.sample(2);
    expect(sample.drop.sort()).toEqual(["a", "c"]);
    expect(sample.order).toEqual(["d"]);
  });

  it("keeps nothing of what came and went without being seen", () => {
    const store = storeWith(rect("a"));
    store.apply(packet([rect("b"), rect("c"), rect("a", { x: 5 })]), 1);
    store.apply(packet([{ id: "c", t: "circle" }], { drop: ["a", "b"] }), 2);
    const sample = store.sample(2);
    expect(sample.drop).toEqual(["a"]);
    expect(sample.set.map(({ object }) => object.id)).toEqual(["c"]);
  });

  it("orders by depth, then as drawn; new objects come last", () => {
    const store = new SceneStore();
    store.apply(packet([rect("a", { depth: 1 }), rect("b"), rect("c")], { full: true }), 0);
    expect(store.sample(0).order).toEqual(["b", "c", "a"]);
    store.apply(packet([rect("d"), rect("b", { depth: 2 })]), 1);
    expect(store.sample(1).order).toEqual(["c", "d", "a", "b"]);
  });

  it("takes the order that a packet gives", () => {
    const store = storeWith(rect("a"), rect("b"));
    store.apply(packet([rect("c")], { order: ["c", "b", "a"] }), 1);
    expect(store.sample(1).order).toEqual(["c", "b", "a"]);
  });

  it("replaces an object by another primitive at the same place in the order", () => {
    const store = storeWith(rect("a"), rect("b"));
    store.apply(packet([{ id: "a", t: "circle", r: 4, tween: 100 }]), 1);
    const sample = store.sample(1);
    expect(sample.drop).toEqual(["a"]);
    expect(sample.set).toMatchObject([{ object: { id: "a", t: "circle" }, moving: false }]);
    expect(sample.order).toEqual(["a", "b"]);
  });

  it("refuses a primitive that it does not know, and takes nothing of that packet", () => {
    const store = storeWith(rect("a"));
    const broken = packet([rect("b"), { id: "s", t: "sphere" }], { full: true });
    expect(() => store.apply(broken, 1)).toThrow(UnknownPrimitive);
    expect(store.sample(1)).toEqual({ set: [], drop: [], order: null });
  });
});

describe("tweens", () => {
  it("move from what is seen to the new state, and end there exactly", () => {
    const store = storeWith(rect("a"));
    store.apply(packet([rect("a", { x: 100, alpha: 0, tween: 200 })]), 1000);
    expect(store.moving).toBe(true);
    expect(store.sample(1050).set).toMatchObject([{ object: { x: 25, alpha: 0.75 }, moving: true }]);
    expect(store.sample(1200).set).toMatchObject([{ object: { x: 100, alpha: 0 }, moving: false }]);
    expect(store.moving).toBe(false);
    expect(store.sample(1300).set).toEqual([]);
  });

  it("start from the middle of the one before", () => {
    const store = storeWith(rect("a"));
    store.apply(packet([rect("a", { x: 100, tween: 100 })]), 0);
    store.sample(50);
    store.apply(packet([rect("a", { x: 0, tween: 100 })]), 50);
    expect(store.sample(100).set).toMatchObject([{ object: { x: 25 } }]);
  });

  it("do not hold up a change without one", () => {
    const store = storeWith(rect("a"));
    store.apply(packet([rect("a", { x: 100, tween: 100 })]), 0);
    store.sample(50);
    store.apply(packet([rect("a", { x: 7 })]), 50);
    expect(store.sample(50).set).toMatchObject([{ object: { x: 7 }, moving: false }]);
  });

  it("do not run into a full packet", () => {
    const store = storeWith(rect("a"));
    store.apply(packet([rect("a", { x: 100, tween: 100 })], { full: true }), 0);
    expect(store.sample(10).set).toMatchObject([{ object: { x: 100 }, moving: false }]);
  });

  it("take colours at once and sizes and polygons' points gradually", () => {
    const store = storeWith({ id: "p", t: "polygon", pts: [0, 0, 10, 0, 0, 10], fill: "#000000" });
    store.apply(packet([{ id: "p", t: "polygon", pts: [0, 0, 20, 0, 0, 30], fill: "#ffffff", tween: 10 }]), 0);
    expect(store.sample(5).set).toMatchObject([{ object: { pts: [0, 0, 15, 0, 0, 20], fill: "#ffffff" } }]);
  });

  it("turn the short way round", () => {
    const store = storeWith(rect("a", { rot: 3 }));
    store.apply(packet([rect("a", { rot: -3, tween: 100 })]), 0);
    const [change] = store.sample(50).set;
    expect(Math.abs(change?.object.rot ?? 0)).toBeCloseTo(Math.PI, 5);
    expect(store.sample(100).set).toMatchObject([{ object: { rot: -3 } }]);
  });
});
