/** The boot record that the server wrote into the page. */

import type { Boot } from "./protocol.gen";

/** Throws where the record is missing: the page was not served by an Interactive Gym server. */
export function readBoot(page: Document): Boot {
  const record = page.getElementById("boot")?.textContent;
  if (!record) throw new Error("This page carries no boot record; it has to be served by Interactive Gym.");
  return JSON.parse(record) as Boot;
}
