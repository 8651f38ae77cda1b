/** The entry of the viewer's worker: it joins the shell to this scope. */

import { systemClock } from "../clock";
import { replaceEntropy } from "../worker/entropy";
import { bootScope } from "../worker/scope";
import type { ToReplay } from "./messages";
import { loadReplayer } from "./python";
import { ReplayShell } from "./shell";

declare const self: DedicatedWorkerGlobalScope;

const scope = bootScope(self);
const entropy = replaceEntropy(self.crypto); // before Python starts, which reads it as it does
const shell = new ReplayShell({
  load: (source, program, report) => loadReplayer(scope, entropy, systemClock, source, program, report),
  post: (message, transfer) => self.postMessage(message, transfer),
  now: () => performance.now(),
  later: (action) => setTimeout(action, 0),
});

self.addEventListener("message", (event: MessageEvent<ToReplay>) => shell.handle(event.data));
