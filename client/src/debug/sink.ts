import type { LinkRow } from "../protocol.gen";

// What the page tells of a running game when its address says ?debug. All times that end in "Ms" and are not durations are
// milliseconds since 1970 on the monotonic clock (clock.ts, absoluteNow), the page's and the worker's alike.

export interface FrameTimes {
  episode: number;
  frame: number;
  dueMs: number; // when the tick should have begun
  lateMs: number; // duration: how much later it did
  stepMs: number; // duration: the environment's step and everything around it in Python
  packetMs: number; // when its packet was on the page
  paintedMs: number; // when it had been drawn
  predicted: number; // frames that it was ahead of what everybody had said
  rollback: number; // frames that were played again before it
  rollbackMs: number; // duration: of that
}

export interface KeyTimes {
  key: string;
  eventMs: number; // the browser's time stamp of the press
  sampledMs: number; // when a tick took it
  executedMs: number; // when that tick's step had run
  paintedMs: number; // when what came of it had been drawn
}

export interface Status {
  episode: number;
  renderer: string;
  outbox: number; // records that the server has not acknowledged yet
  links: LinkRow[]; // to the partners, as they were in the last second
  impairment: string; // what is done to the lines on purpose
}

export interface DebugSink {
  frame(times: FrameTimes): void;
  key(times: KeyTimes): void;
  /** Only what has changed needs to be given. */
  status(status: Partial<Status>): void;
  destroy(): void;
}

export const silent: DebugSink = { frame: nothing, key: nothing, status: nothing, destroy: nothing };

function nothing(): void {
  // `off` costs nothing
}
