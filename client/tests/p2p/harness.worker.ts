// The worker of one peer of harness.ts: links to the others, and whatever they say.

import { systemClock } from "../../src/clock";
import { Links } from "../../src/worker/links";
import type { FromWorker, ToWorker } from "../../src/worker/messages";

/** What the harness says beyond the messages that there are: "say" sends a text to a peer. */
export type ToHarness = ToWorker | { type: "say"; peer: number; tag: number; text: string };
export type FromHarness = FromWorker | { type: "heard"; peer: number; tag: number; text: string };

const post = (message: FromHarness, transfer: ArrayBuffer[] = []): void => postMessage(message, { transfer });
let links: Links | null = null;

function handle(message: ToHarness): void {
  switch (message.type) {
    case "match":
      links = new Links(message.match, message.impairment, {
        run: message.run,
        clock: systemClock,
        origin: performance.timeOrigin,
        random: Math.random,
        agentOf: String,
        post,
        received: (peer, tag, payload) => post({ type: "heard", peer, tag, text: new TextDecoder().decode(payload) }),
        connected: (rtts) => post({ type: "connected", run: message.run, rtts }),
      });
      return;
    case "channels":
      return links?.channels(message.peer, message.link, message.channels);
    case "unlinked":
      return links?.unlinked(message.peer, message.link);
    case "arrived":
      return links?.arrived(message.peer, message.frame);
    case "relayed":
      return links?.relayed(message.batch);
    case "connection":
      return links?.connection(message.peer, message.text);
    case "say":
      return links?.send([{ ...message, payload: new TextEncoder().encode(message.text) }]);
  }
}

addEventListener("message", (event: MessageEvent<ToHarness>) => handle(event.data));
