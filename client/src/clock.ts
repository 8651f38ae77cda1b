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

/** A clock whose timers also go off when somebody says that time has passed. Browsers let the timers of a page that is
 *  hidden sleep for a second, and after five minutes for a minute; the messages of its worker come all the same. */
export class NudgedClock implements Clock {
  private readonly timers = new Set<{ at: number; ring: () => void }>();

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now();
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.now() + ms, ring: () => undefined as void };
    const cancelInner = this.clock.after(ms, () => timer.ring());
    const cancel = (): void => {
      this.timers.delete(timer);
      cancelInner();
    };
    timer.ring = () => {
      cancel();
      callback();
    };
    this.timers.add(timer);
    return cancel;
  }

  /** Whatever is due goes off, in its order. */
  nudge(): void {
    const now = this.now();
    const due = [...this.timers].filter(({ at }) => at <= now).sort((one, other) => one.at - other.at);
    for (const timer of due) if (this.timers.has(timer)) timer.ring(); // another one may have called it off
  }
}

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
