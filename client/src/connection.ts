/** The Socket.IO side of the page: it turns what happens on the wire into flow events, and sends requests. */

import { io } from "socket.io-client";

import { isRefusal } from "./api";
import type { Clock } from "./clock";
import type { FlowEvent, Request } from "./flow";
import type { Connect, Page, Refusal } from "./protocol.gen";

const ANSWER_MS = 10_000; // a server that commits to disk answers in well under a second; then ask again
const PASSING = "server_error"; // the one refusal after which the same connection may be accepted
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10_000; // a restarted server sees all its participants again within this time

/** The part of a Socket.IO client that is used here. */
export interface Wire {
  auth: object;
  readonly connected: boolean;
  on(event: string, listener: (argument: unknown) => void): unknown;
  connect(): unknown;
  disconnect(): unknown;
  timeout(ms: number): { emitWithAck(event: string, body: unknown): Promise<unknown> };
}

export function openWire(): Wire {
  return io({
    autoConnect: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true, // without it there is no fallback from a blocked websocket
    reconnectionDelay: RETRY_FIRST_MS,
    reconnectionDelayMax: RETRY_MOST_MS,
  });
}

export class Connection {
  constructor(
    private readonly wire: Wire,
    private readonly clock: Clock,
    private readonly happened: (event: FlowEvent) => void,
  ) {
    wire.on("connect", () => this.linked());
    wire.on("disconnect", (reason) => this.dropped(String(reason)));
    wire.on("connect_error", (error) => this.failed(error));
    wire.on("scene", (page) => happened({ type: "scene", page: page as Page }));
    wire.on("moved", (refusal) => this.movedAway(refusal as Refusal));
  }

  open(auth: Connect): void {
    this.wire.disconnect();
    this.wire.auth = auth;
    this.wire.connect();
  }

  close(): void {
    this.wire.disconnect();
  }

  async send(request: Request): Promise<void> {
    try {
      const answer = await this.wire.timeout(ANSWER_MS).emitWithAck(request.verb, request.body);
      this.happened({ type: "answered", answer: answer as Page | Refusal });
    } catch {
      this.happened({ type: "unanswered" });
    }
  }

  /** A takeover is said once: a reconnection must not take the study back from a tab that has it by then. */
  private linked(): void {
    this.wire.auth = { ...this.wire.auth, takeover: false };
    this.happened({ type: "linked" });
  }

  /** Socket.IO reconnects by itself, except where the server closed the socket on purpose, as it does in a restart. */
  private dropped(reason: string): void {
    this.happened({ type: "unlinked" });
    if (reason === "io server disconnect") this.wire.connect();
  }

  /** Socket.IO tries again by itself where nobody answered, but not where the server refused. */
  private failed(error: unknown): void {
    const refusal: unknown = error instanceof Error && "data" in error ? error.data : undefined;
    if (!isRefusal(refusal)) return this.happened({ type: "unlinked" });
    if (refusal.reason !== PASSING) return this.happened({ type: "refused", refusal });
    this.happened({ type: "unlinked" });
    this.clock.after(RETRY_MOST_MS, () => this.wire.connect());
  }

  private movedAway(refusal: Refusal): void {
    this.happened({ type: "moved", refusal });
    this.wire.disconnect();
  }
}
