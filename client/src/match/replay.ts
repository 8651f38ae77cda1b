/** What all play again after a restart: fetched before the game is made. */

import { type Api, HttpError } from "../api";
import { fromBase64 } from "../bytes";
import { backoff, sleep, type Clock } from "../clock";
import type { Match } from "../protocol.gen";

const ASK_FIRST_MS = 500;
const ASK_MOST_MS = 5_000;

export interface ReplayTools {
  api: Pick<Api, "replay">;
  clock: Clock;
  /** False where nobody wants it any more. */
  isWanted(): boolean;
}

/** The recorded chunks; null where nobody wants them any more. Throws what the server refuses. */
export async function recordedOf(match: Match, { api, clock, isWanted }: ReplayTools): Promise<Uint8Array[] | null> {
  const { session_id, restart } = match;
  if (!isReplayed(match) || !restart) return [];
  for (let attempt = 0; isWanted(); attempt += 1) {
    try {
      const { chunks } = await api.replay(session_id, restart.epoch);
      return isWanted() ? chunks.map(fromBase64) : null;
    } catch (error) {
      if (error instanceof HttpError && !error.passing) throw error;
      await sleep(clock, backoff(attempt, ASK_FIRST_MS, ASK_MOST_MS));
    }
  }
  return null;
}

/** Whether it takes the place of what was played before. */
export function isRestart({ restart }: Match): boolean {
  return (restart ?? null) !== null;
}

/** Whether this page begins with frames of before. Whoever returns gets them from the others instead. */
export function isReplayed({ restart, returning }: Match): boolean {
  return !returning && (restart?.frame ?? -1) >= 0;
}
