/**
 * What is recorded of a frame, as a table: a line for each field, a column for each agent. What is of the game as a whole
 * has one cell.
 */

import { el } from "../pages/dom";
import type { Difference, Shown } from "./messages";
import { feltIn, type EpisodeRecord, type Felt } from "./study";

export type Line = [title: string, ...cells: string[]];

const TITLES: Record<string, string> = {
  actions: "Action",
  source: "Chosen by",
  rewards: "Reward",
  is_focused: "Looks",
  present: "Present",
  observed: "Bot saw frame",
  terminated: "Terminated",
  truncated: "Truncated",
  infos: "Infos",
  observations: "Observation",
};

const SHARED: Record<string, string> = { state: "State", state_hash: "Hash of the state" };

const FELT: [title: string, text: (felt: Felt) => string][] = [
  ["Keys pressed", ({ keys }) => keys.join(" ")],
  ["Frames predicted", ({ predicted }) => String(predicted)],
  ["Frames played again", ({ rollback, rollbackMs }) => (rollback === 0 ? "0" : `${rollback} (${rollbackMs} ms)`)],
  ["Late", ({ lateMs }) => `${lateMs} ms`],
  ["Step took", ({ stepMs }) => `${stepMs} ms`],
];

/** All lines of a frame; an empty cell is one of which nothing is known. */
export function linesOf(agents: readonly string[], shown: Shown, episode: EpisodeRecord): Line[] {
  const others = Object.keys(shown.row).filter((field) => !(field in TITLES) && !(field in SHARED));
  const recorded = [...Object.keys(TITLES), ...others].flatMap((field): Line[] => {
    const values = shown.row[field] ?? {};
    if (Object.keys(values).length === 0) return [];
    return [[TITLES[field] ?? field, ...agents.map((agent) => text(values[agent]))]];
  });
  const felt = agents.map((agent) => feltOf(episode, agent, shown.frame));
  const experienced = FELT.flatMap(([title, told]): Line[] =>
    felt.every((one) => one === null) ? [] : [[title, ...felt.map((one) => (one === null ? "" : told(one)))]],
  );
  return [...recorded, ...sharedOf(shown), ...experienced];
}

function sharedOf(shown: Shown): Line[] {
  return Object.entries(SHARED).flatMap(([field, title]) =>
    Object.entries(shown.row[field] ?? {}).map(([name, value]): Line => [name === "" ? title : `${title}: ${name}`, text(value)]),
  );
}

function feltOf(episode: EpisodeRecord, agent: string, frame: number): Felt | null {
  const felt = episode.players[agent];
  return felt === undefined ? null : feltIn(felt, frame);
}

/** JSON of a text is the text. */
function text(value: string | undefined): string {
  if (value === undefined) return "";
  return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

export class DataTable {
  readonly element = el("div", { class: "data" });

  show(agents: readonly string[], shown: Shown, episode: EpisodeRecord): void {
    const head = el("tr", {}, el("th", {}, "agent"), ...agents.map((agent) => el("th", { scope: "col" }, agent)));
    const lines = linesOf(agents, shown, episode).map(([title, ...cells]) => {
      const span = cells.length < agents.length ? { colspan: String(agents.length) } : {};
      return el("tr", {}, el("th", { scope: "row" }, title), ...cells.map((cell) => el("td", span, cell)));
    });
    const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...lines));
    this.element.replaceChildren(table, ...shown.differences.map(differenceElement));
  }
}

/** A value that came out otherwise than it was recorded. */
export function differenceElement({ field, recorded, played }: Difference): HTMLElement {
  const both = el("dl", {}, el("dt", {}, "recorded"), el("dd", {}, recorded), el("dt", {}, "replayed"), el("dd", {}, played));
  return el("div", { class: "difference" }, el("strong", {}, field), both);
}
