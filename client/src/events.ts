/** What is worth knowing about this visit, as bounded events for the store. */

import { randomName } from "./bytes";
import type { Event, Item } from "./protocol.gen";

const MOST_PER_NAME = 50; // an error in a loop must not fill the store; the count says how many there were
const MOST_CHARACTERS = 200; // ShortText in protocol.py

type Severity = Event["severity"];
export type EventData = NonNullable<Event["data"]>;

export class EventLog {
  private readonly counts = new Map<string, number>();
  private sessionId: string | null = null;

  constructor(
    private readonly put: (items: Item[]) => Promise<void>,
    private readonly unixNow: () => number = Date.now,
  ) {}

  /** Events from now on belong to this game, or to none. */
  during(sessionId: string | null): void {
    this.sessionId = sessionId;
  }

  report(name: string, severity: Severity, reason: string, data: EventData = {}): void {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    if (count > MOST_PER_NAME) return;
    const last: EventData = count === MOST_PER_NAME ? { last_of_its_name: true } : {};
    void this.put([this.event(name, severity, reason, { ...data, ...last })]);
  }

  private event(name: string, severity: Severity, reason: string, data: EventData): Event {
    const shortened = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, shorten(value)]));
    const [id, client_ms, session_id] = [randomName(), this.unixNow(), this.sessionId];
    return {
      kind: "event",
      id,
      name,
      severity,
      reason: shorten(reason) as string,
      client_ms,
      session_id,
      data: shortened,
    };
  }
}

function shorten(value: EventData[string]): EventData[string] {
  return typeof value === "string" ? value.slice(0, MOST_CHARACTERS) : value;
}

/** Reports what goes wrong on the page and what its scripts say is wrong. */
export function captureErrors(window: Window & typeof globalThis, log: EventLog): void {
  window.addEventListener("error", (event) => {
    log.report("page_error", "error", event.message, { file: event.filename ?? "", line: event.lineno ?? 0 });
  });
  window.addEventListener("unhandledrejection", (event) => log.report("page_error", "error", String(event.reason)));
  captureConsole(window.console, "error", log);
  captureConsole(window.console, "warn", log);
}

function captureConsole(console: Console, method: "error" | "warn", log: EventLog): void {
  const say = console[method].bind(console);
  console[method] = (...values: unknown[]) => {
    say(...values);
    log.report(`console_${method}`, method === "warn" ? "warning" : "error", values.map(String).join(" "));
  };
}
