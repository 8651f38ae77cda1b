/** The entry of the viewer's worker: it joins the shell to this scope. */

import { systemClock } from "../clock";
import type { BootScope, PyodideModule } from "../worker/boot";
import { replaceEntropy } from "../worker/entropy";
import type { ToReplay } from "./messages";
import { loadReplayer } from "./python";
import { ReplayShell } from "./shell";

declare const self: DedicatedWorkerGlobalScope;

const scope: BootScope = {
  get fetch() {
    return self.fetch.bind(self);
  },
  set fetch(replacement) {
    self.fetch = replacement as typeof self.fetch;
  },
  importModule: (url) => import(/* @vite-ignore */ url) as Promise<PyodideModule>,
};

const entropy = replaceEntropy(self.crypto); // before Python starts, which reads it as it does
const shell = new ReplayShell({
  load: (source, program, report) => loadReplayer(scope, entropy, systemClock, source, program, report),
  post: (message, transfer) => self.postMessage(message, transfer),
  now: () => performance.now(),
  later: (action) => setTimeout(action, 0),
});

self.addEventListener("message", (event: MessageEvent<ToReplay>) => shell.handle(event.data));
