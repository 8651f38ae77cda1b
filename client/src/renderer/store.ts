// What the scene looks like at a time. Packets go in, and `sample(now)` says what has changed on the screen since the last
// sample. Pure: time is an argument, nothing here knows of Phaser. What moves objects between packets is their Path.

import { AT_ONCE, Path, type MotionRules } from "./motion";
import { complete, type DrawPacket, type SceneObject } from "./packet";

interface Entry {
  path: Path;
  changed: boolean;
  sampled: boolean; // so somebody shows it
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

  constructor(private readonly rules: MotionRules = AT_ONCE) {}

  /** Takes a packet that arrived at `now` (ms). Throws UnknownPrimitive, and has then taken nothing. */
  apply(packet: DrawPacket, now: number, corrected = false): void {
    const objects = packet.set.map(complete);
    if (packet.full) this.clear();
    for (const id of packet.drop) this.remove(id);
    for (const object of objects) this.put(object, now, corrected);
    if (packet.order) this.reorder(packet.order);
  }

  /** What changed until `now`; every change is reported once, and a moving object in every sample until it has arrived. */
  sample(now: number): Sample {
    const set: Change[] = [];
    for (const entry of this.entries.values()) {
      if (entry.changed || entry.path.moving) set.push(look(entry, now));
    }
    const sample = { set, drop: [...this.dropped], order: this.orderChanged ? this.order() : null };
    this.dropped.clear();
    this.orderChanged = false;
    return sample;
  }

  /** Whether the next sample will differ although no packet comes. */
  get moving(): boolean {
    for (const entry of this.entries.values()) if (entry.path.moving) return true;
    return false;
  }

  private clear(): void {
    for (const id of [...this.entries.keys()]) this.remove(id);
  }

  private remove(id: string): void {
    if (this.entries.get(id)?.sampled) this.dropped.add(id); // what comes and goes in a hidden tab leaves no trace
    this.entries.delete(id);
  }

  private put(object: SceneObject, now: number, corrected: boolean): void {
    const known = this.entries.get(object.id);
    if (known?.path.target.t === object.t) this.change(known, object, now, corrected);
    else this.add(object);
  }

  private add(object: SceneObject): void {
    // Another primitive under a known id is another object: the old one is dropped first, its place in the order is kept.
    if (this.entries.get(object.id)?.sampled) this.dropped.add(object.id);
    this.entries.set(object.id, { path: new Path(object), changed: true, sampled: false });
    this.orderChanged = true;
  }

  private change(entry: Entry, object: SceneObject, now: number, corrected: boolean): void {
    if (entry.path.target.depth !== object.depth) this.orderChanged = true;
    entry.path.lead(object, now, this.rules, corrected);
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
    const sorted = [...this.entries].sort(([, a], [, b]) => a.path.target.depth - b.path.target.depth);
    return sorted.map(([id]) => id);
  }
}

function look(entry: Entry, now: number): Change {
  entry.changed = false;
  entry.sampled = true;
  return { object: entry.path.at(now), moving: entry.path.moving };
}
