/** The bytes that belong to a packet of Python's, and leave the worker with it. */

import type { ChunkBytes } from "./messages";

/** What python.ts makes of whatever gives packets. */
export interface PacketBytes {
  chunk(index: number): ChunkBytes;
  pixels(): ChunkBytes;
}

export function chunksOf(python: PacketBytes, packet: { chunks: unknown[] }): ChunkBytes[] {
  return packet.chunks.map((_, position) => python.chunk(position));
}

export function pixelsOf(python: PacketBytes, packet: { pixels: unknown }): ArrayBuffer | null {
  return packet.pixels === null ? null : python.pixels().buffer;
}

export function transferable(chunks: ChunkBytes[], pixels: ArrayBuffer | null): ArrayBuffer[] {
  return [...chunks.map((chunk) => chunk.buffer), ...(pixels === null ? [] : [pixels])];
}
