/** The viewer's page: everything is made and joined here. */

import "./replay.css";

import { preloadAssets } from "../assets";
import { systemClock } from "../clock";
import { createRenderer } from "../renderer";
import { downloads } from "../worker/download";
import { StudyApi } from "./study";
import { Viewer } from "./viewer";

interface ReplayBoot {
  experiment_id: string;
  session: string | null;
}

const boot = JSON.parse(document.getElementById("boot")?.textContent ?? "null") as ReplayBoot;
const load = downloads((resource, options) => fetch(resource, options), systemClock);
const viewer = new Viewer(boot.experiment_id, {
  api: new StudyApi((url) => fetch(url)),
  startWorker: () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "replay" }),
  createRenderer,
  loadPictures: (assets) => preloadAssets(assets, () => undefined, load),
  now: () => performance.now(),
  nextFrame: (action) => requestAnimationFrame(action),
});
document.getElementById("page")?.append(viewer.page.element);
void viewer.start(boot.session);
