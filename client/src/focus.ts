/** Whether the participant is looking: the tab is visible and its window has the focus. */

export class FocusWatch {
  private readonly listeners = new Set<(focused: boolean) => void>();
  private last: boolean;

  constructor(
    private readonly page: Document,
    window: Window,
  ) {
    this.last = this.focused;
    for (const name of ["focus", "blur"]) window.addEventListener(name, () => this.changed());
    page.addEventListener("visibilitychange", () => this.changed());
  }

  get focused(): boolean {
    return this.page.visibilityState === "visible" && this.page.hasFocus();
  }

  listen(listener: (focused: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private changed(): void {
    if (this.focused === this.last) return;
    this.last = this.focused;
    for (const listener of [...this.listeners]) listener(this.last);
  }
}
