/** The named elements of a form as responses. */

import type { Responses } from "./view";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const SILENT = new Set(["button", "submit", "reset", "image", "file"]);

/** Every named element, answered or not: a list for checkboxes and multiple selects, else a text ("": none). */
export function readForm(form: HTMLFormElement): Responses {
  const responses: Responses = {};
  for (const field of namedFields(form)) responses[field.name] = merged(responses[field.name], field);
  return responses;
}

export function namedFields(form: HTMLFormElement): Field[] {
  return [...form.elements]
    .filter(isField)
    .filter((field) => field.name !== "" && !field.disabled && !SILENT.has(field.type));
}

function isField(element: Element): element is Field {
  return (
    element instanceof HTMLInputElement ||
    element instanceof HTMLSelectElement ||
    element instanceof HTMLTextAreaElement
  );
}

function merged(known: string | string[] | undefined, field: Field): string | string[] {
  switch (field.type) {
    case "radio":
      return isChecked(field) ? field.value : (known ?? "");
    case "checkbox":
      return [...(Array.isArray(known) ? known : []), ...(isChecked(field) ? [field.value] : [])];
    case "select-multiple":
      return [...(field as HTMLSelectElement).selectedOptions].map((option) => option.value);
    default:
      return field.value;
  }
}

function isChecked(field: Field): boolean {
  return field instanceof HTMLInputElement && field.checked;
}
