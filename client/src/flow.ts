/** What the page shows and asks for, as one pure function: no socket, no DOM, no clock.
 *
 *      link        connecting -> up <-> down;  up -> closed (moved to another tab, or refused) -> connecting (takeover)
 *      request     null -> Advance | Failure | Leave -> null, answered by the page that follows or by a refusal
 *
 * A request outlives a lost connection: it is sent again once the server has said which scene it believes in. The scene
 * that is already shown is never shown a second time, so whatever the participant has typed or played stays.
 */

import type { Advance, Failure, Leave, Page, Refusal } from "./protocol.gen";

export type Request =
  | { verb: "advance"; body: Advance }
  | { verb: "fail"; body: Failure }
  | { verb: "leave"; body: Leave };

export type Link = "connecting" | "up" | "down" | "closed";

export interface FlowState {
  link: Link;
  page: Page | null;
  request: Request | null;
}

export type FlowEvent =
  | { type: "linked" }
  | { type: "unlinked" }
  | { type: "scene"; page: Page }
  | { type: "refused"; refusal: Refusal }
  | { type: "moved"; refusal: Refusal }
  | { type: "taken_over" }
  | { type: "requested"; request: Request }
  | { type: "answered"; answer: Page | Refusal; request?: Request }
  | { type: "unanswered" };

export type FlowEffect =
  | { type: "show"; page: Page }
  | { type: "send"; request: Request }
  | { type: "reject"; refusal: Refusal }
  | { type: "turn_away"; refusal: Refusal }
  | { type: "step_aside"; refusal: Refusal }
  | { type: "connect"; takeover: boolean }
  | { type: "link"; up: boolean };

export type Step = readonly [FlowState, FlowEffect[]];

export const initialFlow: FlowState = { link: "connecting", page: null, request: null };

export function flow(state: FlowState, event: FlowEvent): Step {
  switch (event.type) {
    case "linked":
      return [{ ...state, link: "up" }, [{ type: "link", up: true }]];
    case "unlinked":
      return state.link === "closed" ? [state, []] : [{ ...state, link: "down" }, [{ type: "link", up: false }]];
    case "scene":
      return arrived(state, event.page);
    case "refused":
      return [closed(state), [{ type: "turn_away", refusal: event.refusal }]];
    case "moved":
      return [closed(state), [{ type: "step_aside", refusal: event.refusal }]];
    case "taken_over":
      return [{ ...initialFlow }, [{ type: "connect", takeover: true }]];
    case "requested":
      return requested(state, event.request);
    case "answered":
      return answered(state, event.answer, event.request ?? state.request);
    case "unanswered":
      return [state, resend(state)];
  }
}

function arrived(state: FlowState, page: Page): Step {
  const same = state.page !== null && isSamePage(state.page, page);
  if (same) return [state, resend(state)];
  return [{ ...state, page, request: null }, [{ type: "show", page }]];
}

/** Nothing of the old page is valid any more: another tab goes on from here, or the server does not know us. */
function closed(state: FlowState): FlowState {
  return { ...state, link: "closed", page: null, request: null };
}

/** One request at a time: a second one while the first is unanswered is the same wish, said twice. But who wants to stop
 *  means that, though they wanted to go on before. */
function requested(state: FlowState, request: Request): Step {
  const isNew = state.request === null || (request.verb === "leave" && state.request.verb === "advance");
  if (!isNew || state.page === null) return [state, []];
  const next = { ...state, request };
  return [next, resend(next)];
}

function answered(state: FlowState, answer: Page | Refusal, request: Request | null): Step {
  if (state.request === null || state.request !== request) return [state, []];
  if (answer.kind === "refused") return [{ ...state, request: null }, [{ type: "reject", refusal: answer }]];
  return arrived({ ...state, request: null }, answer);
}

function resend(state: FlowState): FlowEffect[] {
  return state.request !== null && state.link === "up" ? [{ type: "send", request: state.request }] : [];
}

export function isSamePage(one: Page, other: Page): boolean {
  return pageKey(one) === pageKey(other);
}

function pageKey(page: Page): string {
  switch (page.kind) {
    case "gym":
      return JSON.stringify([page.kind, page.scene_id, page.session_id]);
    case "outcome":
      return JSON.stringify([page.kind, page.scene_id, page.outcome]);
    case "start":
      return JSON.stringify([page.kind, page.scene_id, page.screening]); // a restart may have changed that
    case "static":
    case "end":
    case "completion_code":
      return JSON.stringify([page.kind, page.scene_id]);
  }
}
