// Generated from src/interactive_gym/protocol.py by client/generate_protocol.py. Do not edit.

export const PROTOCOL_VERSION = 4;
export const MAX_UPLOAD_BYTES = 1000000;
export const MAX_CONTROL_BYTES = 64000;
export const RELAY_SERVER = 255;
export const FRAME_DATAGRAM = 0;
export const FRAME_CONTROL = 1;
export const FRAME_PING = 2;
export const FRAME_PONG = 3;
export const FRAME_DEAF = 128;

/** ``keys`` held together (``KeyboardEvent.key`` names) mean ``action``. */
export interface KeyBinding {
  keys: string[];
  action: unknown;
}

/** How several humans come together and play. */
export interface Multiplayer {
  group: number;
  wait_s: number;
  countdown_s: number;
  input_delay: number | "auto";
  relay: "always" | "fallback" | "never";
  on_disconnect?: "continue" | "pause";
  reconnection_timeout_s?: number;
  return_timeout_s?: number;
  on_leave?: "bot" | "end" | "smaller";
  take_over?: string | null;
  when_hidden?: "default_action" | "pause";
  hidden_timeout_s?: number | null;
  call?: boolean;
}

/** A picture file that ``draw`` names, or the cells of one. */
export interface GameAsset {
  name: string;
  url: string;
  bytes: number;
  size: [number, number];
  cell: [number, number] | null;
  atlas: Record<string, [number, number, number, number]> | null;
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
  interpolate: boolean;
  smooth: boolean;
  assets: GameAsset[];
  episodes: number;
  max_steps: number | null;
  pause_s: number;
  loading_timeout_s: number;
  record_observations: boolean;
  multiplayer: Multiplayer | null;
  min_speed?: number | null;
  record_states?: boolean;
}

/** Nobody is left who has played. All play ``episode`` again up to ``frame`` (-1: the reset), and go on together. */
export interface Restart {
  epoch: number;
  episode: number;
  frame: number;
  gone: number[];
}

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
  console?: boolean;
}

export interface Join {
  subject_id?: string | null;
  query?: Record<string, string>;
}

export interface Joined {
  token: string;
  participant_id: string;
}

/** The game of several people that this page plays, as its last Match said. ``is_in``: it is not away from it. */
export interface Playing {
  session_id: string;
  generation: number;
  is_in: boolean;
}

/**
 * Socket.IO's ``auth``. ``tab`` names the browser tab and survives its reloads.
 *
 * ``playing``: a page that connects again in the middle of a game; one that was reloaded knows of none.
 */
export interface Connect {
  token: string;
  tab: string;
  protocol: number;
  takeover?: boolean;
  playing?: Playing | null;
}

/** The answer to whatever was not accepted. ``text`` is for the participant, ``reason`` for programs. */
export interface Refusal {
  kind: "refused";
  reason: string;
  text: string;
}

/** What is said to a participant who is done: proof for the platform that sent them, and the way back to it. */
export interface Farewell {
  code: string | null;
  redirect: string | null;
  redirect_s: number | null;
}

/** The participant may stop here, on purpose. */
export interface Leaving {
  button: string;
  question: string;
}

/**
 * What stands in the place of a game that has ended because of a partner, where another page follows it.
 *
 * The page reports a Failure ``partner_left``, and shows what is answered when the button is pressed.
 */
export interface LeftBehind {
  title: string;
  body: string;
  button: string;
}

/** ``screening``: the button waits for the server's verdict on what the page measures, see Measured. */
export interface StartPage {
  kind: "start";
  scene_id: string;
  header: string;
  body: string;
  button: string;
  screening?: boolean;
  refuse?: string | null;
  leaving?: Leaving | null;
}

export interface StaticPage {
  kind: "static";
  scene_id: string;
  header: string;
  body: string;
  button: string;
  refuse?: string | null;
  leaving?: Leaving | null;
}

