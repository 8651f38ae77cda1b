/** The server's HTTP endpoints: what must not be lost goes this way. */

import type { Join, Joined, Receipt, Refusal, Replay, ReplayRequest, Resume, ResumeRequest, Upload } from "./protocol.gen";

// 900 kB in a minute is 120 kbit/s. Without a limit the records wait for a connection that a network has silently dropped
// until the system gives it up, which takes a quarter of an hour and more.
const UPLOAD_MS = 60_000;

/** The server answered, but not with what was asked for. `refusal` is its word on it, where it gave one. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal | null,
  ) {
    super(refusal ? `${refusal.reason}: ${refusal.text}` : `HTTP status ${status}`);
    this.name = "HttpError";
  }

  /** Asking again later can help: the server starts or has too much to do, another tab is just leaving, or the answer
   *  was cut off on its way, as where the page is reloaded. */
  get passing(): boolean {
    const isFinal = this.refusal?.reason === "too_slow"; // this machine
    return !isFinal && (this.isCutOff || this.status >= 500 || [408, 409, 429].includes(this.status));
  }

  private get isCutOff(): boolean {
    return this.status < 300;
  }
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export class Api {
  constructor(
    private readonly fetch: Fetch,
    private readonly identity: { token(): string | null; tab: string },
  ) {}

  join(join: Join): Promise<Joined> {
    return this.post<Joined>("/api/join", JSON.stringify(join));
  }

  /** `speed`: how many times faster than it is played the game can be played here; null: that was not measured. */
  resume(sessionId: string, speed: number | null): Promise<Resume> {
    return this.post<Resume>(
      "/api/resume",
      JSON.stringify({ session_id: sessionId, tab: this.identity.tab, speed } satisfies ResumeRequest),
    );
  }

  replay(sessionId: string, epoch: number): Promise<Replay> {
    return this.post<Replay>(
      "/api/replay",
      JSON.stringify({ session_id: sessionId, epoch } satisfies ReplayRequest),
    );
  }

  /** `keepalive` lets the request outlive the page; browsers allow it for bodies below 64 kB. */
  upload(upload: Upload, keepalive = false): Promise<Receipt> {
    const signal = AbortSignal.timeout(UPLOAD_MS);
    return this.post<Receipt>("/api/records", JSON.stringify(upload), { keepalive, signal });
  }

  private async post<Answer>(url: string, body: string, options: RequestInit = {}): Promise<Answer> {
    const response = await this.fetch(url, { method: "POST", headers: this.headers(), body, ...options });
    const answer = await readJson(response);
    if (!response.ok) throw new HttpError(response.status, isRefusal(answer) ? answer : null);
    if (answer === undefined) throw new HttpError(response.status, null);
    return answer as Answer;
  }

  private headers(): Record<string, string> {
    const token = this.identity.token();
    const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    return { "content-type": "application/json", ...authorization };
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === "object" && answer !== null && "kind" in answer && answer.kind === "refused";
}
