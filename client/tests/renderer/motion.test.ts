import { describe, expect, it } from "vitest";
import { motionRules, type MotionOptions } from "../../src/renderer/motion";
import type { DrawPacket, WireObject } from "../../src/renderer/packet";
import { SceneStore } from "../../src/renderer/store";

const TICK = 100; // ms

function packet(set: WireObject[], rest: Partial<DrawPacket> = {}): DrawPacket {
  return { full: false, set, drop: [], ...rest };
}

function rect(fields: Partial<WireObject> = {}): WireObject {
  return { id: "a", t: "rect", x: 0, y: 0, w: 10, h: 10, ...fields };
}

/** A scene of 400 x 400 with these objects at rest at time 0. */
function storeWith(options: Partial<MotionOptions>, ...objects: WireObject[]): SceneStore {
  const rules = motionRules({ width: 400, height: 400, fps: 1000 / TICK, interpolate: true, smooth: true, ...options });
  const store = new SceneStore(rules);
  store.apply(packet(objects, { full: true }), -1000);
  store.sample(-1000);
  return store;
}

/** A field of the only object that is seen at `now`. */
function seen(store: SceneStore, now: number, field = "x"): unknown {
  const [change] = store.sample(now).set;
  return change && (change.object as unknown as Record<string, unknown>)[field];
}

describe("the rules of a game", () => {
  const options = { width: 600, height: 400, fps: 30, interpolate: true, smooth: true };

  it("move objects for one tick", () => {
    expect(motionRules(options)).toEqual({ tickMs: 1000 / 30, smooth: true, far: 150 });
    expect(motionRules({ ...options, interpolate: false }).tickMs).toBe(0);
    expect(motionRules({ ...options, smooth: false }).smooth).toBe(false);
  });

  it("do not where a display shows no more pictures than there are ticks", () => {
    expect(motionRules({ ...options, fps: 49 }).tickMs).toBeGreaterThan(0);
    expect(motionRules({ ...options, fps: 50 }).tickMs).toBe(0);
  });

  it("leave everything at once where nobody asked for them", () => {
    expect(motionRules({ width: 600, height: 400 })).toMatchObject({ tickMs: 0, smooth: false });
  });
});

describe("between two ticks", () => {
  it("an object is on its way from where it is shown, and arrives exactly", () => {
    const store = storeWith({}, rect());
    store.apply(packet([rect({ x: 40, alpha: 0.5 })]), 0);
    expect(seen(store, 25)).toBe(10);
    expect(store.sample(50).set).toMatchObject([{ object: { x: 20, alpha: 0.75 }, moving: true }]);
    expect(seen(store, 100)).toBe(40);
  });

  it("steady steps are one steady movement, also when no picture was shown in between", () => {
    const store = storeWith({}, rect());
    for (const step of [0, 1, 2, 3]) store.apply(packet([rect({ x: 20 * (step + 1) })]), step * TICK);
    expect(seen(store, 310)).toBeCloseTo(62);
    expect(seen(store, 370)).toBeCloseTo(74);
  });

  it("a packet that comes early takes over from where the object is", () => {
    const store = storeWith({}, rect());
    store.apply(packet([rect({ x: 40 })]), 0);
    store.apply(packet([rect({ x: 80 })]), 50);
    expect(seen(store, 50)).toBe(20);
    expect(seen(store, 100)).toBe(50);
    expect(seen(store, 150)).toBe(80);
  });

  it("an object that arrived keeps off whole pixels for one more tick, then nothing runs any more", () => {
    const store = storeWith({}, rect());
    store.apply(packet([rect({ x: 40 })]), 0);
    expect(store.sample(150).set).toMatchObject([{ object: { x: 40 }, moving: true }]);
    expect(store.sample(200).set).toMatchObject([{ object: { x: 40 }, moving: false }]);
    expect(store.moving).toBe(false);
    expect(store.sample(210).set).toEqual([]);
  });

  it("sizes, ends of lines, points and angles move too, angles the short way round", () => {
    const store = storeWith({}, { id: "c", t: "circle", r: 10, rot: 3 });
    store.apply(packet([{ id: "c", t: "circle", r: 20, rot: -3 }]), 0);
    expect(seen(store, 50, "r")).toBe(15);
    store.apply(packet([{ id: "c", t: "circle", r: 20, rot: 3 }]), 1000);
    expect(Math.abs(Number(seen(store, 1050, "rot")))).toBeCloseTo(Math.PI);
    const lines = storeWith({}, { id: "l", t: "line", x: 0, y: 0, x2: 10, y2: 0 });
    lines.apply(packet([{ id: "l", t: "line", x: 0, y: 0, x2: 10, y2: 40 }]), 0);
    expect(seen(lines, 50, "y2")).toBe(20);
    const polygons = storeWith({}, { id: "p", t: "polygon", pts: [0, 0, 10, 0, 0, 10] });
    polygons.apply(packet([{ id: "p", t: "polygon", pts: [0, 0, 20, 0, 0, 10] }]), 0);
    expect(seen(polygons, 50, "pts")).toEqual([0, 0, 15, 0, 0, 10]);
  });

  it("texts, colours and frames change at once", () => {
    const store = storeWith({}, { id: "t", t: "text", s: "old", fill: "#000000" });
    store.apply(packet([{ id: "t", t: "text", s: "new", fill: "#ffffff", x: 10 }]), 0);
    expect(store.sample(0).set).toMatchObject([{ object: { s: "new", fill: "#ffffff", x: 0 } }]);
    const chef = storeWith({}, { id: "i", t: "image", src: "chef", frame: 0, w: 0 });
    chef.apply(packet([{ id: "i", t: "image", src: "chef", frame: 1, w: 32, flip: true }]), 0);
    expect(chef.sample(10).set).toMatchObject([{ object: { frame: 1, w: 32, flip: true } }]);
  });

  it("a new colour does not hold up who is on the way", () => {
    const store = storeWith({}, rect());
    store.apply(packet([rect({ x: 40 })]), 0);
    store.apply(packet([rect({ x: 40, fill: "#ff0000" })]), 50);
    expect(seen(store, 75)).toBe(30);
  });

  it("who is moved far jumps, by any of its points", () => {
    const store = storeWith({}, rect());
    store.apply(packet([rect({ x: 101 })]), 0);
    expect(store.sample(0).set).toMatchObject([{ object: { x: 101 }, moving: false }]);
    const lines = storeWith({}, { id: "l", t: "line", x2: 10, y2: 0 });
    lines.apply(packet([{ id: "l", t: "line", x2: 10, y2: 101 }]), 0);
    expect(lines.sample(0).set).toMatchObject([{ object: { y2: 101 }, moving: false }]);
  });

  it.each([
    ["objects without a name", [rect({ id: "#0" })], packet([rect({ id: "#0", x: 20 })])],
    ["full packets", [rect()], packet([rect({ x: 20 })], { full: true })],
    ["polygons with more points", [{ id: "a", t: "polygon", pts: [0, 0] }], packet([{ id: "a", t: "polygon", pts: [0, 0, 9, 9] }])],
  ])("%s are shown at once", (_, before, then) => {
    const store = storeWith({}, ...before);
    store.apply(then, 0);
    expect(store.sample(0).set).toMatchObject([{ object: then.set[0], moving: false }]);
  });

  it("an object's own tween counts, whatever the tick", () => {
    const store = storeWith({}, rect());
    store.apply(packet([rect({ x: 400, tween: 400 })]), 0);
    expect(seen(store, 200)).toBe(200);
    store.apply(packet([rect({ x: 400, tween: 400 })]), 200, true);
    expect(seen(store, 400)).toBe(300);
  });

  it("what nobody saw does not pile up: after a pause there is one step to show, the last", () => {
    const store = storeWith({}, rect());
    for (let tick = 0; tick < 1000; tick++) store.apply(packet([rect({ x: tick % 2 })]), tick * TICK);
    expect(seen(store, 1000 * TICK)).toBe(1);
  });
});

