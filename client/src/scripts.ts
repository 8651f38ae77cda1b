/** `window.interactiveGym`: what the scripts of the researcher's pages may ask for. */

import { isRefusal } from "./api";
import type { Clock } from "./clock";
import type { Wire } from "./connection";
import type { Attribute, Attributes, Message } from "./protocol.gen";

const ANSWER_MS = 10_000;
// What the server takes; it parts with pages that go on beyond it, and a slider that moves must not end a study.
const MOST_AT_ONCE = 50;
const WITHIN_MS = 10_000;

export type Value = boolean | number | string | null;

/** Something was not accepted; `reason` says why, such as "not_allowed" or "too_fast". */
export class NotAccepted extends Error {
  constructor(
    readonly reason: string,
    text: string,
  ) {
    super(`${reason}: ${text}`);
    this.name = "NotAccepted";
  }
}

/** Dispatches "attributes" whenever one has changed. */
export class PageScripts extends EventTarget {
  #attributes: Readonly<Record<string, Value>> = Object.freeze({});
  #said: number[] = [];
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #sceneId: () => string;

  constructor(wire: Wire, clock: Clock, sceneId: () => string) {
    super();
    this.#wire = wire;
    this.#clock = clock;
    this.#sceneId = sceneId;
    wire.on("attributes", (message) => this.#learn(message as Attributes));
  }

  /** What is known of the participant, by name. */
  get attributes(): Readonly<Record<string, Value>> {
    return this.#attributes;
  }

  /** Tells the study's hooks. Resolves when it is stored. */
  async send(name: string, data: unknown = null): Promise<void> {
    const message: Message = { scene_id: this.#sceneId(), name, data: JSON.stringify(data) ?? "null" };
    await this.#ask("message", message);
  }

  /** Sets an attribute that the study lets pages set. Resolves when it is stored. */
  async set(name: string, value: Value): Promise<void> {
    const message: Attribute = { scene_id: this.#sceneId(), name, value: JSON.stringify(value) ?? "null" };
    this.#learn((await this.#ask("attribute", message)) as Attributes);
  }

  async #ask(verb: string, message: Message | Attribute): Promise<unknown> {
    this.#count();
    let answer: unknown;
    try {
      answer = await this.#wire.timeout(ANSWER_MS).emitWithAck(verb, message);
    } catch {
      throw new NotAccepted("unanswered", "the server did not answer; it may have stored this, or not");
    }
    if (isRefusal(answer)) throw new NotAccepted(answer.reason, answer.text);
    return answer;
  }

  #count(): void {
    const now = this.#clock.now();
    this.#said = this.#said.filter((at) => now - at < WITHIN_MS);
    if (this.#said.length >= MOST_AT_ONCE)
      throw new NotAccepted("too_fast", `more than ${MOST_AT_ONCE} in ${WITHIN_MS / 1000} seconds`);
    this.#said.push(now);
  }

  #learn({ values }: Attributes): void {
    this.#attributes = Object.freeze({ ...values });
    this.dispatchEvent(new Event("attributes"));
  }
}
