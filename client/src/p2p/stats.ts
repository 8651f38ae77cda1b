/** What this end of a direct connection is: "host udp", "srflx udp", "relay tls", ... */

import type { Clock } from "../clock";

const LOOK_MS = 2000; // not every browser says when it takes another pair of candidates

/** Calls `changed` with each new text, from when the connection stands until `close`. */
export class ConnectionWatch {
  private text = "";
  private cancel: () => void = () => undefined;
  private closed = false;

  constructor(
    private readonly connection: RTCPeerConnection,
    private readonly clock: Clock,
    private readonly changed: (text: string) => void,
  ) {}

  /** Looks now, and from now on. */
  async look(): Promise<void> {
    this.cancel();
    const text = await describe(this.connection);
    if (this.closed) return;
    this.cancel(); // another look may have been taken meanwhile
    this.cancel = this.clock.after(LOOK_MS, () => void this.look());
    if (text === "" || text === this.text) return;
    this.text = text;
    this.changed(text);
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }
}

/** Empty while there is no pair of candidates, or the connection is gone. */
async function describe(connection: RTCPeerConnection): Promise<string> {
  try {
    return textOf((await connection.getStats()) as ReadonlyMap<string, unknown>);
  } catch {
    return ""; // closed meanwhile
  }
}

/** The fields of the reports that are used here. Browsers leave some out. */
interface Report {
  type: string;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  nominated?: boolean;
  selected?: boolean; // Firefox
  state?: string;
  candidateType?: string;
  protocol?: string;
  relayProtocol?: string;
}

function textOf(reports: ReadonlyMap<string, unknown>): string {
  const all = [...reports.values()] as Report[];
  const chosen = all.find(({ type }) => type === "transport")?.selectedCandidatePairId;
  const pair =
    (chosen === undefined ? undefined : (reports.get(chosen) as Report | undefined)) ?? all.find(isInUse);
  const local = reports.get(pair?.localCandidateId ?? "") as Report | undefined;
  if (local?.candidateType === undefined) return "";
  return `${local.candidateType} ${protocolOf(local)}`;
}

function isInUse({ type, selected, nominated, state }: Report): boolean {
  return type === "candidate-pair" && (selected ?? (nominated === true && state === "succeeded"));
}

/** Towards a relay, what goes over the wire here is the protocol to the relay. */
function protocolOf({ candidateType, relayProtocol, protocol }: Report): string {
  return (candidateType === "relay" ? relayProtocol : undefined) ?? protocol ?? "udp";
}
