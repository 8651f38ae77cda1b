/** A tick that is exact on average. Timers fire late, and count in whole milliseconds; so each is aimed at where its
 *  tick is due since the start, not at a period after the last one. */

import type { Clock } from "../clock";

const EARLY_MS = 1; // timers are cut to whole milliseconds: waiting out the rest would cost another 4
const DEBT_PERIODS = 3; // a hiccup of so many ticks is caught up with; after more, play goes on from now

export class Ticker {
  private due = 0;
  private cancel: (() => void) | null = null;

  /** `tick` is called with the moment at which it was due, in the clock's time. */
  constructor(
    private readonly clock: Clock,
    private readonly period: number,
    private readonly tick: (due: number) => void,
  ) {}

  start(): void {
    this.stop();
    this.due = this.clock.now() + this.period;
    this.aim();
  }

  stop(): void {
    this.cancel?.();
    this.cancel = null;
  }

  private aim(): void {
    this.cancel = this.clock.after(Math.max(0, this.due - this.clock.now()), () => this.woken());
  }

  private woken(): void {
    const now = this.clock.now();
    if (now < this.due - EARLY_MS) return this.aim();
    if (now > this.due + DEBT_PERIODS * this.period) this.due = now;
    const due = this.due;
    this.due += this.period;
    this.aim(); // before the tick, which may stop us
    this.tick(due);
  }
}
