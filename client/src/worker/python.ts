/** The only place that knows Pyodide's types: calls into Python pass strings and bytes, and leave no proxy behind. */

import type { PyBuffer, PyProxy } from "pyodide/ffi";

import type { Clock } from "../clock";
import { bootPython, type BootScope } from "./boot";
import type { Entropy } from "./entropy";
import type { ChunkBytes, LoadProgress, RuntimeSource } from "./messages";
import type { NetGame } from "./match";
import type { Play } from "./player";
import type { Python } from "./shell";

/** Python's `Play` as Pyodide shows it. */
interface PyPlay extends PyProxy {
  begin(episode: number, chunks: Uint8Array[]): string;
  tick(input: string): string;
  chunk(index: number): PyBuffer;
  pixels(): PyBuffer;
  close(): void;
}

/** Python's `Match` as Pyodide shows it. */
interface PyMatch extends PyProxy {
  meet(now: number): void;
  receive(peer: number, payload: Uint8Array, now: number): number | undefined;
  receive_control(peer: number, payload: Uint8Array, now: number): void;
  ready(now: number): void;
  leave(now: number): void;
  advance(now: number, input: string): string;
  linger(now: number): boolean;
  outgoing(): PyBuffer;
  chunk(index: number): PyBuffer;
  pixels(): PyBuffer;
  close(): void;
}

/** `interactive_gym.browser.runtime` as Pyodide shows it. */
interface PyModule extends PyProxy {
  prepare(entropy: Entropy["restart"]): PyRuntime;
}

interface PyRuntime extends PyProxy {
  open_game(game: string, session: string): PyPlay;
  prepare_game(game: string): number | undefined;
  open_match(game: string, match: string, chunks: Uint8Array[]): PyMatch;
}

export async function loadPython(
  scope: BootScope,
  entropy: Entropy,
  source: RuntimeSource,
  clock: Clock,
  report: (progress: LoadProgress) => void,
): Promise<Python> {
  const pyodide = await bootPython(scope, source, clock, report);
  const module = pyodide.pyimport("interactive_gym.browser.runtime") as PyModule;
  const runtime = module.prepare(entropy.restart);
  module.destroy();
  return {
    open: (game, session) => playOf(runtime.open_game(game, session)),
    prepare: (game) => runtime.prepare_game(game) ?? null,
    match: (game, match, chunks) => netGameOf(runtime.open_match(game, match, chunks)),
  };
}

function playOf(proxy: PyPlay): Play {
  const { begin, tick, chunk, pixels, close } = proxy; // looked up once: each lookup is a call into Python
  return {
    begin: (episode, chunks) => begin(episode, chunks),
    tick: (input) => tick(input),
    chunk: (index) => takeBytes(chunk(index)),
    pixels: () => takeBytes(pixels()),
    close: () => {
      close();
      proxy.destroy();
    },
  };
}

function netGameOf(proxy: PyMatch): NetGame {
  const { meet, receive, receive_control, ready, leave, advance, linger, outgoing, chunk, pixels, close } = proxy; // as above
  return {
    meet: (now) => meet(now),
    receive: (peer, payload, now) => receive(peer, payload, now),
    receiveControl: (peer, payload, now) => receive_control(peer, payload, now),
    ready: (now) => ready(now),
    leave: (now) => leave(now),
    advance: (now, input) => advance(now, input),
    linger: (now) => linger(now),
    outgoing: () => takeBytes(outgoing()),
    chunk: (index) => takeBytes(chunk(index)),
    pixels: () => takeBytes(pixels()),
    retire: () => close(),
    close: () => {
      close();
      proxy.destroy();
    },
  };
}

/** A copy of what a Python buffer holds; the buffer is released. */
function takeBytes(buffer: PyBuffer): ChunkBytes {
  const view = buffer.getBuffer("u8");
  try {
    return new Uint8Array(view.data); // Uint8Array.from() would walk through them one by one, 3 ms for a picture
  } finally {
    view.release();
    buffer.destroy();
  }
}
