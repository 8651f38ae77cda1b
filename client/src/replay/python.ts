/** The only place of the viewer that knows Pyodide's types. */

import type { PyodideAPI } from "pyodide";
import type { PyBuffer, PyProxy } from "pyodide/ffi";

import type { Clock } from "../clock";
import { bootPython, type BootScope } from "../worker/boot";
import type { Entropy } from "../worker/entropy";
import type { LoadProgress, RuntimeSource } from "../worker/messages";
import type { Replay, ReplayPython } from "./shell";

const MODULE = "interactive_gym_replay"; // beside the study's archive, which knows nothing of it

interface PyReplay extends PyProxy {
  check(most: number): string;
  show(frame: number, players: boolean): string;
  pixels(position: number): PyBuffer;
  close(): void;
}

interface PyReplayer extends PyProxy {
  open(job: string, chunks: Uint8Array[]): PyReplay;
}

interface PyModule extends PyProxy {
  Replayer(entropy: Entropy["restart"]): PyReplayer;
}

export async function loadReplayer(
  scope: BootScope,
  entropy: Entropy,
  clock: Clock,
  source: RuntimeSource,
  program: string,
  report: (progress: LoadProgress) => void,
): Promise<ReplayPython> {
  const pyodide = await bootPython(scope, source, clock, report);
  add(pyodide, program);
  const module = pyodide.pyimport(MODULE) as PyModule;
  const replayer = module.Replayer(entropy.restart);
  module.destroy();
  return { open: (job, chunks) => replayOf(replayer.open(job, chunks)) };
}

function add(pyodide: PyodideAPI, program: string): void {
  const folder = pyodide.runPython("import sysconfig; sysconfig.get_path('purelib')") as string;
  pyodide.FS.writeFile(`${folder}/${MODULE}.py`, program);
  pyodide.runPython("import importlib; importlib.invalidate_caches()");
}

function replayOf(proxy: PyReplay): Replay {
  const { check, show, pixels, close } = proxy; // looked up once: each lookup is a call into Python
  return {
    check: (most) => check(most),
    show: (frame, players) => show(frame, players),
    pixels: (position) => takeBytes(pixels(position)),
    close: () => {
      close();
      proxy.destroy();
    },
  };
}

/** A copy of what a Python buffer holds; the buffer is released. */
function takeBytes(buffer: PyBuffer): ArrayBuffer {
  const view = buffer.getBuffer("u8");
  try {
    return new Uint8Array(view.data).buffer;
  } finally {
    view.release();
    buffer.destroy();
  }
}
