/** Pages to read and go on from: start, static (with the researcher's form). */

import type { StartPage, StaticPage } from "../protocol.gen";
import { button, el, heading, trustedHtml } from "./dom";
import { namedFields, readForm } from "./form";
import { askDialog } from "./leaving";
import type { GoOn, View } from "./view";

const REFUSING = "<p>If you do not agree, the study ends here for you.</p>";

export interface FormView extends View {
  /** Whoever is on this page may go on. */
  admitted(): void;
}

/** A form even where the body has no fields: Enter and the browser's own validation come with it. */
export function formView(page: StartPage | StaticPage, goOn: GoOn, refused: () => void = () => undefined): FormView {
  const body = el("div", { class: "body" });
  const submit = el("button", { type: "submit", class: "primary" }, page.button);
  const problem = el("p", { class: "problem", role: "alert" });
  const checking = el("p", { class: "said", role: "status" });
  const form = el("form", {}, body, problem, el("div", { class: "actions" }, submit, checking));
  if (page.refuse) submit.after(...refusal(page.refuse, refused));
  const focus = (): void => (namedFields(form).find(isVisible) ?? submit).focus({ preventScroll: true });
  trustedHtml(body, page.body);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setBusy(submit, true);
    problem.textContent = "";
    goOn(readForm(form));
  });
  if (page.kind === "start" && page.screening) {
    setBusy(submit, true);
    checking.textContent = "Checking your browser …";
  }
  return {
    element: el("article", { class: "card" }, heading(page.header), form),
    focus,
    admitted: () => {
      setBusy(submit, false);
      checking.textContent = "";
      if (!form.contains(document.activeElement)) focus(); // whoever writes already goes on writing
    },
    rejected: (text) => {
      setBusy(submit, false);
      problem.textContent = text;
    },
  };
}

/** The second button of a page that asks for consent. Nobody refuses by a slip of the hand. */
function refusal(label: string, refused: () => void): HTMLElement[] {
  const dialog = askDialog(REFUSING, { yes: label, no: "Go back" }, refused);
  const refuse = button(label, () => dialog.showModal());
  refuse.className = "secondary";
  refuse.dataset.refuse = "";
  return [refuse, dialog];
}

function isVisible(field: HTMLElement): boolean {
  return field.getAttribute("type") !== "hidden" && field.getClientRects().length > 0;
}

export function setBusy(submit: HTMLButtonElement, busy: boolean): void {
  submit.disabled = busy;
  submit.toggleAttribute("aria-busy", busy);
}

/** A page that asks for nothing. */
export function plainView(element: HTMLElement, focused: HTMLElement): View {
  return { element, focus: () => focused.focus({ preventScroll: true }) };
}
