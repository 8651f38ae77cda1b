import { describe, expect, it } from "vitest";

import { flow, initialFlow, type FlowEffect, type FlowEvent, type FlowState, type Request } from "../src/flow";
import type { Page, Refusal } from "../src/protocol.gen";

const START: Page = { kind: "start", scene_id: "welcome", header: "", body: "", button: "" };
const END: Page = { kind: "end", scene_id: "thanks", header: "", body: "" };
const OUTCOME: Page = { kind: "outcome", scene_id: "welcome", header: "", body: "", outcome: "technical_failure" };
const REFUSAL: Refusal = { kind: "refused", reason: "too_large", text: "Too long." };
const ADVANCE: Request = { verb: "advance", body: { scene_id: "welcome", responses: { name: "Ada" } } };
const FAIL: Request = { verb: "fail", body: { scene_id: "welcome", reason: "step_failed" } };

/** What all events together have done. */
function after(...events: FlowEvent[]): { state: FlowState; effects: FlowEffect[]; last: FlowEffect[] } {
  let state = initialFlow;
  let last: FlowEffect[] = [];
  const effects: FlowEffect[] = [];
  for (const event of events) {
    [state, last] = flow(state, event);
    effects.push(...last);
  }
  return { state, effects, last };
}

const LINKED: FlowEvent = { type: "linked" };
const UNLINKED: FlowEvent = { type: "unlinked" };
const WELCOME: FlowEvent = { type: "scene", page: START };
const ASKED: FlowEvent = { type: "requested", request: ADVANCE };

describe("flow", () => {
  it("shows the scene that the server names", () => {
    expect(after(LINKED, WELCOME).last).toEqual([{ type: "show", page: START }]);
  });

  it("does not show the same scene again after a reconnection: what was typed stays", () => {
    const { effects } = after(LINKED, WELCOME, UNLINKED, LINKED, WELCOME);
    expect(effects.filter((effect) => effect.type === "show").length).toBe(1);
  });

  it("shows the other scene that a server may name after a reconnection", () => {
    const { last } = after(LINKED, WELCOME, UNLINKED, LINKED, { type: "scene", page: END });
    expect(last).toEqual([{ type: "show", page: END }]);
  });

  it("tells another session of the same game apart, and another outcome", () => {
    const game = (session_id: string): Page => ({ kind: "gym", scene_id: "g", session_id }) as Page;
    expect(after(LINKED, { type: "scene", page: game("1") }, { type: "scene", page: game("1") }).last).toEqual([]);
    const other = after(LINKED, { type: "scene", page: game("1") }, { type: "scene", page: game("2") });
    expect(other.last).toEqual([{ type: "show", page: game("2") }]);
    expect(after(LINKED, WELCOME, { type: "scene", page: OUTCOME }).last).toEqual([{ type: "show", page: OUTCOME }]);
  });

  it("shows the first page anew where a restart has begun to screen, or done away with it", () => {
    const screened: Page = { ...START, screening: true };
    const { last } = after(LINKED, WELCOME, { type: "scene", page: screened });
    expect(last).toEqual([{ type: "show", page: screened }]);
    expect(after(LINKED, { type: "scene", page: screened }, { type: "scene", page: screened }).last).toEqual([]);
  });

  it("sends a request and shows the page that answers it", () => {
    const { effects, state } = after(LINKED, WELCOME, ASKED, { type: "answered", answer: END });
    expect(effects.slice(2)).toEqual([
      { type: "send", request: ADVANCE },
      { type: "show", page: END },
    ]);
    expect(state.request).toBeNull();
  });

  it("says a wish that was made twice once", () => {
    const { last } = after(LINKED, WELCOME, ASKED, ASKED);
    expect(last).toEqual([]);
  });

  it("stops where somebody who wanted to go on wants to stop instead, whatever is answered to the first wish", () => {
    const leave: Request = { verb: "leave", body: { scene_id: "welcome" } };
    const wishes: FlowEvent[] = [LINKED, WELCOME, ASKED, { type: "requested", request: leave }];
    expect(after(...wishes).last).toEqual([{ type: "send", request: leave }]);
    const first: FlowEvent[] = [REFUSAL, END].map((answer) => ({ type: "answered", answer, request: ADVANCE }));
    expect(after(...wishes, ...first).last).toEqual([]);
    const { last } = after(...wishes, ...first, { type: "answered", answer: OUTCOME, request: leave });
    expect(last).toEqual([{ type: "show", page: OUTCOME }]);
    expect(after(LINKED, WELCOME, { type: "requested", request: leave }, ASKED).last).toEqual([]);
  });

  it("keeps a request through a lost connection, and sends it when the server has said where it is", () => {
    const lost: FlowEvent[] = [LINKED, WELCOME, ASKED, UNLINKED, { type: "unanswered" }];
    expect(after(...lost).last).toEqual([]);
    expect(after(...lost, LINKED).last).toEqual([{ type: "link", up: true }]);
    expect(after(...lost, LINKED, WELCOME).last).toEqual([{ type: "send", request: ADVANCE }]);
  });

  it("drops a request whose answer was lost but which the server has fulfilled", () => {
    const { state, last } = after(LINKED, WELCOME, ASKED, UNLINKED, LINKED, { type: "scene", page: END });
    expect(last).toEqual([{ type: "show", page: END }]);
    expect(state.request).toBeNull();
  });

  it("asks again when no answer comes though the connection stands", () => {
    expect(after(LINKED, WELCOME, ASKED, { type: "unanswered" }).last).toEqual([{ type: "send", request: ADVANCE }]);
  });

  it("hands a refusal to the page, which may try again", () => {
    const refused = after(LINKED, WELCOME, ASKED, { type: "answered", answer: REFUSAL });
    expect(refused.last).toEqual([{ type: "reject", refusal: REFUSAL }]);
    expect(flow(refused.state, ASKED)[1]).toEqual([{ type: "send", request: ADVANCE }]);
  });

  it("reports a failure that happened without a connection once there is one", () => {
    const { last } = after(LINKED, WELCOME, UNLINKED, { type: "requested", request: FAIL }, LINKED, WELCOME);
    expect(last).toEqual([{ type: "send", request: FAIL }]);
  });

  it("ignores an answer to what nobody asks any more", () => {
    expect(after(LINKED, WELCOME, { type: "answered", answer: END }).last).toEqual([]);
  });

  it("steps aside for another tab, and does not call that a lost connection", () => {
    const { state, effects, last } = after(LINKED, WELCOME, { type: "moved", refusal: REFUSAL }, UNLINKED);
    expect(effects.at(-1)).toEqual({ type: "step_aside", refusal: REFUSAL });
    expect(last).toEqual([]);
    expect(state.link).toBe("closed");
  });

  it("shows the scene again after it was taken back from the other tab", () => {
    const { effects } = after(
      LINKED,
      WELCOME,
      { type: "moved", refusal: REFUSAL },
      { type: "taken_over" },
      LINKED,
      WELCOME,
    );
    expect(effects.slice(-3)).toEqual([
      { type: "connect", takeover: true },
      { type: "link", up: true },
      { type: "show", page: START },
    ]);
  });

  it("turns away whom the server refuses", () => {
    expect(after({ type: "refused", refusal: REFUSAL }).last).toEqual([{ type: "turn_away", refusal: REFUSAL }]);
  });
});
