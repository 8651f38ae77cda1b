/** What of a match is worth an event in the data, and how long it took. */

import type { EventData, EventLog } from "../events";
import type { MatchEvent } from "../worker/messages";

const SEVERITIES = {
  interrupted: "warning",
  resumed: "info",
  held: "warning",
  unheld: "info",
  cut: "warning",
  returned: "info",
  away: "warning",
  slowed: "warning",
  mismatch: "error",
  refused: "error",
  ended: "info",
} as const;

type Reported = Extract<MatchEvent, { type: keyof typeof SEVERITIES }>;

export class MatchLog {
  private held: { why: string; since: number } | null = null;
  private readonly goneSince = new Map<number, number>();

  /** `now` is absolute, in ms. */
  constructor(
    private readonly me: number,
    private readonly log: Pick<EventLog, "report">,
    private readonly now: () => number,
  ) {}

  happened(event: MatchEvent): void {
    if (!isReported(event) || (event.type === "unheld" && this.held === null)) return;
    const [reason, data] = this.described(event);
    this.log.report(`match_${event.type}`, SEVERITIES[event.type], reason, data);
  }

  private described(event: Reported): [reason: string, data: EventData] {
    const now = this.now();
    switch (event.type) {
      case "held": {
        this.held = { why: event.why, since: this.held?.since ?? now };
        const limit = event.until === null ? null : Math.round(event.until - now);
        return [event.why, { frame: event.frame, peers: event.peers.join(" "), limit_ms: limit }];
      }
      case "unheld": {
        const { why, since } = this.held ?? { why: "unheld", since: now };
        this.held = null;
        return [why, { ms: Math.round(event.at - since) }];
      }
      case "away":
        this.goneSince.set(this.me, now);
        return ["away", { is_gone: event.is_gone }];
      case "cut":
        this.goneSince.set(event.peer, now);
        return ["cut", fieldsOf(event)];
      case "returned":
        return ["returned", { ...fieldsOf(event), ms: Math.round(now - (this.goneSince.get(event.peer) ?? now)) }];
      case "slowed":
        return ["slow_machine", { factor: event.factor, peers: event.peers.join(" ") }];
      case "ended":
        return [event.reason, fieldsOf(event)];
      default:
        return [event.type, fieldsOf(event)];
    }
  }
}

function fieldsOf({ type: _, ...fields }: Exclude<Reported, { type: "held" | "slowed" }>): EventData {
  return fields;
}

function isReported(event: MatchEvent): event is Reported {
  return event.type in SEVERITIES;
}
