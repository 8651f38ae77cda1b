/** When nothing comes by the direct way to one partner: what the way by the server is worth meanwhile, and for how long. */

import type { Clock } from "../clock";
import type { Repair } from "./repairs";

const WORTH_MS = 1_000; // what is shorter happens on every busy machine, and nobody notices

export interface OutageTools {
  clock: Clock;
  lost(): void;
  restored(ms: number): void;
  detour(repair: Repair): void;
}

export class Outages {
  private since: number | null = null;
  private isTold = false;
  private repair: Repair | null = null; // of an outage that may not be worth a word
  private cancel: () => void = () => undefined;

  constructor(private readonly tools: OutageTools) {}

  begin(): void {
    if (this.since !== null) return;
    this.since = this.tools.clock.now();
    this.cancel = this.tools.clock.after(WORTH_MS, () => this.tell());
  }

  detour(works: boolean, ms: number): void {
    const repair: Repair = { kind: "relay", cause: "silent", ms, result: works ? "connected" : "failed" };
    if (this.isTold) this.tools.detour(repair);
    else if (this.since !== null) this.repair = repair;
  }

  end(): void {
    if (this.isTold && this.since !== null) this.tools.restored(Math.round(this.tools.clock.now() - this.since));
    this.close();
  }

  close(): void {
    this.cancel();
    [this.since, this.isTold, this.repair] = [null, false, null];
  }

  private tell(): void {
    this.isTold = true;
    this.tools.lost();
    if (this.repair !== null) this.tools.detour(this.repair);
  }
}
