/** The words and the bar while a game loads. */

import type { LoadingState } from "./pages/gym";
import type { LoadProgress } from "./worker/messages";

// Announced sizes are not exact to the byte; past this, waiting is for Python and not for the network.
const ALMOST_ALL = 0.98;

/** Of a download, in bytes. */
export interface Arrived {
  received: number;
  total: number;
}

/** While Python (null: it is there) and the game's pictures are on their way. */
export function loadingState(python: LoadProgress | null, pictures: Arrived): LoadingState {
  switch (python?.stage) {
    case "download":
      return downloading({ received: python.received + pictures.received, total: python.total + pictures.total });
    case "unpack":
      return { label: "Unpacking the game …", part: null };
    case "prepare":
      return { label: "Preparing the game …", part: null };
    case undefined:
      return pictures.received < pictures.total ? downloading(pictures) : settingUp;
  }
}

const settingUp: LoadingState = { label: "Setting up the game …", part: null };

function downloading({ received, total }: Arrived): LoadingState {
  const part = total > 0 ? received / total : 0;
  if (part >= ALMOST_ALL) return { label: "Starting Python …", part: null };
  return { label: `Loading the game: ${megabytes(received)} of ${megabytes(total)} MB`, part };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
