/** Elements in one line each. Text given here is text: only `trustedHtml` takes markup, and only the researcher's. */

type Attributes = Record<string, string | boolean>;

export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

function setAttribute(element: HTMLElement, name: string, value: string | boolean): void {
  if (typeof value === "string") element.setAttribute(name, value);
  else element.toggleAttribute(name, value);
}

/** The researcher's HTML. Its scripts run when the element is shown; the parser unwraps a `<form>` inside a form. */
export function trustedHtml(parent: HTMLElement, html: string): void {
  const range = document.createRange();
  range.selectNodeContents(parent);
  parent.replaceChildren(range.createContextualFragment(html));
}

/** Screen readers say what changes; what stays the same is left alone. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function heading(text: string): HTMLHeadingElement {
  return el("h1", { tabindex: "-1" }, text);
}

export function button(label: string, onClick: () => void): HTMLButtonElement {
  const element = el("button", { type: "button", class: "primary" }, label);
  element.addEventListener("click", onClick);
  return element;
}
