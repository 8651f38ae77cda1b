/** A time limit that every sign of progress renews. */

import type { Clock } from "./clock";

export class Deadline {
  private cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
    private readonly expired: () => void,
  ) {}

  get running(): boolean {
    return this.cancel !== null;
  }

  /** Expires after the limit, and `extra` ms that are known to be needed. */
  renew(extra = 0): void {
    this.stop();
    this.cancel = this.clock.after(this.ms + extra, () => {
      this.cancel = null;
      this.expired();
    });
  }

  stop(): void {
    this.cancel?.();
    this.cancel = null;
  }
}
