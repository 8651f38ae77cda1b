/** Fakes of WebRTC: channels that lose what they are told to lose, and connections that stand when the test says so. */

import type { Match } from "../../src/protocol.gen";
import type { Channels } from "../../src/worker/messages";
import type { FakeClock } from "../fakes";

export function matchOf(peer: number, more: Partial<Match> = {}): Match {
  return {
    ...{ session_id: "s", seed: 0, peer, agent: `a${peer}`, peers: [0, 1], boot: 1, generation: 0, returning: false },
    ...{ archive: "", is_mesh: true, may_relay: true, ice_servers: [], force_relay: false, validate_s: 30 },
    ...{ game_text: "", ...more },
  };
}

/** One end of a channel; what it is sent comes out at `other`. */
export class FakeChannel {
  readyState: RTCDataChannelState = "connecting";
  bufferedAmount = 0;
  binaryType = "blob";
  other: FakeChannel | null = null;
  lossy = false; // what this end sends is lost
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: Uint8Array[] = [];

  constructor(private readonly clock: FakeClock | null = null) {}

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== "open") throw new Error("InvalidStateError");
    this.sent.push(frame.slice());
    const { buffer } = frame.slice();
    if (!this.lossy) this.clock?.after(10, () => this.other?.onmessage?.({ data: buffer }));
  }

  open(): void {
    this.readyState = "open";
    this.onopen?.();
  }

  /** As if the network, or the other end, had closed it. */
  die(): void {
    this.readyState = "closed";
    this.onclose?.();
  }

  close(): void {
    this.readyState = "closed";
  }
}

/** Both ends of both channels of a pair. */
export class FakeCable {
  readonly ends: [FakeEnd, FakeEnd];

  constructor(clock: FakeClock) {
    this.ends = [new FakeEnd(clock), new FakeEnd(clock)];
    const [left, right] = this.ends;
    [left.datagrams.other, left.control.other] = [right.datagrams, right.control];
    [right.datagrams.other, right.control.other] = [left.datagrams, left.control];
  }

  open(): void {
    for (const end of this.ends) for (const channel of [end.datagrams, end.control]) channel.open();
  }

  /** Whether what `peer` sends is lost. */
  lose(peer: 0 | 1, lossy: boolean): void {
    this.ends[peer].datagrams.lossy = this.ends[peer].control.lossy = lossy;
  }
}

export class FakeEnd {
  readonly datagrams: FakeChannel;
  readonly control: FakeChannel;

  constructor(clock: FakeClock) {
    this.datagrams = new FakeChannel(clock);
    this.control = new FakeChannel(clock);
  }

  get channels(): Channels {
    return this as unknown as Channels;
  }
}

/** An RTCPeerConnection that does nothing by itself but answer. */
export class FakeRtc {
  signalingState: RTCSignalingState = "stable";
  connectionState: RTCPeerConnectionState = "new";
  iceConnectionState: RTCIceConnectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  readonly sctp = null;
  readonly channels: FakeChannel[] = [];
  readonly candidates: unknown[] = [];
  readonly restarts: boolean[] = []; // of the offers made: whether each looked for new ways
  answers = 0;
  stats = new Map<string, unknown>();
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  onicecandidateerror: ((event: unknown) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;

  constructor(
    readonly config: RTCConfiguration,
    private readonly name: string,
  ) {}

  createDataChannel(): FakeChannel {
    const channel = new FakeChannel();
    this.channels.push(channel);
    return channel;
  }

  async createOffer({ iceRestart }: RTCOfferOptions): Promise<{ type: string; sdp: string }> {
    this.restarts.push(iceRestart === true);
    return { type: "offer", sdp: `offer ${this.restarts.length} of ${this.name}` };
  }

  async createAnswer(): Promise<{ type: string; sdp: string }> {
    this.answers += 1;
    return { type: "answer", sdp: `answer of ${this.name} to ${this.remoteDescription?.sdp}` };
  }

  async setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    this.localDescription = description;
    this.signalingState = description.type === "offer" ? "have-local-offer" : "stable";
  }

  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    await Promise.resolve();
    if (description.type === "answer" && this.signalingState !== "have-local-offer") throw new Error("wrong state");
    this.remoteDescription = description;
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
  }

  async addIceCandidate(candidate: unknown): Promise<void> {
    if (this.remoteDescription === null) throw new Error("InvalidStateError");
    this.candidates.push(candidate);
  }

  async getStats(): Promise<Map<string, unknown>> {
    return this.stats;
  }

  /** The browser finds an address of its own. */
  find(candidate: string): void {
    this.onicecandidate?.({ candidate: { candidate } });
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    if (state !== "closed") this.iceConnectionState = state === "connecting" ? "checking" : state;
    this.oniceconnectionstatechange?.();
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.connectionState = "closed";
    this.signalingState = "closed";
  }
}
