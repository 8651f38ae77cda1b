/** Unpacking our own archive, file by file, into Pyodide's memory: 10 ms where Python's tarfile takes 90. */

const BLOCK = 512;
const FILE = "0";

/** A field of a USTAR header: its offset and its length. */
const FIELDS = { name: [0, 100], size: [124, 12], type: [156, 1], prefix: [345, 155] } as const;

export interface TarFile {
  path: string;
  data: Uint8Array; // a view of the archive
}

/** The files of a USTAR archive. Throws an Error for anything else: the server wrote it, so it has been damaged. */
export function* filesOf(archive: Uint8Array): Generator<TarFile> {
  let at = 0;
  while (at + BLOCK <= archive.length && archive[at] !== 0) {
    const header = archive.subarray(at, at + BLOCK);
    const size = parseInt(field(header, "size"), 8);
    const start = at + BLOCK;
    if (field(header, "type") !== FILE || !(start + size <= archive.length)) throw new Error("The archive is damaged.");
    yield { path: pathOf(header), data: archive.subarray(start, start + size) };
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** The part of Pyodide's file system that is used. */
export interface FileSystem {
  mkdirTree(path: string): void;
  writeFile(path: string, data: Uint8Array): void;
}

export function unpackTar(archive: Uint8Array, folder: string, files: FileSystem): void {
  const made = new Set<string>();
  for (const { path, data } of filesOf(archive)) {
    const target = `${folder}/${path}`;
    const parent = target.slice(0, target.lastIndexOf("/"));
    if (!made.has(parent)) files.mkdirTree(parent);
    made.add(parent);
    files.writeFile(target, data);
  }
}

function pathOf(header: Uint8Array): string {
  const prefix = field(header, "prefix");
  return prefix === "" ? field(header, "name") : `${prefix}/${field(header, "name")}`;
}

const utf8 = new TextDecoder();

function field(header: Uint8Array, name: keyof typeof FIELDS): string {
  const [start, length] = FIELDS[name];
  const text = utf8.decode(header.subarray(start, start + length));
  const end = text.indexOf("\0");
  return end === -1 ? text : text.slice(0, end);
}
