/** What this browser is, for the rules of who may take part; and the wait for the server's verdict on it. */

import type { Clock } from "./clock";
import type { Attendant } from "./connection";
import type { Measured, Refusal } from "./protocol.gen";

const AGAIN_MS = 5_000; // after a server that was too busy, or did not answer
const MOST_LANGUAGES = 20;
const MOST_CHARACTERS = 200; // ShortText in protocol.py

/** What the screening needs of the connection. */
export interface GateWire {
  readonly connected: boolean;
  /** Null: the server has taken it. Undefined: nobody answered, or there is no connection. */
  screen(measured: Measured): Promise<Refusal | null | undefined>;
  /** Returns the function that ends the subscription. */
  attend(attendant: Attendant): () => void;
}

export interface ScreeningTools {
  wire: GateWire;
  clock: Clock;
  measure(): Promise<Measured>;
}

/** Says what this browser is until the server has decided on it. Whoever is turned away gets their page by the flow. */
export class Screening {
  private callOff: () => void = () => undefined;
  private readonly stop: () => void;
  private closed = false;

  constructor(
    private readonly tools: ScreeningTools,
    private readonly accepted: () => void,
  ) {
    this.stop = tools.wire.attend({
      linked: () => void this.say(),
      verdict: (verdict) => verdict.accepted && this.done(),
    });
    void this.say();
  }

  close(): void {
    this.closed = true;
    this.callOff();
    this.stop();
  }

  private async say(): Promise<void> {
    this.callOff();
    const measured = await this.tools.measure().catch(() => null); // its library may not have come over the line
    if (this.closed || !this.tools.wire.connected) return;
    const answer = measured === null ? undefined : await this.tools.wire.screen(measured);
    if (this.closed || answer === null) return;
    this.callOff();
    this.callOff = this.tools.clock.after(AGAIN_MS, () => void this.say());
  }

  private done(): void {
    this.close();
    this.accepted();
  }
}

/** The parts of `window` that are looked at. */
export interface Surroundings {
  navigator: Pick<Navigator, "userAgent" | "maxTouchPoints" | "languages"> & { userAgentData?: unknown };
  screen: Pick<globalThis.Screen, "width" | "height">;
  RTCPeerConnection?: unknown;
}

/** Its library comes over the line only where somebody wants to know. */
export async function measure(here: Surroundings = window): Promise<Measured> {
  const { default: Bowser } = await import("bowser");
  const { navigator, screen } = here;
  const hints = navigator.userAgentData as Parameters<typeof Bowser.parse>[1];
  const { browser, os, platform } = Bowser.parse(navigator.userAgent, hints);
  const touch = navigator.maxTouchPoints > 0;
  return {
    browser: (browser.name ?? "").replace("Microsoft Edge", "Edge").replace(" for Android", "").slice(0, MOST_CHARACTERS),
    browser_version: (browser.version ?? "").slice(0, MOST_CHARACTERS),
    os: (os.name ?? "").slice(0, MOST_CHARACTERS),
    device: deviceOf(platform.type, os.name, navigator.maxTouchPoints),
    webrtc: typeof here.RTCPeerConnection === "function",
    touch,
    screen: [Math.round(screen.width), Math.round(screen.height)],
    languages: navigator.languages.slice(0, MOST_LANGUAGES).map((language) => language.slice(0, MOST_CHARACTERS)),
  };
}

/** An iPad says that it is a Mac; but no Mac can be touched. */
function deviceOf(type: string | undefined, os: string | undefined, touchPoints: number): Measured["device"] {
  if (type === "desktop" && os === "macOS" && touchPoints > 1) return "tablet";
  return type === "desktop" || type === "tablet" || type === "mobile" ? type : "unknown";
}
