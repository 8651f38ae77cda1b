/** What the viewer's page and its worker say to each other, and what Python answers (replay_episode.py). */

import type { DrawPacket } from "../renderer/packet";
import type { LoadProgress, RuntimeSource } from "../worker/messages";

export type ToReplay =
  /** `program` is the text of replay_episode.py. Answered by `progress`, and `loaded`. */
  | { type: "load"; source: RuntimeSource; program: string }
  /** Plays an episode to its end, to compare it with its record. Replaces another one. Answered by `checked`, again and
   *  again until its `frame` is its `last`. */
  | { type: "open"; run: number; job: string; chunks: Uint8Array[] }
  /** Answered by `shown`; only after the last `checked`. */
  | { type: "show"; run: number; frame: number; players: boolean };

export type FromReplay =
  | { type: "progress"; progress: LoadProgress }
  | { type: "loaded" }
  | { type: "checked"; run: number; found: Found }
  | { type: "shown"; run: number; shown: Shown; pixels: (ArrayBuffer | null)[] }
  /** `run` is null where Python itself could not be started. */
  | { type: "failed"; run: number | null; problem: string; detail: string };

/** What playing an episode again has shown so far. */
export interface Found {
  frame: number; // the newest that was played; -1: the reset
  last: number; // that can be shown
  frames: number; // that were recorded
  difference: (Difference & { frame: number }) | null; // the first one
  differing: number; // frames
  savable: boolean; // else players' views are those of what was played in the end
}

export interface Difference {
  field: string; // of a row; "step": it could not be played; "end": the episode was over
  recorded: string;
  played: string;
}

export interface Shown {
  frame: number;
  views: ShownView[]; // first that of what was played in the end
  row: Record<string, Record<string, string>>; // field -> agent -> JSON; of the state, name -> JSON
  differences: Difference[];
  savable: boolean; // false from where going back has shown otherwise, too
}

export interface ShownView {
  agent: string;
  draw: DrawPacket | null;
  pixels: [width: number, height: number] | null;
  hud: string | null;
  predicted: number; // frames that were expected, and not known
  problem: string | null; // why there is no picture
}
