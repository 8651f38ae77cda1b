/** The waiting room: how it stands, for how long yet, and what comes then. */

import { el } from "./dom";

export interface Waiting {
  waiting: number; // people, with this one
  group: number;
  waitedS: number;
  leftS: number;
  text: string; // what has happened, such as a partner who left; or ""
}

export class WaitingCard {
  readonly element: HTMLElement;
  readonly title = el("h1", { tabindex: "-1" });
  private readonly said = el("p", { class: "problem", role: "status" });
  private readonly count = el("p", { class: "count", role: "status" });
  private readonly waited = el("p", { class: "said" });

  constructor() {
    const parts = [this.title, this.said, this.count, this.waited];
    this.element = el("section", { class: "card waiting", hidden: true }, ...parts);
  }

  /** Null: the server has not said yet how it stands. */
  show(state: Waiting | null): void {
    setText(this.title, state === null ? "One moment, please" : titleOf(state));
    setText(this.said, state?.text ?? "");
    setText(this.count, state === null ? "" : countOf(state));
    setText(this.waited, state === null ? "" : timesOf(state));
  }
}

function titleOf({ group }: Waiting): string {
  return group === 2 ? "Waiting for a partner" : "Waiting for your group";
}

function countOf({ waiting, group }: Waiting): string {
  if (waiting <= 1) return `You are the first of ${group} people. The game begins as soon as all are here.`;
  return `${waiting} of ${group} people are here. The game begins as soon as all are.`;
}

function timesOf({ waitedS, leftS }: Waiting): string {
  const waited = `You have been waiting for ${minutes(waitedS)}.`;
  const left = `If not everybody is here in ${minutes(leftS)}, you need not wait any longer,`;
  return `${waited} ${left} and the next page says how it goes on. Please stay on this page.`;
}

export function minutes(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Screen readers say what changes; what stays the same is left alone. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