/**
 * A game. ``game`` goes to the worker as it is; the page reads what it needs of it.
 *
 * A game of several humans (``game.multiplayer``) has no session yet: its page enlists, and is told in a Match.
 */
export interface GymPage {
  kind: "gym";
  scene_id: string;
  header: string;
  body: string;
  session_id: string | null;
  seed: number | null;
  button: string | null;
  game_text: string;
  game: Game;
  leaving?: Leaving | null;
  is_monitored?: boolean;
  left_behind?: LeftBehind | null;
}

export interface EndPage {
  kind: "end";
  scene_id: string;
  header: string;
  body: string;
  farewell?: Farewell | null;
}

export interface CompletionCodePage {
  kind: "completion_code";
  scene_id: string;
  header: string;
  body: string;
  code: string;
  farewell?: Farewell | null;
}

/** The last page of somebody who did not get to the end. */
export interface OutcomePage {
  kind: "outcome";
  scene_id: string;
  header: string;
  body: string;
  outcome: string;
  farewell?: Farewell | null;
}

/**
 * The participant is ready to play ``scene_id``: instructions read, Python loaded, records of before sent.
 *
 * Whoever has a running session in this scene gets its Match again, with ``returning``; all others wait for partners.
 */
export interface Enlist {
  scene_id: string;
  archive: string;
  speed?: number | null;
}

export interface Room {
  kind: "room";
  waiting: number;
  group: number;
  waited_s: number;
  left_s: number;
  note?: string;
}

export interface IceServer {
  urls: string[];
  username?: string | null;
  credential?: string | null;
}

/**
 * The participant has partners. Peers are the positions of the humans' agents in ``Game.policies``.
 *
 * Pages connect, and say Validated when they are connected with everybody. ``returning``: the game has begun before,
 * and goes on; nobody waits for Validated.
 */
export interface Match {
  session_id: string;
  seed: number;
  peer: number;
  agent: string;
  peers: number[];
  boot: number;
  generation: number;
  returning: boolean;
  archive: string;
  is_mesh: boolean;
  may_relay: boolean;
  ice_servers: IceServer[];
  force_relay: boolean;
  validate_s: number;
  game_text: string;
  game?: Game | null;
  round_trips?: number;
  restart?: Restart | null;
}

/**
 * From one peer to another, by the server. ``peer`` is the addressee on the way in, the sender on the way out.
 *
 * The lower peer offers, under a ``link`` of its own making that everything about this connection carries; the higher
 * one may ask for an offer (``link`` is empty then). What carries an older ``link`` is about one that is gone.
 */
export interface Signal {
  session_id: string;
  peer: number;
  link: string;
  what: "answer" | "ask" | "candidate" | "offer";
  data?: string;
}

/** This page is connected with all other peers of the session, or will never be (``problem``). */
export interface Validated {
  session_id: string;
  problem?: string | null;
  rtt_ms?: Record<string, number>;
}

/** Everybody is connected with everybody. */
export interface Play {
  session_id: string;
}

/** The match came to nothing before the game began; the participant waits again, as before. */
export interface Unmatched {
  session_id: string;
  reason: string;
  room: Room;
}

/** The participant is done with ``scene_id``. ``responses`` are the named elements of its form. */
export interface Advance {
  scene_id: string;
  responses?: Record<string, string | string[]>;
}

/** The participant stops in ``scene_id``, on purpose. ``refuses``: they do not agree to take part. */
export interface Leave {
  scene_id: string;
  refuses?: boolean;
}

/**
 * What the page finds of the browser that it runs in; the server measures pings itself.
 *
 * Said on the start page, and again in each page load until the participant has begun.
 */
export interface Measured {
  browser: string;
  browser_version: string;
  os: string;
  device: "desktop" | "mobile" | "tablet" | "unknown";
  webrtc: boolean;
  touch: boolean;
  screen: [number, number];
  languages?: string[];
}

/** What comes of Measured. Whoever is not accepted is sent their last page instead. */
export interface Verdict {
  kind: "verdict";
  accepted: boolean;
}

