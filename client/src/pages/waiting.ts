/** The waiting room: how it stands, for how long yet, and what comes then. */

import { el, setText } from "./dom";

export interface Waiting {
  waiting: number; // people, with this one
  group: number;
  waitedS: number;
  leftS: number;
  note: string; // what comes then, as a clause; "": the participant need not wait any longer
  text: string; // what has happened, such as a partner who left; or ""
  offer: (() => Promise<unknown>) | null; // asks the browser to notify them; null: there is nothing to ask
}

export class WaitingCard {
  readonly element: HTMLElement;
  readonly title = el("h1", { tabindex: "-1" });
  private readonly said = el("p", { class: "problem", role: "status" });
  private readonly count = el("p", { class: "count", role: "status" });
  private readonly waited = el("p", { class: "said" });

  private readonly notify = el("button", { type: "button", class: "secondary", hidden: true });
  private offer: Waiting["offer"] = null;

  constructor() {
    this.notify.textContent = "Notify me when the game begins";
    this.notify.addEventListener("click", () => this.accept());
    const parts = [this.title, this.said, this.count, this.waited, this.notify];
    this.element = el("section", { class: "card waiting", hidden: true }, ...parts);
  }

  /** Null: the server has not said yet how it stands. */
  show(state: Waiting | null): void {
    setText(this.title, state === null ? "One moment, please" : titleOf(state));
    setText(this.said, state?.text ?? "");
    setText(this.count, state === null ? "" : countOf(state));
    setText(this.waited, state === null ? "" : timesOf(state));
    this.offer = state?.offer ?? null;
    this.notify.hidden = this.offer === null;
  }

  /** Browsers ask only in a click. */
  private accept(): void {
    void this.offer?.().catch(() => undefined);
    this.notify.hidden = true;
  }
}

function titleOf({ group }: Waiting): string {
  return group === 2 ? "Waiting for a partner" : "Waiting for your group";
}

function countOf({ waiting, group }: Waiting): string {
  if (waiting <= 1) return `You are the first of ${group} people. The game begins as soon as all are here.`;
  return `${waiting} of ${group} people are here. The game begins as soon as all are.`;
}

const LET_GO = "you need not wait any longer, and the next page says how it goes on";

function timesOf({ waitedS, leftS, note }: Waiting): string {
  const waited = `You have been waiting for ${minutes(waitedS)}.`;
  const left = `If not everybody is here in ${minutes(leftS)}, ${note || LET_GO}.`;
  return `${waited} ${left} Please stay on this page.`;
}

export function minutes(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
