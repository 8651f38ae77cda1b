// Generated from src/interactive_gym/protocol.py by client/generate_protocol.py. Do not edit.

export const PROTOCOL_VERSION = 1;
export const MAX_UPLOAD_BYTES = 1000000;
export const MAX_CONTROL_BYTES = 64000;

/** A file that the page loads: content-hashed address, and its size before compression (for the progress bar). */
export interface Asset {
  url: string;
  bytes: number;
}

/** What the page needs before it talks to the server; rendered into the HTML, so loading starts at once. */
export interface Boot {
  protocol: number;
  experiment_id: string;
  subject_id: string | null;
  pyodide: string;
  pyodide_bytes: number;
  packages: string[];
  archive: Asset | null;
  debug: boolean;
}

export interface Join {
  subject_id?: string | null;
  query?: Record<string, string>;
}

export interface Joined {
  token: string;
  participant_id: string;
}

/** Socket.IO's ``auth``. ``tab`` names the browser tab and survives its reloads. */
export interface Connect {
  token: string;
  tab: string;
  protocol: number;
  takeover?: boolean;
}

/** The answer to whatever was not accepted. ``text`` is for the participant, ``reason`` for programs. */
export interface Refusal {
  kind: "refused";
  reason: string;
  text: string;
}

export interface StartPage {
  kind: "start";
  scene_id: string;
  header: string;
  body: string;
  button: string;
}

export interface StaticPage {
  kind: "static";
  scene_id: string;
  header: string;
  body: string;
  button: string;
}

/** A game. ``game`` goes to the worker as it is; the page reads what it needs of it. */
export interface GymPage {
  kind: "gym";
  scene_id: string;
  header: string;
  body: string;
  session_id: string;
  seed: number;
  button: string;
  game_text: string;
  game: Game;
}

export interface EndPage {
  kind: "end";
  scene_id: string;
  header: string;
  body: string;
}

export interface CompletionCodePage {
  kind: "completion_code";
  scene_id: string;
  header: string;
  body: string;
  code: string;
}

/** The last page of somebody who did not get to the end. */
export interface OutcomePage {
  kind: "outcome";
  scene_id: string;
  header: string;
  body: string;
  outcome: string;
}

/** ``keys`` held together (``KeyboardEvent.key`` names) mean ``action``. */
export interface KeyBinding {
  keys: string[];
  action: unknown;
}

/**
 * One Gym scene as its participants' pages and workers see it; built by ``GymScene.game()``, plain JSON.
 *
 * Functions are named ``"module:qualname"`` and imported from the archive; ``environment(**options)`` makes the
 * environment, so a registered id is ``"gymnasium:make"`` with ``{"id": "MountainCar-v0"}``.
 */
export interface Game {
  scene_id: string;
  environment: string;
  options: Record<string, unknown>;
  draw: string | null;
  hud: string | null;
  hud_function: string | null;
  policies: Record<string, string>;
  bindings: KeyBinding[];
  default_action: unknown;
  input_mode: "pressed_keys" | "single_keystroke";
  fps: number;
  width: number;
  height: number;
  background: string;
  episodes: number;
  max_steps: number | null;
  pause_s: number;
  loading_timeout_s: number;
  record_observations: boolean;
}

/** The participant is done with ``scene_id``. ``responses`` are the named elements of its form. */
export interface Advance {
  scene_id: string;
  responses?: Record<string, string | string[]>;
}

/** The page cannot go on in ``scene_id``. ``detail`` (a traceback) is logged and stored, never shown. */
export interface Failure {
  scene_id: string;
  reason: "draw_failed" | "import_failed" | "loading_timeout" | "make_failed" | "policy_failed" | "reset_failed" | "runtime_failed" | "step_failed" | "worker_crashed";
  problem?: string;
  detail?: string;
}

/**
 * A worker is about to play ``session_id``: which episode comes next, and what is known of it?
 *
 * Asked before each game scene starts to play (reload or not), after the outbox has been sent as far as it can be; of
 * what arrives after the answer, and is of an earlier generation, nothing counts any more. ``tab`` as in Connect.
 */
export interface ResumeRequest {
  session_id: string;
  tab: string;
}

/**
 * Play ``episode`` from the frame after ``chunks`` (base64, in order) as ``generation``.
 *
 * ``episode == episodes``: all are played. ``chunks`` are whole seconds, so the next frame is the first of chunk
 * ``len(chunks)``. ``generation`` counts the answers to ResumeRequests of this session: it names one life of a worker
 * and stays the same for the episodes that follow in it.
 */
export interface Resume {
  episode: number;
  generation: number;
  chunks: string[];
}

/**
 * Frames ``[index*fps, (index+1)*fps)`` of an episode; row -1 travels in chunk 0. ``data`` is base64.
 *
 * All of these frames, but for the last chunk of an episode. ``first`` is the first row's frame (-1 in chunk 0).
 */
export interface Chunk {
  kind: "chunk";
  session_id: string;
  episode: number;
  generation: number;
  index: number;
  first: number;
  rows: number;
  digest: string;
  data: string;
}

/** What one tick felt like here. Wall times in ms since the episode began; costs in ms. */
export type TickRow = [frame: number, due_ms: number, late_ms: number, step_ms: number, painted_ms: number | null];

/** The measured path of one key press, in ms since the episode began. */
export type KeyRow = [frame: number, key: string, event_ms: number, sampled_ms: number, executed_ms: number, painted_ms: number | null];

/** What this player saw and felt in the same second; this side's truth, never compared. */
export interface Experience {
  kind: "experience";
  session_id: string;
  episode: number;
  generation: number;
  index: number;
  ticks: TickRow[];
  keys: KeyRow[];
}

/** Sent after the episode's last chunk. ``frames`` counts the steps (row -1 is not one). */
export interface EpisodeEnd {
  kind: "episode_end";
  session_id: string;
  episode: number;
  generation: number;
  frames: number;
  end_reason: "max_steps" | "terminated" | "truncated";
}

/** Something worth knowing: focus, errors of the page, load times. ``id`` makes a repeated upload harmless. */
export interface Event {
  kind: "event";
  id: string;
  name: string;
  severity: "error" | "info" | "warning";
  reason: string;
  client_ms: number;
  session_id?: string | null;
  data?: Record<string, boolean | number | string | null>;
}

/** At most one a second carries all streams. Repeating it is harmless. */
export interface Upload {
  items: (Chunk | Experience | EpisodeEnd | Event)[];
}

export interface RefusedItem {
  position: number;
  reason: string;
  text: string;
}

/** Sent after the commit. All items but the refused ones are durable; refused ones must not be sent again. */
export interface Receipt {
  accepted: number;
  refused: RefusedItem[];
}

export type Page = StartPage | StaticPage | GymPage | EndPage | CompletionCodePage | OutcomePage;

export type Item = Chunk | Experience | EpisodeEnd | Event;
