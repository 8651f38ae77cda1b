/** A bad network for developers: what it is given is delivered later, or never, and not in order. */

import type { Clock } from "../clock";
import type { Impairment } from "./messages";

export class BadNetwork {
  private readonly underway = new Set<() => void>(); // calls deliveries off

  constructor(
    private readonly impairment: Impairment,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  carry(deliver: () => void): void {
    const { delay, jitter, loss } = this.impairment;
    if (this.random() * 100 < loss) return;
    const wait = delay + (2 * this.random() - 1) * jitter;
    if (wait <= 0) return deliver();
    const cancel = this.clock.after(wait, () => {
      this.underway.delete(cancel);
      deliver();
    });
    this.underway.add(cancel);
  }

  close(): void {
    for (const cancel of this.underway) cancel();
    this.underway.clear();
  }
}
