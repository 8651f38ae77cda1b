/** Frames as protocol.py has them: a byte that says what follows. The page and the worker both send them. */

import { FRAME_CONTROL, FRAME_DEAF, FRAME_PING, FRAME_PONG } from "../protocol.gen";
import type { Channels } from "./messages";

const NUMBER_BYTES = 4; // of a ping or a pong: a u32, big-endian
const CONTROL_ROOM = 16_384; // the netcode repeats what is not acknowledged: more than this in a queue is repetition

export type Frame = Uint8Array<ArrayBuffer>;

/** The two channels of a direct connection. Even pings go by the first, odd ones by the second, and so do the pongs. */
export type Lane = 0 | 1;

export function framed(tag: number, payload: Uint8Array): Frame {
  const frame = new Uint8Array(1 + payload.length);
  frame[0] = tag;
  frame.set(payload, 1);
  return frame;
}

export function probe(tag: number, number: number): Frame {
  const frame = new Uint8Array(1 + NUMBER_BYTES);
  frame[0] = tag;
  new DataView(frame.buffer).setUint32(1, number);
  return frame;
}

/** The number in the payload of a ping or a pong; null: it is too short or too long for one. */
export function probeNumber(payload: Uint8Array): number | null {
  if (payload.length !== NUMBER_BYTES) return null;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}

export function laneOf(frame: Uint8Array): Lane {
  const tag = (frame[0] ?? 0) & ~FRAME_DEAF;
  if (tag === FRAME_CONTROL) return 1;
  if (tag === FRAME_PING || tag === FRAME_PONG) return ((frame[NUMBER_BYTES] ?? 0) & 1) as Lane;
  return 0;
}

/** Whether it was sent: the channel is open and takes it, and a datagram would not have to wait behind another one. */
export function sendOn(channels: Channels, frame: Frame): boolean {
  const [channel, room] = laneOf(frame) === 1 ? [channels.control, CONTROL_ROOM] : [channels.datagrams, 0];
  if (channel.readyState !== "open" || channel.bufferedAmount > room) return false;
  try {
    channel.send(frame);
    return true;
  } catch {
    return false; // it is closing, or the partner's end says that it takes nothing of this size
  }
}

export interface OutgoingFrame {
  peer: number;
  tag: number;
  payload: Uint8Array; // a view of the blob
}

/** Of what Python has to send: repeated [u8 peer][u8 tag][u16 big-endian length][payload]. */
export function* framesIn(blob: Uint8Array): Generator<OutgoingFrame> {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  for (let at = 0; at < blob.length; ) {
    const start = at + 4;
    const end = start + view.getUint16(at + 2);
    yield { peer: view.getUint8(at), tag: view.getUint8(at + 1), payload: blob.subarray(start, end) };
    at = end;
  }
}
