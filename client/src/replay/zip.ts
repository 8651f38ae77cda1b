/** A zip file of files that are compressed already, in memory. */

export interface ZipEntry {
  name: string; // ASCII
  data: Uint8Array<ArrayBuffer>;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const FIRST_DAY = 0x0021; // 1 January 1980: equal files make equal zips

/** Throws RangeError beyond what the format can say: 65,535 files, or 4 GB. */
export function zip(entries: readonly ZipEntry[]): Blob {
  if (entries.length > 0xffff) throw new RangeError(`${entries.length} files are too many for one zip file.`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { name, data } of entries) {
    const text = new TextEncoder().encode(name);
    const about = [VERSION, 0, 0, 0, FIRST_DAY] as const;
    const sizes = [crc32(data), data.length, data.length] as const;
    const local = record(LOCAL, [...about], [...sizes], [text.length, 0]);
    directory.push(record(CENTRAL, [VERSION, ...about], [...sizes], [text.length, 0, 0, 0, 0], [0, at]), text);
    parts.push(local, text, data);
    at += local.length + text.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  if (at + size > 0xffffffff) throw new RangeError("The pictures are too large for one zip file; take fewer frames.");
  const end = record(END, [0, 0, entries.length, entries.length], [size, at], [0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** A signature of 4 bytes, then numbers of 2, of 4, of 2 and of 4 bytes. */
function record(
  signature: number,
  shorts: number[],
  longs: number[],
  more: number[],
  last: number[] = [],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 2 * shorts.length + 4 * longs.length + 2 * more.length + 4 * last.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (value: number, size: 2 | 4): void => {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  };
  put(signature, 4);
  for (const value of shorts) put(value, 2);
  for (const value of longs) put(value, 4);
  for (const value of more) put(value, 2);
  for (const value of last) put(value, 4);
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(data: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of data) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
