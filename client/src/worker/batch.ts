/** Frames that go by the server: several in one message, as protocol.py says. What a message costs hardly depends on its size. */

import { MAX_CONTROL_BYTES } from "../protocol.gen";
import type { Frame } from "./frames";

const HEAD_BYTES = 3; // u8 peer, u16 length

export interface Entry {
  peer: number;
  frame: Frame;
}

/** Collects frames while something is done, and posts them when it is. */
export class Batches {
  private entries: Entry[] = [];
  private size = 0;
  private isCollecting = false;

  constructor(private readonly post: (batch: Frame) => void) {}

  /** What is added outside of this goes at once. */
  together(action: () => void): void {
    this.isCollecting = true;
    try {
      action();
    } finally {
      this.isCollecting = false;
      this.flush();
    }
  }

  add(peer: number, frame: Frame): void {
    const size = HEAD_BYTES + frame.length;
    if (this.size + size > MAX_CONTROL_BYTES) this.flush();
    this.entries.push({ peer, frame });
    this.size += size;
    if (!this.isCollecting) this.flush();
  }

  private flush(): void {
    if (this.entries.length === 0) return;
    const batch = batchOf(this.entries);
    [this.entries, this.size] = [[], 0];
    this.post(batch);
  }
}

export function batchOf(entries: readonly Entry[]): Frame {
  const size = entries.reduce((sum, { frame }) => sum + HEAD_BYTES + frame.length, 0);
  const batch = new Uint8Array(size);
  const view = new DataView(batch.buffer);
  let at = 0;
  for (const { peer, frame } of entries) {
    view.setUint8(at, peer);
    view.setUint16(at + 1, frame.length);
    batch.set(frame, at + HEAD_BYTES);
    at += HEAD_BYTES + frame.length;
  }
  return batch;
}

/** The frames of a batch, as views of it; what is cut off is left out. */
export function* entriesIn(batch: Frame): Generator<Entry> {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  for (let at = 0; at + HEAD_BYTES <= batch.length; ) {
    const start = at + HEAD_BYTES;
    const end = start + view.getUint16(at + 1);
    if (end > batch.length) return;
    yield { peer: view.getUint8(at), frame: batch.subarray(start, end) };
    at = end;
  }
}
