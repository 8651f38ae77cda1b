/** Everything that the page and the worker say to each other. Times are absolute: `absoluteNow()` of clock.ts. */

import type { Asset } from "../protocol.gen";
import type { DrawPacket } from "../renderer/packet";

/** What the worker needs to start Python; part of the page's boot record. */
export interface RuntimeSource {
  pyodide: string; // base address, with a slash at its end
  pyodideBytes: number;
  packages: string[];
  archive: Asset;
}

export interface Press {
  id: number;
  key: string;
  t: number; // when the key went down, absolute
}

export type ToWorker =
  | { type: "load"; source: RuntimeSource }
  /** Imports the environment of a game; `game` and `session` are JSON for Python. Replaces an open game. */
  | { type: "open"; run: number; game: string; session: string }
  /** Makes and resets the environment for an episode, replays `chunks`, and waits. */
  | { type: "begin"; run: number; episode: number; chunks: Uint8Array[] }
  /** Starts the clock of the episode that has begun. */
  | { type: "play"; run: number; fps: number }
  | { type: "input"; down: string[]; presses: Press[]; focused: boolean }
  /** Ends the game wherever it stands. */
  | { type: "close" };

export type LoadStage = "download" | "unpack" | "prepare";

export interface LoadProgress {
  stage: LoadStage;
  received: number; // bytes, uncompressed
  total: number;
}

/** `run` names the game that a message is about: the answers to one that was closed meanwhile mean nothing. */
export type FromWorker =
  | { type: "progress"; progress: LoadProgress }
  | { type: "loaded"; ms: number }
  | { type: "opened"; run: number }
  | { type: "begun"; run: number; packet: string; pixels: ArrayBuffer | null; chunks: ChunkBytes[] }
  | { type: "ticked"; run: number; tick: Tick }
  /** `run` is null where the runtime itself failed. */
  | { type: "failed"; run: number | null; failure: WorkerFailure };

export interface Tick {
  packet: string; // Packet as JSON, as Python wrote it
  pixels: ArrayBuffer | null; // RGBA, of the size that the packet names
  chunks: ChunkBytes[]; // bytes of the packet's chunks, in their order
  presses: Press[]; // those that this tick was the first to see
  due: number;
  sampled: number;
  executed: number;
}

export type ChunkBytes = Uint8Array<ArrayBuffer>;

export type FailureStage = "import" | "make" | "reset" | "step" | "draw" | "policy" | "runtime" | "worker";

export interface WorkerFailure {
  stage: FailureStage;
  problem: string;
  detail: string;
}

/** What `Play.begin` and `Play.tick` answer, in `interactive_gym.browser.runtime`. */
export type Packet = FramePacket | { error: WorkerFailure };

export interface FramePacket {
  frame: number; // -1: the reset
  draw: DrawPacket | null;
  pixels: [width: number, height: number] | null;
  hud: string | null;
  step_ms: number;
  over: "terminated" | "truncated" | "max_steps" | null;
  chunks: ChunkHead[];
}

export interface ChunkHead {
  index: number;
  first: number;
  rows: number;
  digest: string;
}
