import { describe, expect, it } from "vitest";

import { FocusWatch } from "../src/focus";

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
});
