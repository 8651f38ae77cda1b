/** What is worth knowing about this visit, as bounded events for the store. */

import { randomName } from "./bytes";
import type { Event, Item } from "./protocol.gen";

const MOST_PER_NAME = 50; // an error in a loop must not fill the store; the count says how many there were
const MOST_LINES = 200; // of the console, of each kind: enough to see what a page did
const MOST_CHARACTERS = 200; // ShortText in protocol.py
const MOST_DETAIL = 4_000; // Event.detail there

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
    const last = this.counted(name, MOST_PER_NAME);
    if (last !== null) void this.put([this.event(name, severity, reason, { ...data, ...last })]);
  }

  /** Something that the page wrote down, or that went wrong in its scripts; all of it is in `detail`. */
  line(name: string, severity: Severity, detail: string, data: EventData = {}): void {
    const last = this.counted(name, MOST_LINES);
    if (last === null) return;
    const event = this.event(name, severity, detail, { ...data, ...last });
    const isMore = detail.length > event.reason.length;
    void this.put([isMore ? { ...event, detail: detail.slice(0, MOST_DETAIL) } : event]);
  }

  /** What to add to this one of that name; null: there have been enough. */
  private counted(name: string, most: number): EventData | null {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    if (count > most) return null;
    return count === most ? { last_of_its_name: true } : {};
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

const SEVERITIES = { log: "info", info: "info", warn: "warning", error: "error" } as const;

/** Reports what goes wrong in the scripts of the page, and what they write to the console, which still says it. */
export function captureConsole(window: Window & typeof globalThis, log: EventLog): void {
  window.addEventListener("error", (event) => {
    const detail = written(event.error ?? event.message);
    log.line("page_error", "error", detail, { file: event.filename ?? "", line: event.lineno ?? 0 });
  });
  window.addEventListener("unhandledrejection", (event) => log.line("page_error", "error", written(event.reason)));
  for (const method of ["log", "info", "warn", "error"] as const) captureMethod(window.console, method, log);
}

function captureMethod(console: Console, method: keyof typeof SEVERITIES, log: EventLog): void {
  const say = console[method].bind(console);
  console[method] = (...values: unknown[]) => {
    say(...values);
    log.line(`console_${method}`, SEVERITIES[method], values.map(written).join(" "));
  };
}

/** As the console would show it, roughly; a browser that puts no message into a stack gets both. */
function written(value: unknown): string {
  if (value instanceof Error) return value.stack?.includes(value.message) ? value.stack : `${value}\n${value.stack ?? ""}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value); // it holds itself, or what JSON does not know
  }
}