describe("corrections", () => {
  it("fade out within about 100 ms", () => {
    const store = storeWith({ fps: 60 }, rect());
    store.apply(packet([rect({ x: 40 })]), 0, true);
    expect(seen(store, 0)).toBe(0);
    expect(seen(store, 33)).toBeCloseTo(40 * (1 - Math.exp(-1)));
    expect(seen(store, 100)).toBeGreaterThan(37);
    expect(store.sample(200).set).toMatchObject([{ object: { x: 40 }, moving: false }]);
    expect(store.moving).toBe(false);
  });

  it("never pass the right place, however the steps go on", () => {
    const store = storeWith({ fps: 30 }, rect());
    store.apply(packet([rect({ x: 40 })]), 0, true);
    store.apply(packet([rect({ x: 30 })]), 33);
    let last = 0;
    for (let now = 33; now < 300; now += 5) {
      last = Number(seen(store, now) ?? last);
      expect(last).toBeLessThanOrEqual(40);
    }
    expect(last).toBe(30);
  });

  it("go on fading while the object walks on", () => {
    const store = storeWith({}, rect());
    store.apply(packet([rect({ x: 40 })]), 0, true);
    store.apply(packet([rect({ x: 60 })]), 33);
    expect(seen(store, 83)).toBeCloseTo(50 - 40 * Math.exp(-83 / 33));
  });

  it("of a corrected object begin where it is seen", () => {
    const store = storeWith({}, rect());
    store.apply(packet([rect({ x: 40 })]), 0, true);
    const before = Number(seen(store, 33));
    store.apply(packet([rect({ x: 0 })]), 33, true);
    expect(seen(store, 33)).toBeCloseTo(before);
    expect(seen(store, 66)).toBeCloseTo(before * Math.exp(-1));
  });

  it("are jumps where they are far, and where a study wants that", () => {
    const far = storeWith({}, rect());
    far.apply(packet([rect({ x: 101 })]), 0, true);
    expect(seen(far, 0)).toBe(101);
    const raw = storeWith({ smooth: false }, rect());
    raw.apply(packet([rect({ x: 40 })]), 0, true);
    expect(raw.sample(0).set).toMatchObject([{ object: { x: 40 }, moving: false }]);
  });

  it("are all that is smooth without interpolation", () => {
    const store = storeWith({ interpolate: false }, rect());
    store.apply(packet([rect({ x: 40 })]), 0);
    expect(seen(store, 0)).toBe(40);
    store.apply(packet([rect({ x: 0 })]), 10, true);
    store.apply(packet([rect({ x: 10 })]), 43);
    expect(seen(store, 43)).toBeCloseTo(10 + 40 * Math.exp(-1));
  });
});
