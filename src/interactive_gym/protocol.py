"""Every message between a participant's page and the server, in one file.

The types are checked by msgspec when they arrive; ``client/src/protocol.gen.ts`` is generated from them, and a stale
copy fails the tests. Control messages travel over Socket.IO and stay small; whatever must not be lost goes by
idempotent HTTP POST (:class:`Upload`) and is acknowledged after it has been committed.

    Socket.IO      auth = Connect       -> event "scene" Page, or connect_error whose ``data`` is a Refusal
                   "advance" Advance    -> acknowledged with Page | Refusal
                   "fail" Failure       -> acknowledged with Page | Refusal
                   event "moved" Refusal, then the server disconnects: another tab has taken over
    HTTP           POST /api/join       Join -> Joined
                   POST /api/resume     ResumeRequest -> Resume     } with the header
                   POST /api/records    Upload -> Receipt           } Authorization: Bearer <Joined.token>
    in the page    <script id="boot">   Boot

What HTTP does not accept is answered with a Refusal and a status: 400 malformed, 401 unknown token (join again), 403
not yours, 409 not now, 413 too large, 429 too fast and 503 cannot store now (both: try again later, unchanged).
The reasons of a refused connection: ``wrong_protocol`` (reload the page), ``unknown_token`` (join again), ``other_tab``
(offer to connect again with ``takeover``), ``experiment_changed``, ``malformed``, ``server_error``. A page that sends
more than a few messages a second is answered ``too_fast`` and disconnected.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

PROTOCOL_VERSION = 1
MAX_UPLOAD_BYTES = 1_000_000
MAX_CONTROL_BYTES = 64_000

Identifier = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.:-]+$")]
Digest = Annotated[str, Meta(min_length=32, max_length=32, pattern=r"^[0-9a-f]+$")]
Frame = Annotated[int, Meta(ge=-1, le=2**31)]
Count = Annotated[int, Meta(ge=0, le=2**31)]
Text = Annotated[str, Meta(max_length=20_000)]
ShortText = Annotated[str, Meta(max_length=200)]
Severity = Literal["info", "warning", "error"]
Ms = Annotated[float, Meta(ge=-1e12, le=1e12)]  # no date and no sum that anybody makes of these overflows
UnixMs = Annotated[float, Meta(ge=0, le=2.5e14)]  # up to the year 9892


class Base(Struct, frozen=True, forbid_unknown_fields=True):
    """What all messages share: immutable, and a field that we do not know is refused."""


# --- the boot record in the page ------------------------------------------------------------------------------------


class Asset(Base):
    """A file that the page loads: content-hashed address, and its size before compression (for the progress bar)."""

    url: str
    bytes: int


class Boot(Base):
    """What the page needs before it talks to the server; rendered into the HTML, so loading starts at once."""

    protocol: int
    experiment_id: str
    subject_id: str | None
    pyodide: str  # base address of the Pyodide distribution, with a slash at its end
    pyodide_bytes: int
    packages: list[str]  # names in Pyodide's lock file, such as "numpy"
    archive: Asset | None  # None: no scene of this experiment needs Python
    debug: bool


# --- joining and connecting -----------------------------------------------------------------------------------------


class Join(Base):
    subject_id: ShortText | None = None
    query: Annotated[dict[ShortText, ShortText], Meta(max_length=50)] = {}


class Joined(Base):
    token: str
    participant_id: str


class Connect(Base):
    """Socket.IO's ``auth``. ``tab`` names the browser tab and survives its reloads."""

    token: Annotated[str, Meta(max_length=500)]
    tab: Identifier
    protocol: int
    takeover: bool = False


class Refusal(Base, tag="refused", tag_field="kind"):
    """The answer to whatever was not accepted. ``text`` is for the participant, ``reason`` for programs."""

    reason: str
    text: str


# --- pages ----------------------------------------------------------------------------------------------------------


class PageBase(Base, tag_field="kind"):
    scene_id: str
    header: str
    body: str  # the researcher's HTML, trusted


class StartPage(PageBase, tag="start"):
    button: str


class StaticPage(PageBase, tag="static"):
    button: str


class GymPage(PageBase, tag="gym"):
    """A game. ``game`` goes to the worker as it is; the page reads what it needs of it."""

    session_id: str
    seed: int
    button: str
    game_text: str  # HTML shown beside the running game; the researcher's
    game: Game


class EndPage(PageBase, tag="end"):
    pass


class CompletionCodePage(PageBase, tag="completion_code"):
    code: str


class OutcomePage(PageBase, tag="outcome"):
    """The last page of somebody who did not get to the end."""

    outcome: str


Page = StartPage | StaticPage | GymPage | EndPage | CompletionCodePage | OutcomePage


class KeyBinding(Base):
    """``keys`` held together (``KeyboardEvent.key`` names) mean ``action``."""

    keys: list[str]
    action: object


