/** A warning over the page, and in the title, where somebody sees it who looks elsewhere. */

import type { Clock } from "../clock";
import { el } from "./dom";

const SHOWN_MS = 10_000; // after the participant has come back, or where they never were away

export class Warning {
  readonly element = el("p", { class: "banner warning", role: "alert", hidden: true });
  private title: string | null = null; // of the page, without the warning
  private callOff: () => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  /** Shows `text` until they are here; null: they are, and have read it soon. */
  show(text: string | null): void {
    this.callOff();
    if (text === null) return this.fade();
    this.title ??= document.title;
    document.title = `⚠ ${text}`;
    this.element.textContent = text;
    this.element.hidden = false;
  }

  hide(): void {
    this.callOff();
    this.element.hidden = true;
    this.restoreTitle();
  }

  private fade(): void {
    this.restoreTitle();
    if (this.element.hidden) return;
    this.callOff = this.clock.after(SHOWN_MS, () => this.hide());
  }

  private restoreTitle(): void {
    if (this.title !== null) document.title = this.title;
    this.title = null;
  }
}
