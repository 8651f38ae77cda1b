/** Calls a participant who looks elsewhere when partners are found: by a sound, and by a notification if they like. */

const TONES = [660, 880]; // Hz, one after the other; two are told from what else a computer says
const TONE_S = 0.18;
const VOLUME = 0.2;

/** What is needed of the browser; all of it may be missing. */
export interface CallTools {
  focus: { readonly focused: boolean };
  AudioContext?: typeof AudioContext | undefined;
  Notification?: typeof Notification | undefined;
}

export class Call {
  private audio: AudioContext | null = null;

  constructor(private readonly tools: CallTools) {}

  /** To be called in a click: browsers let nobody make a sound who was not touched before. */
  prepare(): void {
    const { AudioContext } = this.tools;
    if (AudioContext === undefined) return;
    this.audio ??= new AudioContext();
    void this.audio.resume().catch(() => undefined);
  }

  /** What asks the participant's browser for notifications; null where it has been asked, or has none. */
  get offer(): (() => Promise<unknown>) | null {
    const { Notification } = this.tools;
    return Notification?.permission === "default" ? () => Notification.requestPermission() : null;
  }

  /** Nothing happens to whoever is looking. */
  ring(title: string, text: string): void {
    if (this.tools.focus.focused) return;
    this.sound();
    this.notify(title, text);
  }

  close(): void {
    void this.audio?.close().catch(() => undefined);
    this.audio = null;
  }

  private sound(): void {
    const { audio } = this;
    if (audio?.state !== "running") return;
    TONES.forEach((frequency, position) => {
      const [tone, volume] = [audio.createOscillator(), audio.createGain()];
      const at = audio.currentTime + position * TONE_S;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(VOLUME, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + TONE_S); // an end at full volume is a click
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + TONE_S);
    });
  }

  private notify(title: string, text: string): void {
    const { Notification } = this.tools;
    if (Notification?.permission !== "granted") return;
    try {
      const shown = new Notification(title, { body: text, tag: "interactive-gym" });
      shown.onclick = () => {
        window.focus();
        shown.close();
      };
    } catch {
      // Chrome on Android has the name, and wants a service worker for it: the sound has to do.
    }
  }
}
