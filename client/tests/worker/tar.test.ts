import { describe, expect, it } from "vitest";

import { filesOf, unpackTar } from "../../src/worker/tar";

const encoder = new TextEncoder();

/** One member as USTAR lays it out: a header block, then the data, filled up to whole blocks. */
function member(path: string, data: string, { prefix = "", type = "0" } = {}): number[] {
  const header = new Uint8Array(512);
  const put = (text: string, at: number): void => header.set(encoder.encode(text), at);
  const bytes = encoder.encode(data);
  put(path, 0);
  put(bytes.length.toString(8).padStart(11, "0"), 124);
  put(type, 156);
  put(prefix, 345);
  return [...header, ...bytes, ...new Array<number>((512 - (bytes.length % 512)) % 512).fill(0)];
}

function archive(...members: number[][]): Uint8Array {
  return Uint8Array.from([...members.flat(), ...new Array<number>(1024).fill(0)]);
}

function texts(tar: Uint8Array): Record<string, string> {
  return Object.fromEntries([...filesOf(tar)].map(({ path, data }) => [path, new TextDecoder().decode(data)]));
}

describe("filesOf", () => {
  it("gives every file its bytes, whatever their number", () => {
    const long = "x".repeat(1025);
    const tar = archive(member("a.py", ""), member("b/c.py", "1"), member("d.txt", "y".repeat(512)), member("é", long));
    expect(texts(tar)).toEqual({ "a.py": "", "b/c.py": "1", "d.txt": "y".repeat(512), é: long });
  });

  it("puts a long path together, and reads a name that fills its field", () => {
    const name = "n".repeat(100);
    expect(texts(archive(member(name, "1", { prefix: "deep/down" })))).toEqual({ [`deep/down/${name}`]: "1" });
  });

  it("refuses an archive that was cut off, or that holds anything but files", () => {
    expect(() => texts(archive(member("a", "z".repeat(600))).subarray(0, 1024))).toThrow("damaged");
    expect(() => texts(archive(member("a", "", { type: "2" })))).toThrow("damaged");
  });
});

describe("unpackTar", () => {
  it("makes each folder once, before its first file", () => {
    const done: string[] = [];
    const files = {
      mkdirTree: (path: string) => done.push(`mkdir ${path}`),
      writeFile: (path: string, data: Uint8Array) => done.push(`write ${path} ${data.length}`),
    };
    unpackTar(archive(member("p/a", "1"), member("p/b", "22"), member("c", "")), "/lib", files);
    expect(done).toEqual(["mkdir /lib/p", "write /lib/p/a 1", "write /lib/p/b 2", "mkdir /lib", "write /lib/c 0"]);
  });
});
