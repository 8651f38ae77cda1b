/** Fetching what Python needs: tried again while the network is bad, counted, and with readable failures. */

import { backoff, sleep, type Clock } from "../clock";

const TRIES = 4;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 5_000;

export type FetchLike = (resource: RequestInfo | URL, options?: RequestInit) => Promise<Response>;

export class DownloadError extends Error {
  override name = "DownloadError";
}

/** Like `fetch`, but answers only with success. Throws DownloadError, which names the address and what came back. */
export function persistent(fetch: FetchLike, clock: Clock): FetchLike {
  return async (resource, options) => {
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await attemptOnce(fetch, resource, options);
      if (outcome instanceof Response) return outcome;
      if (!outcome.passing || attempt + 1 === TRIES) throw new DownloadError(outcome.problem);
      await sleep(clock, backoff(attempt, RETRY_FIRST_MS, RETRY_MOST_MS));
    }
  };
}

interface Miss {
  problem: string;
  passing: boolean;
}

async function attemptOnce(
  fetch: FetchLike,
  resource: RequestInfo | URL,
  options?: RequestInit,
): Promise<Response | Miss> {
  const address = resource instanceof Request ? resource.url : String(resource);
  try {
    const response = await fetch(resource, options);
    if (response.ok) return response;
    return {
      problem: `${address}: the server answered with HTTP status ${response.status}.`,
      passing: response.status >= 500,
    };
  } catch (error) {
    return { problem: `${address}: the server could not be reached (${String(error)}).`, passing: true };
  }
}
