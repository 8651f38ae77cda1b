/** The page's entry: everything is made and joined here, and the study begins. */

import "./styles.css";

import { Api } from "./api";
import { preloadAssets } from "./assets";
import { readBoot } from "./boot";
import { NudgedClock, systemClock } from "./clock";
import { Connection, openWire, type Wire } from "./connection";
import { createDebug, debugMode } from "./debug";
import { captureConsole, EventLog } from "./events";
import { FocusWatch, reportFocus, reportFreezes } from "./focus";
import { GameRun, type GameTools, type SoloPage } from "./game";
import { Identity, storageOr } from "./identity";
import { createKeyboard } from "./input/keyboard";
import { Call } from "./match/call";
import { describeImpairment, impairmentOf } from "./match/impairment";
import { MatchRun, type MatchTools } from "./match/run";
import { Outbox } from "./outbox";
import { Peers } from "./p2p/peers";
import { noticeView } from "./pages/notice";
import type { Boot, Item, Join, RefusedItem } from "./protocol.gen";
import { createRenderer } from "./renderer";
import { Runtime, RuntimeKeeper, runtimeSource, startWorker } from "./runtime";
import { measure } from "./screening";
import { PageScripts } from "./scripts";
import { openShelf, type Shelf } from "./shelf";
import { Study } from "./study";
import { downloads } from "./worker/download";

const clock = new NudgedClock(systemClock); // the worker's messages do, which come to hidden pages as well
const MOST_QUERY_CHARACTERS = 200; // ShortText in protocol.py; recruiting platforms stay far below it

function begin(boot: Boot, root: HTMLElement): void {
  const identity = new Identity(
    boot,
    storageOr(() => localStorage),
    storageOr(() => sessionStorage),
  );
  const api = new Api((url, init) => fetch(url, init), identity);
  const { outbox, events, open } = openMail(api);
  if (boot.console) captureConsole(window, events);
  const runtimes = new RuntimeKeeper(() => startRuntime(boot, events));
  if (boot.archive !== null) runtimes.get(); // Python loads while the participant reads
  const common = { api, outbox, clock, origin: performance.timeOrigin };
  const drawing = {
    events,
    focus: watchFocus(events),
    debug: openDebug(boot),
    createRenderer,
    loadPictures: picturesOf,
    createKeyboard: keyboardOf,
  };
  const gameTools = (): GameTools => ({ ...common, ...drawing, runtime: runtimes.get() });
  const study = new Study({
    ...common,
    root,
    identity,
    join: joinOf(boot),
    connect: (happened) => new Connection(scripted(openWire()), clock, happened),
    joined: open,
    game: (page, view, ends, wire) => {
      void import("./renderer/phaser"); // on its way while the instructions are read
      if (page.game.multiplayer === null) return new GameRun(page as SoloPage, view, gameTools(), ends);
      const call = new Call({ focus: drawing.focus, AudioContext: window.AudioContext, Notification: window.Notification });
      return new MatchRun(page, view, { ...gameTools(), ...matchTools(boot), api, call, wire }, ends);
    },
    measure,
    focus: drawing.focus,
    gamesOver: () => runtimes.stop(),
    go: (address) => location.assign(address),
    reload: () => location.reload(),
  });
  void study.start();
}

function matchTools(boot: Boot): Omit<MatchTools, keyof GameTools | "api" | "wire" | "call"> {
  return {
    archive: boot.archive?.url ?? "",
    impairment: impairmentOf(location.search),
    storage: storageOr(() => sessionStorage),
    reload: () => location.reload(),
    openPeers: (match, tools) => new Peers(match, tools),
  };
}

/** The scripts of the researcher's pages speak over the same wire. */
function scripted(wire: Wire): Wire {
  const interactiveGym = new PageScripts(wire, clock, () => document.body.dataset.scene ?? "");
  Object.assign(window, { interactiveGym });
  return wire;
}

function startRuntime(boot: Boot, events: EventLog): Runtime {
  const runtime = new Runtime(startWorker(), runtimeSource(boot));
  runtime.listen((message) => {
    clock.nudge();
    if (message.type === "loaded") events.report("runtime_loaded", "info", "loaded", { ms: Math.round(message.ms) });
  });
  return runtime;
}

/** The outbox takes items at once; it writes and sends them when `open` has said whose they are. */
function openMail(api: Api): { outbox: Outbox; events: EventLog; open(participantId: string): void } {
  let open: (participantId: string) => void = () => undefined;
  const shelf = new Promise<Shelf>((resolve) => (open = (participantId) => resolve(openShelf(participantId, unkept))));
  const refused = (item: Item, refusal: RefusedItem): void => {
    if (item.kind !== "event")
      events.report("upload_refused", "error", refusal.reason, { kind: item.kind, text: refusal.text });
  };
  const outbox = new Outbox(shelf, (upload, keepalive) => api.upload(upload, keepalive), clock, { refused });
  const events = new EventLog((items) => outbox.put(items));
  const unkept = (error: unknown): void => events.report("outbox_in_memory", "warning", String(error));
  addEventListener("pagehide", () => outbox.goodbye());
  document.addEventListener("visibilitychange", () => document.hidden && outbox.goodbye());
  return { outbox, events, open };
}

function watchFocus(events: EventLog): FocusWatch {
  const focus = new FocusWatch(document, window);
  reportFocus(focus, events);
  reportFreezes(document, events);
  return focus;
}

function openDebug(boot: Boot): GameTools["debug"] {
  const asked = debugMode(location.search);
  const debug = createDebug(document.body, asked === "off" && boot.debug ? "overlay" : asked);
  const impairment = impairmentOf(location.search);
  if (impairment !== null) debug.status({ impairment: describeImpairment(impairment) });
  return debug;
}

const picturesOf: GameTools["loadPictures"] = (assets, progress) =>
  preloadAssets(assets, progress, downloads(fetch.bind(window), clock));

const keyboardOf: GameTools["createKeyboard"] = (keys, onChange) => createKeyboard(window, { keys, onChange });

function joinOf(boot: Boot): Join {
  const parameters = [...new URLSearchParams(location.search)].map(([name, value]) => [name, value].map(shortened));
  return { subject_id: boot.subject_id, query: Object.fromEntries(parameters) as Record<string, string> };
}

function shortened(text: string): string {
  return text.slice(0, MOST_QUERY_CHARACTERS);
}

const root = document.querySelector<HTMLElement>("#page");
if (root) {
  try {
    begin(readBoot(document), root);
  } catch (error) {
    const advice = "Please update your browser, or open the link in another one.";
    root.replaceChildren(noticeView("This page cannot start", advice).element);
    throw error;
  }
}
