/** Whether the participant is looking: the tab is visible and its window has the focus. */

import type { EventLog } from "./events";

export class FocusWatch {
  private readonly listeners = new Set<() => void>();
  private last: string;

  constructor(
    private readonly page: Document,
    window: Window,
  ) {
    this.last = this.text;
    for (const name of ["focus", "blur", "pageshow"]) window.addEventListener(name, () => this.changed());
    page.addEventListener("visibilitychange", () => this.changed());
  }

  get focused(): boolean {
    return !this.hidden && this.page.hasFocus();
  }

  /** The tab is not to be seen; a window in front of it is another matter. */
  get hidden(): boolean {
    return this.page.visibilityState !== "visible";
  }

  /** Calls back whenever either has changed. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private get text(): string {
    return `${this.focused} ${this.hidden}`;
  }

  private changed(): void {
    const { text } = this;
    if (text === this.last) return;
    this.last = text;
    for (const listener of [...this.listeners]) listener();
  }
}

/** Writes down when the participant looks elsewhere, when the tab is hidden, and for how long it was. */
export function reportFocus(
  focus: FocusWatch,
  log: Pick<EventLog, "report">,
  now: () => number = () => performance.now(),
): void {
  let [{ focused, hidden }, since] = [focus, now()];
  focus.listen(() => {
    if (focus.focused !== focused) log.report(focus.focused ? "focus_gained" : "focus_lost", "info", visibility(focus));
    if (focus.hidden !== hidden) {
      log.report(focus.hidden ? "hidden" : "visible", "info", visibility(focus), { ms: Math.round(now() - since) });
      since = now();
    }
    ({ focused, hidden } = focus);
  });
}

/** Writes down that the browser has stopped everything here for a while, as it does with tabs that nobody looks at. */
export function reportFreezes(
  page: Document,
  log: Pick<EventLog, "report">,
  now: () => number = () => performance.now(),
): void {
  let since = now();
  page.addEventListener("freeze", () => (since = now()));
  page.addEventListener("resume", () => log.report("frozen", "warning", "resumed", { ms: Math.round(now() - since) }));
}

function visibility(focus: FocusWatch): string {
  return focus.hidden ? "hidden" : "visible";
}
