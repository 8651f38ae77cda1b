import { beforeEach, describe, expect, it } from "vitest";

import { FocusWatch, reportFocus, reportFreezes } from "../src/focus";

class FakeDocument extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
  isFocused = true;

  hasFocus(): boolean {
    return this.isFocused;
  }
}

function watched() {
  const [page, window] = [new FakeDocument(), new EventTarget()];
  const watch = new FocusWatch(page as unknown as Document, window as Window);
  const heard: boolean[] = [];
  watch.listen(() => void heard.push(watch.focused));
  const says = (target: EventTarget, name: string, isFocused: boolean): void => {
    page.isFocused = isFocused;
    target.dispatchEvent(new Event(name));
  };
  return { page, window, watch, heard, says };
}

describe("FocusWatch", () => {
  it("tells when the window loses the focus and gets it back, once each", () => {
    const { window, watch, heard, says } = watched();
    says(window, "blur", false);
    says(window, "blur", false);
    expect(watch.focused).toBe(false);
    says(window, "focus", true);
    expect([heard, watch.focused]).toEqual([[false, true], true]);
  });

  it("keeps the focus where a frame of the page has it", () => {
    const { window, watch, heard, says } = watched();
    says(window, "blur", true);
    expect([heard, watch.focused]).toEqual([[], true]);
  });

  it("is lost while the tab is hidden, whatever the window says", () => {
    const { page, heard, watch, says } = watched();
    page.visibilityState = "hidden";
    says(page, "visibilitychange", true);
    expect([heard, watch.focused]).toEqual([[false], false]);
    page.visibilityState = "visible";
    says(page, "visibilitychange", true);
    expect([heard, watch.focused]).toEqual([[false, true], true]);
  });

  it("tells that the tab is hidden also where its window had lost the focus before", () => {
    const { page, window, heard, watch, says } = watched();
    says(window, "blur", false);
    page.visibilityState = "hidden";
    says(page, "visibilitychange", false);
    expect([heard, watch.focused, watch.hidden]).toEqual([[false, false], false, true]);
  });

  it("looks again when a page comes back that the browser had kept", () => {
    const { page, window, heard, says } = watched();
    page.visibilityState = "hidden"; // which nobody was told
    says(window, "pageshow", false);
    expect(heard).toEqual([false]);
  });
});

describe("The events of a visit", () => {
  const clock = { time: 0 };
  const reported: unknown[][] = [];
  const log = { report: (...event: unknown[]) => void reported.push(event) };

  beforeEach(() => {
    reported.length = clock.time = 0;
  });

  it("say when the participant looks elsewhere, and for how long the tab was hidden", () => {
    const { page, window, watch, says } = watched();
    reportFocus(watch, log, () => clock.time);
    clock.time = 100;
    says(window, "blur", false);
    clock.time = 200;
    page.visibilityState = "hidden";
    says(page, "visibilitychange", false);
    clock.time = 5200;
    page.visibilityState = "visible";
    says(page, "visibilitychange", true);
    expect(reported).toEqual([
      ["focus_lost", "info", "visible"],
      ["hidden", "info", "hidden", { ms: 200 }],
      ["focus_gained", "info", "visible"],
      ["visible", "info", "visible", { ms: 5000 }],
    ]);
  });

  it("say that the browser has stopped the page, and for how long", () => {
    const page = new EventTarget();
    reportFreezes(page as Document, log, () => clock.time);
    page.dispatchEvent(new Event("freeze"));
    clock.time = 7000;
    page.dispatchEvent(new Event("resume"));
    expect(reported).toEqual([["frozen", "warning", "resumed", { ms: 7000 }]]);
  });
});
