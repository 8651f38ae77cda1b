/** Ending on purpose: a button at the foot of the page, and the question before it is final. */

import type { Leaving } from "../protocol.gen";
import { button, el, trustedHtml } from "./dom";

/** The foot of a page that may be left for good. `leave` is called once the participant has confirmed. */
export function leavingBar({ button: label, question }: Leaving, leave: () => void): HTMLElement {
  const dialog = askDialog(question, { yes: label, no: "Stay" }, leave);
  const open = button(label, () => {
    open.blur(); // the keys are the game's again when the question is closed
    dialog.showModal();
  });
  open.className = "quiet";
  open.dataset.leave = "";
  return el("footer", { class: "leave" }, open, dialog);
}

/** A question over the page, which goes on under it. Escape is a no. */
export function askDialog(question: string, label: { yes: string; no: string }, confirmed: () => void): HTMLDialogElement {
  const body = el("div", { class: "body" });
  trustedHtml(body, question);
  const yes = button(label.yes, () => {
    dialog.close();
    confirmed();
  });
  yes.className = "secondary";
  yes.dataset.confirm = "";
  const no = button(label.no, () => dialog.close());
  no.autofocus = true;
  const dialog = el("dialog", { class: "ask" }, body, el("div", { class: "actions" }, no, yes));
  return dialog;
}
