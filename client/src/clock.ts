/** Time as an argument: what counts time takes a Clock, and its tests bring their own. */

export interface Clock {
  /** Milliseconds that never go backwards. */
  now(): number;
  /** Calls back after `ms`; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Milliseconds since 1970 on the monotonic clock: comparable between the page and its workers. */
export function absoluteNow(): number {
  return performance.timeOrigin + performance.now();
}

/** The clock's time as the same kind of moment; `origin` is performance.timeOrigin. */
export function absolute(clock: Clock, origin: number): number {
  return origin + clock.now();
}

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** How long to wait before the given try, counted from 0: doubling, never above `most`, with jitter against herds. */
export function backoff(attempt: number, first: number, most: number, random: () => number = Math.random): number {
  return Math.min(most, first * 2 ** attempt) * (0.75 + random() / 2);
}
