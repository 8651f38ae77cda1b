/** The completion code, to be copied by hand, by key or by click. */

import type { CompletionCodePage } from "../protocol.gen";
import { button, el, heading, trustedHtml } from "./dom";
import { plainView } from "./reading";
import type { View } from "./view";

export function completionView(page: CompletionCodePage): View {
  const body = el("div", { class: "body" });
  trustedHtml(body, page.body);
  const code = el("output", { class: "code", "data-code": "", "aria-label": "Completion code" }, page.code);
  const said = el("p", { class: "said", role: "status" });
  const copy = button("Copy the code", () => void copyText(code).then((done) => (said.textContent = answer(done))));
  const actions = el("div", { class: "actions" }, copy, said);
  return plainView(el("article", { class: "card" }, heading(page.header), body, code, actions), copy);
}

function answer(copied: boolean): string {
  return copied ? "Copied." : "The code is selected: press Ctrl+C (⌘C on a Mac) to copy it.";
}

/** Browsers offer their clipboard over HTTPS only; elsewhere the code is left selected for the participant to copy. */
async function copyText(element: HTMLElement): Promise<boolean> {
  getSelection()?.selectAllChildren(element);
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    return false;
  }
}
