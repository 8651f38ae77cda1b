import { createLatencyLog } from "./latency";
import { createOverlay } from "./overlay";
import { silent, type DebugSink } from "./sink";

export type { DebugSink, FrameTimes, KeyTimes, Status } from "./sink";

export type DebugMode = "off" | "overlay" | "latency";

/** `?debug` shows figures on the page, `?debug=latency` logs each frame. */
export function debugMode(query: string): DebugMode {
  const value = new URLSearchParams(query).get("debug");
  if (value === null) return "off";
  return value === "latency" ? "latency" : "overlay";
}

export function createDebug(parent: HTMLElement, mode: DebugMode): DebugSink {
  switch (mode) {
    case "off":
      return silent;
    case "overlay":
      return createOverlay(parent);
    case "latency":
      return createLatencyLog();
  }
}