/** The server asks, the page answers at once with the same number; the time between is measured. */
export interface Probe {
  number: number;
}

/** What a page's own script tells the researcher's hooks, by ``interactiveGym.send(name, data)``. */
export interface Message {
  scene_id: string;
  name: string;
  data?: string;
}

/** A page's own script sets one of the participant's attributes. */
export interface Attribute {
  scene_id: string;
  name: string;
  value: string;
}

/** All of a participant's attributes, as the server has them now; sent whenever they change. */
export interface Attributes {
  values: Record<string, boolean | number | string | null>;
}

/** Whether the participant looks at the game of ``scene_id``: at first, and whenever any of it changes. */
export interface Looking {
  scene_id: string;
  is_looking: boolean;
  is_hidden?: boolean;
}

/** The server warns a player: exclusion is near. */
export interface Warned {
  session_id: string;
  reason: string;
  text: string;
}

/** The page cannot go on in ``scene_id``. ``detail`` (a traceback) is logged and stored, never shown. */
export interface Failure {
  scene_id: string;
  reason: "connection_failed" | "draw_failed" | "focus_timeout" | "import_failed" | "loading_timeout" | "make_failed" | "partner_left" | "policy_failed" | "reset_failed" | "runtime_failed" | "session_failed" | "step_failed" | "worker_crashed";
  problem?: string;
  detail?: string;
}

/**
 * A worker is about to play ``session_id``: which episode comes next, and what is known of it?
 *
 * Asked before each game scene starts to play (reload or not), after the outbox has been sent as far as it can be; of
 * what arrives after the answer, and is of an earlier generation, nothing counts any more. ``tab`` as in Connect.
 * Whoever is too slow for the game is refused as ``too_slow`` and is done: what the page says next is answered so.
 */
export interface ResumeRequest {
  session_id: string;
  tab: string;
  speed?: number | null;
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

/** A page has a Match with a Restart of this ``epoch``: what is it that all play again? */
export interface ReplayRequest {
  session_id: string;
  epoch: number;
}

/** The recorded chunks (base64, in order) from row -1 to ``Restart.frame``; none where that is -1. */
export interface Replay {
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
export type TickRow = [frame: number, due_ms: number, late_ms: number, step_ms: number, painted_ms: number | null, predicted: number, rollback: number, rollback_ms: number];

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

/** How the netcode fared on this side, in one episode: counts, and the parameters that it had. */
export interface PlayStatistics {
  input_delay: number;
  window: number;
  rollbacks: number;
  replayed: number;
  deepest_rollback: number;
  stalls: number;
  stalled_ticks: number;
  dropped_ticks: number;
  slowdown?: number;
}

/**
 * All chunks of an episode have been sent. ``frames`` counts the steps (row -1 is not one).
 *
 * An episode of several people that its environment did not end is ``"failed"`` where the environment raised,
 * ``"mismatch"`` where the peers' states differed, and else ``"interrupted"``.
 */
export interface EpisodeEnd {
  kind: "episode_end";
  session_id: string;
  episode: number;
  generation: number;
  frames: number;
  end_reason: "failed" | "interrupted" | "max_steps" | "mismatch" | "terminated" | "truncated";
  statistics?: PlayStatistics | null;
}

/** One second of the link to one partner, as this side saw it. */
export type LinkRow = [at: number, partner: string, path: "direct" | "none" | "server", connection: string, rtt_ms: number | null, jitter_ms: number | null, lost: number | null, sent: number, received: number];

/** The links of one side of a session, since the last of these. ``index`` counts them in their generation. */
export interface Links {
  kind: "links";
  session_id: string;
  generation: number;
  index: number;
  rows: LinkRow[];
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
  detail?: string | null;
}

/** At most one a second carries all streams. Repeating it is harmless. */
export interface Upload {
  items: (Chunk | Experience | EpisodeEnd | Links | Event)[];
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

export type Item = Chunk | Experience | EpisodeEnd | Links | Event;
