/** Whether the participant is looking: the tab is visible and its window has the focus. */

export class FocusWatch {
  private readonly listeners = new Set<(focused: boolean) => void>();
  private hasFocus: boolean;
  private last: boolean;

  constructor(
    private readonly page: Document,
    window: Window,
  ) {
    this.hasFocus = page.hasFocus();
    this.last = this.focused;
    // A browser may say "focus" a moment before its document has it, and then says nothing more. A "blur" is checked:
    // a frame inside of the page takes the focus from the window, and not from the document.
    window.addEventListener("focus", () => this.changed(true));
    window.addEventListener("blur", () => this.changed(page.hasFocus()));
    page.addEventListener("visibilitychange", () => this.changed(page.hasFocus()));
  }

  get focused(): boolean {
    return this.page.visibilityState === "visible" && this.hasFocus;
  }

  listen(listener: (focused: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private changed(hasFocus: boolean): void {
    this.hasFocus = hasFocus;
    if (this.focused === this.last) return;
    this.last = this.focused;
    for (const listener of [...this.listeners]) listener(this.last);
  }
}
