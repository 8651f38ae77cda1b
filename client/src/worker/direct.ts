/** One direct connection to a partner: its channels are here, or on the page where they cannot be handed over. */

import { MAX_CONTROL_BYTES } from "../protocol.gen";
import { sendOn, type Frame } from "./frames";
import type { Channels } from "./messages";
import { Path } from "./path";

export interface Direct {
  readonly link: string;
  readonly path: Path;
  readonly isOnPage: boolean;
  /** Whether it was sent, as far as one can tell from here. */
  send(frame: Frame): boolean;
  /** What it hears from now on means nothing. */
  close(): void;
}

/** `closed`: a channel closed, which none does before its time. */
export function directHere(
  link: string,
  channels: Channels,
  heard: (frame: Frame) => void,
  opened: () => void,
  closed: () => void,
): Direct {
  const both = [channels.datagrams, channels.control];
  for (const channel of both) {
    channel.binaryType = "arraybuffer";
    channel.onopen = opened; // may have happened before: whoever sends asks the channel
    channel.onclose = closed;
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer && isFrame(data.byteLength)) heard(new Uint8Array(data));
    };
  }
  const close = (): void => {
    for (const channel of both) {
      channel.onopen = channel.onclose = channel.onmessage = null;
      channel.close();
    }
  };
  return { link, path: new Path([0, 1]), isOnPage: false, send: (frame) => sendOn(channels, frame), close };
}

export function directOnPage(link: string, post: (frame: Frame) => void): Direct {
  const send = (frame: Frame): boolean => {
    post(frame);
    return true;
  };
  return { link, path: new Path([0, 1]), isOnPage: true, send, close: () => undefined };
}

export function isFrame(bytes: number): boolean {
  return bytes > 0 && bytes <= MAX_CONTROL_BYTES;
}