class Game(Base):
    """One Gym scene as its participants' pages and workers see it; built by ``GymScene.game()``, plain JSON.

    Functions are named ``"module:qualname"`` and imported from the archive; ``environment(**options)`` makes the
    environment, so a registered id is ``"gymnasium:make"`` with ``{"id": "MountainCar-v0"}``.
    """

    scene_id: str
    environment: str
    options: dict[str, object]
    draw: str | None
    hud: str | None  # format string over score, reward, frame, episode, episodes, seconds
    hud_function: str | None  # "module:qualname" of hud(env) -> str
    policies: dict[str, str]  # agent -> "human" or "module:qualname"
    bindings: list[KeyBinding]
    default_action: object
    input_mode: Literal["pressed_keys", "single_keystroke"]
    fps: int
    width: int
    height: int
    background: str
    episodes: int
    max_steps: int | None
    pause_s: float
    loading_timeout_s: float
    record_observations: bool


# --- going on -------------------------------------------------------------------------------------------------------


class Advance(Base):
    """The participant is done with ``scene_id``. ``responses`` are the named elements of its form."""

    scene_id: Identifier
    responses: dict[ShortText, Text | list[Text]] = {}


class Failure(Base):
    """The page cannot go on in ``scene_id``. ``detail`` (a traceback) is logged and stored, never shown."""

    scene_id: Identifier
    reason: Literal[
        "import_failed",
        "make_failed",
        "reset_failed",
        "step_failed",
        "draw_failed",
        "policy_failed",
        "loading_timeout",
        "worker_crashed",
        "runtime_failed",
    ]
    problem: Text = ""
    detail: Text = ""


class ResumeRequest(Base):
    """A worker is about to play ``session_id``: which episode comes next, and what is known of it?

    Asked before each game scene starts to play (reload or not), after the outbox has been sent as far as it can be; of
    what arrives after the answer, and is of an earlier generation, nothing counts any more. ``tab`` as in Connect.
    """

    session_id: Identifier
    tab: Identifier


class Resume(Base):
    """Play ``episode`` from the frame after ``chunks`` (base64, in order) as ``generation``.

    ``episode == episodes``: all are played. ``chunks`` are whole seconds, so the next frame is the first of chunk
    ``len(chunks)``. ``generation`` counts the answers to ResumeRequests of this session: it names one life of a worker
    and stays the same for the episodes that follow in it.
    """

    episode: int
    generation: int
    chunks: list[str]


# --- records --------------------------------------------------------------------------------------------------------


class Chunk(Base, tag="chunk", tag_field="kind"):
    """Frames ``[index*fps, (index+1)*fps)`` of an episode; row -1 travels in chunk 0. ``data`` is base64.

    All of these frames, but for the last chunk of an episode. ``first`` is the first row's frame (-1 in chunk 0).
    """

    session_id: Identifier
    episode: Count
    generation: Count
    index: Count
    first: Frame
    rows: Annotated[int, Meta(ge=1, le=10_000)]
    digest: Digest
    data: Annotated[str, Meta(max_length=700_000)]


class TickRow(Base, array_like=True):
    """What one tick felt like here. Wall times in ms since the episode began; costs in ms."""

    frame: Frame
    due_ms: Ms
    late_ms: Ms
    step_ms: Ms
    painted_ms: Ms | None


class KeyRow(Base, array_like=True):
    """The measured path of one key press, in ms since the episode began."""

    frame: Frame
    key: ShortText
    event_ms: Ms
    sampled_ms: Ms
    executed_ms: Ms
    painted_ms: Ms | None


class Experience(Base, tag="experience", tag_field="kind"):
    """What this player saw and felt in the same second; this side's truth, never compared."""

    session_id: Identifier
    episode: Count
    generation: Count
    index: Count
    ticks: Annotated[list[TickRow], Meta(max_length=1_000)]
    keys: Annotated[list[KeyRow], Meta(max_length=1_000)]


class EpisodeEnd(Base, tag="episode_end", tag_field="kind"):
    """Sent after the episode's last chunk. ``frames`` counts the steps (row -1 is not one)."""

    session_id: Identifier
    episode: Count
    generation: Count
    frames: Count
    end_reason: Literal["terminated", "truncated", "max_steps"]


class Event(Base, tag="event", tag_field="kind"):
    """Something worth knowing: focus, errors of the page, load times. ``id`` makes a repeated upload harmless."""

    id: Identifier
    name: Identifier
    severity: Severity
    reason: ShortText
    client_ms: UnixMs  # the browser's clock
    session_id: Identifier | None = None
    data: Annotated[dict[ShortText, bool | int | float | ShortText | None], Meta(max_length=50)] = {}


Item = Chunk | Experience | EpisodeEnd | Event


class Upload(Base):
    """At most one a second carries all streams. Repeating it is harmless."""

    items: Annotated[list[Item], Meta(min_length=1, max_length=200)]


class RefusedItem(Base):
    position: int
    reason: str
    text: str


class Receipt(Base):
    """Sent after the commit. All items but the refused ones are durable; refused ones must not be sent again."""

    accepted: int
    refused: list[RefusedItem]
