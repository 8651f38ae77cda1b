/** Everything that the page and the worker say to each other. Times are absolute: `absoluteNow()` of clock.ts. */

import type { Asset, EpisodeEnd, LinkRow, Match } from "../protocol.gen";
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
  /** Imports and looks at a game, as soon as Python is there: it is made faster then. Answered by `measured`. */
  | { type: "prepare"; run: number; game: string }
  /** Imports and makes a game of several people; `match` is protocol.Match, and `chunks` are what its restart has all play
   *  again. Replaces an open game. */
  | { type: "match"; run: number; game: string; match: Match; chunks: Uint8Array[]; impairment: Impairment | null }
  /** The ends of a new direct connection to a peer, or null where the page passes its frames on. */
  | { type: "channels"; run: number; peer: number; link: string; channels: Channels | null }
  /** The direct connection of this name is gone; the empty one: this browser has none to offer. */
  | { type: "unlinked"; run: number; peer: number; link: string }
  /** A frame (see FRAME_DATAGRAM in protocol.py) that came by the page's end of a direct connection. */
  | { type: "arrived"; run: number; peer: number; frame: Uint8Array<ArrayBuffer> }
  /** Frames that came by the server, as it sent them. */
  | { type: "relayed"; run: number; batch: Uint8Array<ArrayBuffer> }
  /** What this end of the direct connection is, for the records: "host udp", "relay tls", ... */
  | { type: "connection"; run: number; peer: number; text: string }
  /** Everybody is connected with everybody: the session may begin. */
  | { type: "meet"; run: number }
  /** The participant may play the episode that has been made. */
  | { type: "ready"; run: number }
  /** A match has ended: its environment goes, and its partners are answered for a while, beside the next game. */
  | { type: "retire"; run: number }
  /** The participant goes for good. "moved" has what is still to be recorded of the match, and "forgotten" follows. */
  | { type: "leave"; run: number }
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
  /** How many times faster than it is played the prepared game can be played here; null: that could not be measured. */
  | { type: "measured"; run: number; speed: number | null }
  | { type: "begun"; run: number; packet: string; pixels: ArrayBuffer | null; chunks: ChunkBytes[] }
  | { type: "ticked"; run: number; tick: Tick }
  /** The environment of a match stands. */
  | { type: "made"; run: number }
  /** Frames go to and fro on all links of a match, and take so many ms to each partner's agent and back; said once. */
  | { type: "connected"; run: number; rtts: Record<string, number> }
  /** The partners of a retired match have acknowledged all that they were told; said once. */
  | { type: "acknowledged"; run: number }
  /** Nothing more comes of a retired match. */
  | { type: "forgotten"; run: number }
  /** Time has passed in a match. */
  | { type: "moved"; run: number; move: Move }
  /** A frame to be sent by the page, over its end of a direct connection. */
  | { type: "send"; run: number; peer: number; frame: Uint8Array<ArrayBuffer> }
  /** Frames to be sent through the server, as it takes them. */
  | { type: "relay"; run: number; batch: Uint8Array<ArrayBuffer> }
  /** One row per partner, once a second. */
  | { type: "links"; run: number; rows: LinkRow[] }
  /** Nothing comes by the direct way, or it does again. The page repairs the connection meanwhile. */
  | { type: "direct"; run: number; peer: number; up: boolean }
  /** What the way by the server was worth while nothing came by the direct one: whether the partner was heard by it, and
   *  after how many ms; or that it was not, in all the time. Said once for each loss of the direct way. */
  | { type: "detour"; run: number; peer: number; works: boolean; ms: number }
  /** The channels of this direct connection are closed for good. */
  | { type: "closed"; run: number; peer: number; link: string }
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

/** The two data channels of a pair. They are negotiated in advance, with these ids, so that both ends make them. */
export interface Channels {
  datagrams: RTCDataChannel;
  control: RTCDataChannel;
}

export const DATAGRAMS = { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 } as const;
export const CONTROL = { negotiated: true, id: 1, ordered: true } as const;

/** What a developer does to the datagrams that this worker sends: `?delay=100&jitter=20&loss=5`, in ms and percent. */
export interface Impairment {
  delay: number;
  jitter: number;
  loss: number;
}

/** What `Match.advance` has led to, in `interactive_gym.browser.match`. */
export interface Move {
  packet: string; // MatchPacket as JSON, as Python wrote it
  pixels: ArrayBuffer | null;
  chunks: ChunkBytes[];
  presses: Press[]; // those that were sampled
  due: number; // absolute, as in Tick
  sampled: number;
  executed: number;
}

export type MatchPacket = MatchFrame | { error: WorkerFailure };

/** All fields, always. After `leave` it takes one more `advance` for the last chunks and events. */
export interface MatchFrame {
  next: number; // when to call again, in seconds of the worker's clock
  episode: number;
  frame: number; // the newest that was played; -1: the reset
  acts: number | null; // inputs were sampled, and act in this frame; if not, presses are to be given again
  draw: DrawPacket | null; // null, with pixels null: nothing to see has changed
  pixels: [width: number, height: number] | null;
  hud: string | null;
  corrected: boolean; // what is shown now does not follow from what was shown: frames were played again, differently
  ticked: boolean; // a new frame was played
  due: number; // when that was due; likewise in seconds
  step_ms: number;
  predicted: number; // frames beyond the newest confirmed one
  rollback: number; // frames played again, since the last tick
  rollback_ms: number;
  chunks: (ChunkHead & { episode: number })[];
  events: MatchEvent[];
}

/** `netcode.events`, by class name in snake case, with their fields; times in ms of the worker's clock. */
export type MatchEvent =
  | { type: "prepared"; episode: number } // ours: the environment is made and reset, `ready` is awaited
  | { type: "started"; episode: number; at: number; input_delay: number }
  | { type: "interrupted"; peer: number }
  | { type: "resumed"; peer: number; silence: number } // ms
  /** `until` is absolute: when it is decided how it goes on; null: it takes as long as it takes. `peers` are waited for. */
  | { type: "held"; frame: number; why: "silence" | "absence" | "hidden"; peers: number[]; until: number | null }
  | { type: "unheld"; at: number }
  | { type: "cut"; peer: number; turn: number; frame: number }
  | { type: "returned"; peer: number; frame: number }
  | { type: "away"; is_gone: boolean }
  | { type: "mismatch"; peer: number; frame: number; agreed: number }
  | { type: "slowed"; factor: number; peers: number[] } // times that a tick lasts longer than planned, for their sake
  /** All chunks of the episode are in this packet or were in earlier ones. `end` is EpisodeEnd's, without the key. */
  | { type: "episode_ended"; episode: number; end: Pick<EpisodeEnd, "frames" | "end_reason" | "statistics"> }
  /** `netcode.events.Reason`, or "partner_left": whoever is needed is gone for good. Of "failed", `text` is the problem in
   *  its first line, and then the traceback. */
  | { type: "ended"; reason: string; text: string }
  | { type: "refused"; peer: number; field: string; mine: string; theirs: string };
