/** What of a match is worth an event in the data. */

import type { EventData, EventLog } from "../events";
import type { MatchEvent } from "../worker/messages";

const SEVERITIES = {
  interrupted: "warning",
  resumed: "info",
  held: "warning",
  cut: "warning",
  returned: "info",
  away: "warning",
  mismatch: "error",
  refused: "error",
  ended: "info",
} as const;

export function reportEvent(event: MatchEvent, log: Pick<EventLog, "report">): void {
  if (!isReported(event)) return;
  const { type, ...fields } = event;
  const reason = event.type === "ended" ? event.reason : type;
  log.report(`match_${type}`, SEVERITIES[event.type], reason, fields satisfies EventData);
}

type Reported = Extract<MatchEvent, { type: keyof typeof SEVERITIES }>;

function isReported(event: MatchEvent): event is Reported {
  return event.type in SEVERITIES;
}
