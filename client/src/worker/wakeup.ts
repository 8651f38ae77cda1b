/** One timer that is aimed anew whenever the next deadline changes, and is exact for short times too. */

import type { Clock } from "../clock";

const EARLY_MS = 1; // as in tick.ts: timers are cut to whole milliseconds
const NESTED_MS = 4; // what browsers make of shorter timers, where timers set each other

/** Calls back soon, from the event loop and not from a timer. */
export type Hop = (callback: () => void) => void;

export class Wakeup {
  private at = Infinity;
  private aims = 0; // names the newest aim: what an older one has under way means nothing
  private cancel: (() => void) | null = null;

  /** `woken` is called with the present moment, or the one that was aimed at if that is later. */
  constructor(
    private readonly clock: Clock,
    private readonly hop: Hop,
    private readonly woken: (now: number) => void,
  ) {}

  /** Replaces what was aimed at before. */
  aim(at: number): void {
    this.stop();
    this.at = at;
    const left = at - this.clock.now();
    if (left < NESTED_MS) this.hopThen(() => this.wait());
    else this.wait();
  }

  /** The same, if it was not to wake earlier anyway. */
  aimBefore(at: number): void {
    if (at < this.at) this.aim(at);
  }

  stop(): void {
    this.at = Infinity;
    this.aims += 1;
    this.cancel?.();
    this.cancel = null;
  }

  private hopThen(action: () => void): void {
    const { aims } = this;
    this.hop(() => {
      if (aims === this.aims) action();
    });
  }

  private wait(): void {
    const left = this.at - this.clock.now();
    if (left < EARLY_MS) return this.wake();
    this.cancel = this.clock.after(left, () => this.again());
  }

  private again(): void {
    this.cancel = null;
    this.aim(this.at); // too early, or due
  }

  private wake(): void {
    const { at } = this;
    this.stop();
    this.woken(Math.max(at, this.clock.now()));
  }
}

/** A message to ourselves: it comes after what waits already, and timers set in it are not nested. */
export function messageHop(): Hop {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(null);
  };
}
