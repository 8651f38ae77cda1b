/** The page's ends of the channels of a direct connection: the worker gets them where the browser hands channels over. */

import { sendOn, type Frame } from "../worker/frames";
import { CONTROL, DATAGRAMS, type Channels } from "../worker/messages";

export interface ChannelTools {
  keeps: boolean; // the channels stay here though the browser may say that it hands them over
  /** Throws where the browser does not hand channels over. */
  hand(channels: Channels | null, transfer: Transferable[]): void;
  arrived(frame: Frame): void;
  closed(): void; // a channel that was kept
}

/** Both channels, made before the connection is: afterwards none could be handed over. */
export function makeChannels(connection: RTCPeerConnection): Channels {
  return {
    datagrams: connection.createDataChannel("datagrams", DATAGRAMS),
    control: connection.createDataChannel("control", CONTROL),
  };
}

/** Tried: nothing else tells browsers that do it from those that do not, and the page can carry the frames as well. */
function isHandedOver(channels: Channels, tools: ChannelTools): boolean {
  try {
    tools.hand(channels, [channels.datagrams, channels.control]);
    return true;
  } catch {
    return false;
  }
}

/** The channels of one connection, while they are here. */
export class PageChannels {
  private kept: Channels | null = null;

  constructor(channels: Channels, tools: ChannelTools) {
    if (!tools.keeps && isHandedOver(channels, tools)) return;
    tools.hand(null, []);
    this.kept = channels;
    this.pump(channels, tools);
  }

  /** A frame of the worker. It is lost if the channel is not open: whoever sends waits for answers. */
  send(frame: Frame): void {
    if (this.kept !== null) sendOn(this.kept, frame);
  }

  close(): void {
    for (const channel of this.kept === null ? [] : [this.kept.datagrams, this.kept.control]) {
      channel.onmessage = channel.onclose = null;
      channel.close();
    }
    this.kept = null;
  }

  private pump(channels: Channels, tools: ChannelTools): void {
    for (const channel of [channels.datagrams, channels.control]) {
      channel.binaryType = "arraybuffer";
      channel.onclose = tools.closed;
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (data instanceof ArrayBuffer) tools.arrived(new Uint8Array(data));
      };
    }
  }
}
