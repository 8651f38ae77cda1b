/** The attempts to reach one partner directly: one at a time, each of which is told when it has ended. */

import type { Clock } from "../clock";

/** New ways under the same connection, a new connection, or the way by the server. */
export type RepairKind = "ice_restart" | "new_connection" | "relay";

export type RepairResult = "connected" | "failed" | "timed_out" | "superseded" | "given_up";

export interface Repair {
  kind: RepairKind;
  cause: string; // what led to it
  ms: number; // how long it took
  result: RepairResult;
}

export class Repairs {
  private current: { kind: RepairKind; cause: string; since: number } | null = null;

  /** `trying` hears of each that begins, and null when none is under way any more; `report` of each that has ended. */
  constructor(
    private readonly clock: Pick<Clock, "now">,
    private readonly trying: (kind: RepairKind | null) => void,
    private readonly report: (repair: Repair) => void,
  ) {}

  begin(kind: RepairKind, cause: string): void {
    this.finish("superseded");
    this.current = { kind, cause, since: this.clock.now() };
    this.trying(kind);
  }

  /** Does nothing where nothing is under way. */
  end(result: RepairResult): void {
    if (this.finish(result)) this.trying(null);
  }

  private finish(result: RepairResult): boolean {
    if (this.current === null) return false;
    const { kind, cause, since } = this.current;
    this.current = null;
    this.report({ kind, cause, ms: Math.round(this.clock.now() - since), result });
    return true;
  }
}
