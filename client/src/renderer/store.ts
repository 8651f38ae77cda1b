// What the scene looks like at a time. Packets go in, and `sample(now)` says what has changed on the screen since the last
// sample. Pure: time is an argument, nothing here knows of Phaser. Whatever moves objects between packets (tweens now,
// interpolation between ticks later) is a Motion: a function of time that ends.

import { complete, type DrawPacket, type SceneObject } from "./packet";
import { between } from "./tween";

interface Motion {
  from: SceneObject;
  start: number; // ms
  duration: number; // ms, > 0
}

interface Entry {
  target: SceneObject;
  seen: SceneObject; // as of the last sample
  motion: Motion | null;
  changed: boolean;
}

export interface Change {
  object: SceneObject;
  moving: boolean; // it will look different at the next sample
}

export interface Sample {
  set: Change[];
  drop: string[];
  order: string[] | null; // all ids, back to front, if that changed
}

export class SceneStore {
  private readonly entries = new Map<string, Entry>(); // in drawing order of equal depths
  private readonly dropped = new Set<string>();
  private orderChanged = false;

  /** Takes a packet that arrived at `now` (ms). Throws UnknownPrimitive, and has then taken nothing. */
  apply(packet: DrawPacket, now: number): void {
    const objects = packet.set.map(complete);
    if (packet.full) this.clear();
    for (const id of packet.drop) this.remove(id);
    for (const object of objects) this.put(object, now);
    if (packet.order) this.reorder(packet.order);
  }

  /** What changed until `now`; every change is reported once, and a moving object in every sample until it has arrived. */
  sample(now: number): Sample {
    const set: Change[] = [];
    for (const entry of this.entries.values()) {
      if (entry.changed || entry.motion) set.push(advance(entry, now));
    }
    const sample = { set, drop: [...this.dropped], order: this.orderChanged ? this.order() : null };
    this.dropped.clear();
    this.orderChanged = false;
    return sample;
  }

  /** Whether the next sample will differ although no packet comes. */
  get moving(): boolean {
    for (const entry of this.entries.values()) if (entry.motion) return true;
    return false;
  }

  private clear(): void {
    for (const id of [...this.entries.keys()]) this.remove(id);
  }

  private remove(id: string): void {
    if (this.entries.delete(id)) this.dropped.add(id);
  }

  private put(object: SceneObject, now: number): void {
    const known = this.entries.get(object.id);
    if (known?.target.t === object.t) this.change(known, object, now);
    else this.add(object);
  }

  private add(object: SceneObject): void {
    // Another primitive under a known id is another object: the old one is dropped first, its place in the order is kept.
    if (this.entries.has(object.id)) this.dropped.add(object.id);
    this.entries.set(object.id, { target: object, seen: object, motion: null, changed: true });
    this.orderChanged = true;
  }

  private change(entry: Entry, object: SceneObject, now: number): void {
    if (entry.target.depth !== object.depth) this.orderChanged = true;
    entry.motion = object.tween > 0 ? { from: entry.seen, start: now, duration: object.tween } : null;
    entry.target = object;
    entry.changed = true;
  }

  private reorder(ids: readonly string[]): void {
    const listed = ids.flatMap((id): [string, Entry][] => {
      const entry = this.entries.get(id);
      return entry ? [[id, entry]] : [];
    });
    for (const [id] of listed) this.entries.delete(id);
    for (const [id, entry] of listed) this.entries.set(id, entry);
    this.orderChanged = true;
  }

  private order(): string[] {
    const sorted = [...this.entries].sort(([, a], [, b]) => a.target.depth - b.target.depth);
    return sorted.map(([id]) => id);
  }
}

function advance(entry: Entry, now: number): Change {
  const { motion } = entry;
  const part = motion ? Math.max(0, now - motion.start) / motion.duration : 1;
  if (part >= 1) entry.motion = null;
  entry.seen = motion && part < 1 ? between(motion.from, entry.target, part) : entry.target;
  entry.changed = false;
  return { object: entry.seen, moving: entry.motion !== null };
}
