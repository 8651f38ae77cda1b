import { describe, expect, it, vi } from "vitest";

import { captureConsole, EventLog } from "../src/events";
import type { Event, Item } from "../src/protocol.gen";

function logging(): { log: EventLog; events: Event[] } {
  const events: Event[] = [];
  const put = async (items: Item[]): Promise<void> => {
    events.push(...items.filter((item): item is Event => item.kind === "event"));
  };
  return { log: new EventLog(put, () => 1234), events };
}

describe("EventLog", () => {
  it("gives each event an id of its own, and the game that it happened in", () => {
    const { log, events } = logging();
    log.report("a", "info", "because");
    log.during("s1");
    log.report("b", "warning", "because", { count: 1 });
    expect(events).toMatchObject([
      { name: "a", severity: "info", reason: "because", client_ms: 1234, session_id: null, data: {} },
      { name: "b", severity: "warning", session_id: "s1", data: { count: 1 } },
    ]);
    expect(events[0]?.id).not.toBe(events[1]?.id);
  });

  it("stops at fifty of a name, and says which one is the last", () => {
    const { log, events } = logging();
    for (let count = 0; count < 500; count += 1) log.report("loop", "error", "again");
    log.report("other", "info", "");
    expect(events.length).toBe(51);
    expect(events[49]?.data).toEqual({ last_of_its_name: true });
  });

  it("cuts texts to what the server takes", () => {
    const { log, events } = logging();
    log.report("a", "error", "x".repeat(5000), { text: "y".repeat(5000), line: 3 });
    expect(events[0]?.reason.length).toBe(200);
    expect(events[0]?.data).toEqual({ text: "y".repeat(200), line: 3 });
  });
});

describe("captureConsole", () => {
  const page = window as unknown as Window & typeof globalThis;

  it("reports what scripts of the page raise and write, and still says it", () => {
    const { log, events } = logging();
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    captureConsole(page, log);
    window.dispatchEvent(new ErrorEvent("error", { message: "x is not defined", filename: "survey.js", lineno: 3 }));
    console.error("careful", 7, { a: [1] });
    expect(events).toMatchObject([
      { name: "page_error", severity: "error", reason: "x is not defined", data: { file: "survey.js", line: 3 } },
      { name: "console_error", severity: "error", reason: 'careful 7 {"a":[1]}' },
    ]);
    expect(said).toHaveBeenCalledWith("careful", 7, { a: [1] });
    said.mockRestore();
  });
});

describe("EventLog.line", () => {
  it("keeps a long text whole, within what the server takes", () => {
    const { log, events } = logging();
    log.line("console_log", "info", "short");
    log.line("console_log", "info", "x".repeat(300));
    log.line("console_log", "info", "y".repeat(9000));
    expect(events[0]?.detail).toBeUndefined();
    expect([events[1]?.reason.length, events[1]?.detail?.length]).toEqual([200, 300]);
    expect(events[2]?.detail?.length).toBe(4000);
  });

  it("stops at two hundred lines of a kind", () => {
    const { log, events } = logging();
    for (let count = 0; count < 500; count += 1) log.line("console_log", "info", "again");
    expect(events.length).toBe(200);
    expect(events[199]?.data).toEqual({ last_of_its_name: true });
  });
});
