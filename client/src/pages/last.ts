/** The pages that nothing follows: words, and what the outcome gives: a code to copy, and the way back. */

import type { Clock } from "../clock";
import type { CompletionCodePage, EndPage, Farewell, OutcomePage } from "../protocol.gen";
import { button, el, heading, trustedHtml } from "./dom";
import type { View } from "./view";

export interface LastTools {
  clock: Clock;
  /** Leaves for another site. */
  go(address: string): void;
}

export function lastView(page: EndPage | CompletionCodePage | OutcomePage, tools: LastTools): View {
  const body = el("div", { class: "body" });
  trustedHtml(body, page.body);
  const title = heading(page.header);
  const code = page.kind === "completion_code" ? page.code : (page.farewell?.code ?? null);
  const back = wayBack(page.farewell ?? null, tools);
  const shown = code === null ? null : codeBlock(code, back === null);
  const parts = [title, body, ...(shown?.elements ?? []), ...(back?.elements ?? [])];
  const element = el("article", { class: "card notice" }, ...parts);
  const focused = back?.link ?? shown?.copy ?? title;
  return { element, focus: () => focused.focus({ preventScroll: true }), close: () => back?.stop() };
}

/** To be copied by hand, by key or by click. */
function codeBlock(text: string, isPrimary: boolean): { elements: HTMLElement[]; copy: HTMLElement } {
  const code = el("output", { class: "code", "data-code": "", "aria-label": "Completion code" }, text);
  const said = el("p", { class: "said", role: "status" });
  const copy = button("Copy the code", () => void copyText(code).then((done) => (said.textContent = answer(done))));
  if (!isPrimary) copy.className = "secondary";
  return { elements: [code, el("div", { class: "actions" }, copy, said)], copy };
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

interface WayBack {
  elements: HTMLElement[];
  link: HTMLElement;
  stop(): void;
}

function wayBack(farewell: Farewell | null, { clock, go }: LastTools): WayBack | null {
  const address = farewell?.redirect ?? null;
  if (address === null) return null;
  const link = el("a", { class: "primary", href: address, "data-redirect": "" }, `Continue to ${new URL(address).host}`);
  const said = el("p", { class: "said", role: "timer" });
  let cancel = (): void => undefined;
  const count = (left: number): void => {
    if (left <= 0) return go(address);
    said.textContent = `You are taken there in ${Math.ceil(left)} s.`;
    cancel = clock.after(Math.min(left, 1) * 1000, () => count(left - 1));
  };
  if (typeof farewell?.redirect_s === "number") count(farewell.redirect_s);
  return { elements: [el("div", { class: "actions" }, link, said)], link, stop: () => cancel() };
}
