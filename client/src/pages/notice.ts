/** Pages of our own making: what went wrong, in words for the participant, and what to do. */

import type { LeftBehind } from "../protocol.gen";
import { button, el, heading, trustedHtml } from "./dom";
import { plainView, setBusy } from "./reading";
import type { View } from "./view";

export interface Choice {
  label: string;
  choose(): void;
}

export function noticeView(title: string, text: string, choice: Choice | null = null): View {
  const head = heading(title);
  const card = el("article", { class: "card notice" }, head, el("p", {}, text));
  if (choice === null) return plainView(card, head);
  const action = button(choice.label, choice.choose);
  card.append(el("div", { class: "actions" }, action));
  return plainView(card, action);
}

/** What stands in the place of a game that a partner has left, until the participant goes on. */
export function leftBehindView({ title, body: html, button: label }: LeftBehind, goOn: () => void): View {
  const body = el("div", { class: "body" });
  trustedHtml(body, html);
  const action = button(label, () => {
    setBusy(action, true); // the page that follows may not be here yet
    goOn();
  });
  const actions = el("div", { class: "actions" }, action);
  return plainView(el("article", { class: "card notice" }, heading(title), body, actions), action);
}

/** The strip that says that the connection is lost; the page under it goes on. */
export class Banner {
  readonly element = el("p", { class: "banner", role: "status", hidden: true });

  show(text: string): void {
    this.element.textContent = text;
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
