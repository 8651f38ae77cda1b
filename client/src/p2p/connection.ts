/** One RTCPeerConnection, under one name: descriptions and candidates go to and fro until it stands. */

import type { Clock } from "../clock";
import type { Signal } from "../protocol.gen";
import type { Frame } from "../worker/frames";
import { makeChannels, PageChannels, type ChannelTools } from "./channels";
import { ConnectionWatch } from "./stats";

const MOST_EARLY = 100; // candidates that wait for a description; no browser has so many addresses

export interface ConnectionTools extends ChannelTools {
  clock: Clock;
  say(link: string, what: Signal["what"], data: string): void;
  changed(): void; // the state
  described(text: string): void; // what this end is
  refused(what: Signal["what"], error: unknown): void; // the browser takes no such thing from the partner
  iceError(event: RTCPeerConnectionIceErrorEvent): void;
}

export class DirectConnection {
  private readonly channels: PageChannels;
  private readonly watch: ConnectionWatch;
  private said: [what: Signal["what"], data: string][] = []; // our newest description, and its candidates
  private early: RTCIceCandidateInit[] = []; // the partner's, from before its description
  private offer: string | null = null; // the partner's newest
  private work: Promise<void> = Promise.resolve(); // what the browser does takes time, and has to be done in order
  private isClosed = false;

  constructor(
    readonly link: string,
    private readonly rtc: RTCPeerConnection,
    private readonly tools: ConnectionTools,
  ) {
    this.channels = new PageChannels(makeChannels(rtc), tools);
    this.watch = new ConnectionWatch(rtc, tools.clock, (text) => tools.described(text));
    rtc.onicecandidate = ({ candidate }) => candidate && this.say("candidate", JSON.stringify(candidate));
    rtc.onicecandidateerror = (event) => tools.iceError(event);
    rtc.onconnectionstatechange = () => this.changed();
    rtc.oniceconnectionstatechange = () => this.changed();
  }

  /** ICE notices trouble first; DTLS knows whether the connection stands. */
  get state(): RTCPeerConnectionState {
    const { connectionState, iceConnectionState } = this.rtc;
    return connectionState === "connected" && iceConnectionState === "disconnected" ? "disconnected" : connectionState;
  }

  /** Whether the partner has said nothing about it yet. */
  get isUnanswered(): boolean {
    return this.rtc.remoteDescription === null;
  }

  /** Makes an offer; `iceRestart` looks for new ways under a connection that stood. */
  propose(iceRestart: boolean): void {
    this.next("offer", async () => {
      await this.rtc.setLocalDescription(await this.rtc.createOffer({ iceRestart }));
      this.describe("offer");
    });
  }

  /** What the partner said about this connection. */
  heard({ what, data = "" }: Signal): void {
    if (what === "offer") this.next(what, () => this.takeOffer(data));
    else if (what === "answer") this.next(what, () => this.takeAnswer(data));
    else if (what === "candidate") this.next(what, () => this.takeCandidate(data));
  }

  /** Says again what the partner may have missed. */
  repeat(): void {
    for (const [what, data] of this.said) this.tools.say(this.link, what, data);
  }

  send(frame: Frame): void {
    this.channels.send(frame);
  }

  close(): void {
    this.isClosed = true;
    this.watch.close();
    this.channels.close();
    const rtc = this.rtc;
    rtc.onicecandidate = rtc.onicecandidateerror = null;
    rtc.onconnectionstatechange = rtc.oniceconnectionstatechange = null;
    rtc.close();
  }

  private next(what: Signal["what"], step: () => Promise<void>): void {
    this.work = this.work
      .then(() => (this.isClosed ? undefined : step()))
      .catch((error: unknown) => {
        if (!this.isClosed) this.tools.refused(what, error);
      });
  }

  private async takeOffer(sdp: string): Promise<void> {
    if (sdp === this.offer) return this.repeat();
    await this.rtc.setRemoteDescription({ type: "offer", sdp });
    this.offer = sdp;
    await this.rtc.setLocalDescription(await this.rtc.createAnswer());
    this.describe("answer");
  }

  /** A second answer is a repetition. Only an answer can come late: what answers an offer begins with it. */
  private async takeAnswer(sdp: string): Promise<void> {
    if (this.rtc.signalingState !== "have-local-offer") return;
    await this.rtc.setRemoteDescription({ type: "answer", sdp });
    for (const candidate of this.early.splice(0)) await this.rtc.addIceCandidate(candidate);
  }

  private async takeCandidate(data: string): Promise<void> {
    const candidate = JSON.parse(data) as RTCIceCandidateInit;
    if (!this.isUnanswered) return this.rtc.addIceCandidate(candidate);
    if (this.early.length >= MOST_EARLY) throw new Error(`more than ${MOST_EARLY} candidates and no description`);
    this.early.push(candidate);
  }

  /** Candidates follow their description: the browser finds them afterwards. */
  private describe(what: "offer" | "answer"): void {
    this.said = [];
    this.say(what, this.rtc.localDescription?.sdp ?? "");
  }

  private say(what: Signal["what"], data: string): void {
    if (this.isClosed) return;
    this.said.push([what, data]);
    this.tools.say(this.link, what, data);
  }

  private changed(): void {
    if (this.state === "connected") this.connected();
    this.tools.changed();
  }

  private connected(): void {
    const transport = this.rtc.sctp?.transport.iceTransport;
    if (transport) transport.onselectedcandidatepairchange = () => void this.watch.look();
    void this.watch.look();
  }
}
