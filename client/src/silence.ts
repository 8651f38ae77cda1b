/** Notices that nothing has come for too long: of a line that is dead, a browser hears after half a minute at the earliest. */

import type { Clock } from "./clock";

const LOOK_MS = 1000;

/** Time in which the page stood still is not counted: what came meanwhile is read after its timers have rung. */
export class Silence {
  private counted = 0;
  private callOff = (): void => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly limitMs: number,
    private readonly fell: () => void,
  ) {}

  /** Something has come, or is expected from now on. */
  broken(): void {
    this.end();
    this.counted = 0;
    this.look(this.clock.now());
  }

  /** Nothing is expected. */
  end(): void {
    this.callOff();
  }

  private look(since: number): void {
    this.callOff = this.clock.after(LOOK_MS, () => {
      this.counted += Math.min(this.clock.now() - since, 2 * LOOK_MS);
      if (this.counted >= this.limitMs) this.fell();
      else this.look(this.clock.now());
    });
  }
}
