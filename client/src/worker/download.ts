/** Fetching what Python needs: tried again while the network is bad, counted, and with readable failures. */

import { backoff, sleep, type Clock } from "../clock";

const TRIES = 4;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 5_000;

export type FetchLike = (resource: RequestInfo | URL, options?: RequestInit) => Promise<Response>;

export class DownloadError extends Error {
  override name = "DownloadError";
}

/** Loads a whole file. `arrived` is told of its bytes as they come, and of those that came in vain by a negative number. */
export type Download = (
  resource: RequestInfo | URL,
  arrived: (bytes: number) => void,
  options?: RequestInit,
) => Promise<Blob>;

/** Like `fetch`, but answers only with success. Throws DownloadError, which names the address and what came back. */
export function persistent(fetch: FetchLike, clock: Clock): FetchLike {
  return (resource, options) => tried(clock, () => request(fetch, resource, options));
}

/** Downloads that are begun again where they break off, too. Throw DownloadError. */
export function downloads(fetch: FetchLike, clock: Clock): Download {
  return (resource, arrived, options) =>
    tried(clock, async () => {
      const answer = await request(fetch, resource, options);
      return answer instanceof Response ? body(answer, addressOf(resource), arrived) : answer;
    });
}

class Miss {
  constructor(
    readonly problem: string,
    readonly passing: boolean,
  ) {}
}

async function tried<Result>(clock: Clock, once: () => Promise<Result | Miss>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await once();
    if (!(outcome instanceof Miss)) return outcome;
    if (!outcome.passing || attempt + 1 === TRIES) throw new DownloadError(outcome.problem);
    await sleep(clock, backoff(attempt, RETRY_FIRST_MS, RETRY_MOST_MS));
  }
}

async function request(fetch: FetchLike, resource: RequestInfo | URL, options?: RequestInit): Promise<Response | Miss> {
  const address = addressOf(resource);
  try {
    const response = await fetch(resource, options);
    if (response.ok) return response;
    return new Miss(`${address}: the server answered with HTTP status ${response.status}.`, response.status >= 500);
  } catch (error) {
    return new Miss(`${address}: the server could not be reached (${String(error)}).`, true);
  }
}

async function body(response: Response, address: string, arrived: (bytes: number) => void): Promise<Blob | Miss> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  try {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
      parts.push(part.value);
      arrived(part.value.byteLength);
    }
  } catch (error) {
    arrived(-parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
    return new Miss(`${address}: the download broke off (${String(error)}).`, true);
  }
  return new Blob(parts, { type: response.headers.get("content-type") ?? "" });
}

function addressOf(resource: RequestInfo | URL): string {
  return resource instanceof Request ? resource.url : String(resource);
}
