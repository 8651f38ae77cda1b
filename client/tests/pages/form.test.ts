import { describe, expect, it } from "vitest";

import { trustedHtml } from "../../src/pages/dom";
import { readForm } from "../../src/pages/form";
import type { Responses } from "../../src/pages/view";

function responsesOf(html: string): Responses {
  const form = document.createElement("form");
  const body = document.createElement("div");
  form.append(body);
  document.body.replaceChildren(form);
  trustedHtml(body, html);
  return readForm(form);
}

describe("readForm", () => {
  it("takes the named fields of every kind", () => {
    const html = `
      <input name="name" value="Ada"> <input type="number" name="age" value="36">
      <input type="range" name="ease" min="0" max="9" value="4">
      <textarea name="why">two\nlines</textarea> <input type="hidden" name="arm" value="B"> <input value="nameless">
      <select name="hand"><option>left</option><option selected>right</option></select>`;
    expect(responsesOf(html)).toEqual({
      name: "Ada",
      age: "36",
      ease: "4",
      why: "two\nlines",
      arm: "B",
      hand: "right",
    });
  });

  it("takes the chosen radio button, and an empty text for none", () => {
    const radios = (name: string, chosen: string): string =>
      ["1", "2", "3"]
        .map((value) => `<input type="radio" name="${name}" value="${value}" ${value === chosen ? "checked" : ""}>`)
        .join("");
    expect(responsesOf(radios("a", "2") + radios("b", ""))).toEqual({ a: "2", b: "" });
  });

  it("takes checkboxes and multiple selects as lists, empty where none is chosen", () => {
    const html = `
      <input type="checkbox" name="hobby" value="go" checked> <input type="checkbox" name="hobby" value="chess">
      <input type="checkbox" name="hobby" value="whist" checked> <input type="checkbox" name="consent">
      <select name="days" multiple><option selected>Mo<option>Tu<option selected>We</select>`;
    expect(responsesOf(html)).toEqual({ hobby: ["go", "whist"], consent: [], days: ["Mo", "We"] });
  });

  it("leaves out what is disabled, buttons and files", () => {
    expect(responsesOf(`<input name="a" disabled> <button name="b">x</button> <input type="file" name="c">`)).toEqual(
      {},
    );
  });

  it("takes markup that was typed as the text that it is", () => {
    expect(responsesOf(`<input name="name" value="&lt;b&gt;Ada&lt;/b&gt;">`)).toEqual({ name: "<b>Ada</b>" });
  });
});
