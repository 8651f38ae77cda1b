/** What Python needs of the scope of a worker, so that everything else can be tested without one. */

import type { BootScope, PyodideModule } from "./boot";

export function bootScope(self: DedicatedWorkerGlobalScope): BootScope {
  return {
    get fetch() {
      return self.fetch.bind(self);
    },
    set fetch(replacement) {
      self.fetch = replacement as typeof self.fetch;
    },
    importModule: (url) => import(/* @vite-ignore */ url) as Promise<PyodideModule>,
  };
}
