/** The words and the bar while a game loads. */

import type { LoadingState } from "./pages/gym";
import type { LoadProgress } from "./worker/messages";

// Announced sizes are not exact to the byte; past this, waiting is for Python and not for the network.
const ALMOST_ALL = 0.98;

export function loadingState({ stage, received, total }: LoadProgress): LoadingState {
  const part = total > 0 ? received / total : 0;
  switch (stage) {
    case "download":
      if (part >= ALMOST_ALL) return { label: "Starting Python …", part: null };
      return { label: `Loading the game: ${megabytes(received)} of ${megabytes(total)} MB`, part };
    case "unpack":
      return { label: "Unpacking the game …", part: null };
    case "prepare":
      return { label: "Preparing the game …", part: null };
  }
}

export const settingUp: LoadingState = { label: "Setting up the game …", part: null };

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
