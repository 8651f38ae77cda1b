"""Every message between a participant's page and the server, in one file.

The types are checked by msgspec when they arrive; ``client/src/protocol.gen.ts`` is generated from them, and a stale
copy fails the tests. Control messages travel over Socket.IO and stay small; whatever must not be lost goes by
idempotent HTTP POST (:class:`Upload`) and is acknowledged after it has been committed.

    Socket.IO      auth = Connect       -> event "scene" Page, or connect_error whose ``data`` is a Refusal
                   "advance" Advance    -> acknowledged with Page | Refusal
                   "fail" Failure       -> acknowledged with Page | Refusal
                   "leave" Leave        -> acknowledged with Page | Refusal
                   event "moved" Refusal, then the server disconnects: another tab has taken over
    of a game      "enlist" Enlist      -> acknowledged with Room | Refusal; event "room" Room whenever that changes
    of several     event "match" Match, then to and fro "signal" Signal; "validated" Validated -> acknowledged with null
                   or Refusal; event "play" Play once everybody has said so, or "unmatched" Unmatched
                   "relay" bytes, both ways: see RELAY
    on arrival     "screen" Measured    -> acknowledged with null or Refusal; later event "verdict" Verdict, or "scene"
    all the time   event "probe" Probe  -> answered at once with "probe", the same Probe
    in a game      "looking" Looking    -> acknowledged with null or Refusal; event "warned" Warned
    HTTP           POST /api/join       Join -> Joined
                   POST /api/resume     ResumeRequest -> Resume     }
                   POST /api/replay     ReplayRequest -> Replay     } with the header
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

from msgspec import Meta, field

from interactive_gym.protocol_fields import (
    Base,
    Count,
    Digest,
    Frame,
    Identifier,
    Ms,
    Plain,
    Severity,
    ShortText,
    Slowdown,
    Speed,
    Text,
    UnixMs,
)
from interactive_gym.protocol_game import Game, Restart

PROTOCOL_VERSION = 4
MAX_UPLOAD_BYTES = 1_000_000
MAX_CONTROL_BYTES = 64_000

# What peers send each other is the same on every path: a frame, which is a byte that says what follows, then its bytes.
# "relay" is a batch of at most MAX_CONTROL_BYTES: u8 peer, u16 length (big endian), as long a frame; and so on. A peer
# is the addressee on the way in, the sender on the way out; RELAY_SERVER, the server, deals with control frames only.
RELAY_SERVER = 255
FRAME_DATAGRAM = 0  # netcode, any order, may be lost
FRAME_CONTROL = 1  # netcode, resent by itself until acknowledged
FRAME_PING = 2  # u32 number: answered by the same path with FRAME_PONG and the same number
FRAME_PONG = 3
FRAME_DEAF = 128  # added to a relayed frame's byte: its sender hears nothing by the direct way


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
    console: bool = True  # what pages log, and the errors of their scripts, is captured


# --- joining and connecting -----------------------------------------------------------------------------------------


class Join(Base):
    subject_id: ShortText | None = None
    query: Annotated[dict[ShortText, ShortText], Meta(max_length=50)] = field(default_factory=dict)


class Joined(Base):
    token: str
    participant_id: str


class Playing(Base):
    """The game of several people that this page plays, as its last Match said. ``is_in``: it is not away from it."""

    session_id: Identifier
    generation: Count
    is_in: bool


class Connect(Base):
    """Socket.IO's ``auth``. ``tab`` names the browser tab and survives its reloads.

    ``playing``: a page that connects again in the middle of a game; one that was reloaded knows of none.
    """

    token: Annotated[str, Meta(max_length=500)]
    tab: Identifier
    protocol: int
    takeover: bool = False
    playing: Playing | None = None


class Refusal(Base, tag="refused", tag_field="kind"):
    """The answer to whatever was not accepted. ``text`` is for the participant, ``reason`` for programs."""

    reason: str
    text: str


# --- pages ----------------------------------------------------------------------------------------------------------


class Farewell(Base):
    """What is said to a participant who is done: proof for the platform that sent them, and the way back to it."""

    code: str | None  # the completion code; stored before it is sent
    redirect: str | None  # where they go from here
    redirect_s: float | None  # by itself after so many seconds; None: by a button


class Leaving(Base):
    """The participant may stop here, on purpose."""

    button: str
    question: str  # HTML, the researcher's: what happens to the data, and whether they are sure


class LeftBehind(Base):
    """What stands in the place of a game that has ended because of a partner, where another page follows it.

    The page reports a Failure ``partner_left``, and shows what is answered when the button is pressed.
    """

    title: str
    body: str  # the researcher's HTML
    button: str


class PageBase(Base, tag_field="kind"):
    scene_id: str
    header: str
    body: str  # the researcher's HTML, trusted


class StartPage(PageBase, tag="start"):
    """``screening``: the button waits for the server's verdict on what the page measures, see Measured."""

    button: str
    screening: bool = False
    refuse: str | None = None  # the second button of a page that asks for consent, see Leave.refuses
    leaving: Leaving | None = None


class StaticPage(PageBase, tag="static"):
    button: str
    refuse: str | None = None
    leaving: Leaving | None = None


class GymPage(PageBase, tag="gym"):
    """A game. ``game`` goes to the worker as it is; the page reads what it needs of it.

    A game of several humans (``game.multiplayer``) has no session yet: its page enlists, and is told in a Match.
    """

    session_id: str | None
    seed: int | None
    button: str | None  # None: the game begins without a click
    game_text: str  # HTML shown beside the running game; the researcher's
    game: Game
    leaving: Leaving | None = None
    is_monitored: bool = False  # the page says Looking
    left_behind: LeftBehind | None = None  # None: the answer to the Failure is shown at once, an outcome


class EndPage(PageBase, tag="end"):
    farewell: Farewell | None = None


class CompletionCodePage(PageBase, tag="completion_code"):
    code: str
    farewell: Farewell | None = None  # its code is None: the page shows its own


class OutcomePage(PageBase, tag="outcome"):
    """The last page of somebody who did not get to the end."""

    outcome: str
    farewell: Farewell | None = None


Page = StartPage | StaticPage | GymPage | EndPage | CompletionCodePage | OutcomePage


# --- games of several people ----------------------------------------------------------------------------------------


class Enlist(Base):
    """The participant is ready to play ``scene_id``: instructions read, Python loaded, records of before sent.

    Whoever has a running session in this scene gets its Match again, with ``returning``; all others wait for partners.
    """

    scene_id: Identifier
    archive: ShortText  # the address of the archive that this page has loaded; another one has to be loaded first
    speed: Speed | None = None


class Room(Base, tag="room", tag_field="kind"):  # the waiting room as it is now
    waiting: int  # people, with this one
    group: int
    waited_s: float
    left_s: float
    note: str = ""  # what becomes of a wait that takes longer than usual; text


class IceServer(Base):  # as RTCPeerConnection takes it
    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Match(Base):
    """The participant has partners. Peers are the positions of the humans' agents in ``Game.policies``.

    Pages connect, and say Validated when they are connected with everybody. ``returning``: the game has begun before,
    and goes on; nobody waits for Validated.
    """

    session_id: str
    seed: int
    peer: int
    agent: str
    peers: list[int]  # all, this one too
    boot: int  # counts the pages of this participant that were given this session, from 1; for the netcode
    generation: int  # of the records
    returning: bool
    archive: str  # must be equal for all; part of the fingerprint
    is_mesh: bool  # whether pairs try to connect directly
    may_relay: bool  # whether the server relays
    ice_servers: list[IceServer]
    force_relay: bool  # only candidates of TURN servers
    validate_s: float  # seconds from now until which all have to be connected
    game_text: str  # HTML, the researcher's, for this player
    game: Game | None = None  # where it is another one than the page's: a condition of the group, a bot for somebody
    round_trips: Count = 1  # to be measured to each partner before Validated
    restart: Restart | None = None  # takes the place of what this page plays; with ``returning``, others have begun


class Signal(Base):
    """From one peer to another, by the server. ``peer`` is the addressee on the way in, the sender on the way out.

    The lower peer offers, under a ``link`` of its own making that everything about this connection carries; the higher
    one may ask for an offer (``link`` is empty then). What carries an older ``link`` is about one that is gone.
    """

    session_id: Identifier
    peer: Annotated[int, Meta(ge=0, le=31)]
    link: ShortText
    what: Literal["ask", "offer", "answer", "candidate"]
    data: Annotated[str, Meta(max_length=60_000)] = ""  # SDP, or a candidate as JSON


class Validated(Base):
    """This page is connected with all other peers of the session, or will never be (``problem``)."""

    session_id: Identifier
    problem: ShortText | None = None
    rtt_ms: dict[ShortText, Annotated[float, Meta(ge=0, le=600_000)]] = field(default_factory=dict)  # to agents


class Play(Base):
    """Everybody is connected with everybody."""

    session_id: str


class Unmatched(Base):
    """The match came to nothing before the game began; the participant waits again, as before."""

    session_id: str
    reason: str
    room: Room


# --- going on -------------------------------------------------------------------------------------------------------


class Advance(Base):
    """The participant is done with ``scene_id``. ``responses`` are the named elements of its form."""

    scene_id: Identifier
    responses: dict[ShortText, Text | list[Text]] = field(default_factory=dict)


class Leave(Base):
    """The participant stops in ``scene_id``, on purpose. ``refuses``: they do not agree to take part."""

    scene_id: Identifier
    refuses: bool = False


class Measured(Base):
    """What the page finds of the browser that it runs in; the server measures pings itself.

    Said on the start page, and again in each page load until the participant has begun.
    """

    browser: ShortText  # "Chrome", "Firefox", "Safari", ...; empty where it cannot be told
    browser_version: ShortText
    os: ShortText
    device: Literal["desktop", "tablet", "mobile", "unknown"]
    webrtc: bool
    touch: bool
    screen: tuple[Count, Count]  # width and height in CSS pixels
    languages: Annotated[list[ShortText], Meta(max_length=20)] = field(default_factory=list)


class Verdict(Base, tag="verdict", tag_field="kind"):
    """What comes of Measured. Whoever is not accepted is sent their last page instead."""

    accepted: bool


class Probe(Base):
    """The server asks, the page answers at once with the same number; the time between is measured."""

    number: Count


class Message(Base):
    """What a page's own script tells the researcher's hooks, by ``interactiveGym.send(name, data)``."""

    scene_id: Identifier
    name: Identifier
    data: Annotated[str, Meta(max_length=4_000)] = "null"  # JSON


class Attribute(Base):
    """A page's own script sets one of the participant's attributes."""

    scene_id: Identifier
    name: Identifier
    value: Annotated[str, Meta(max_length=1_000)]  # JSON of a number, text, boolean or null


class Attributes(Base):
    """All of a participant's attributes, as the server has them now; sent whenever they change."""

    values: dict[str, bool | int | float | str | None]


class Looking(Base):
    """Whether the participant looks at the game of ``scene_id``: at first, and whenever any of it changes."""

    scene_id: Identifier
    is_looking: bool  # the tab is visible, and its window has the focus
    is_hidden: bool = False  # the tab is


class Warned(Base):
    """The server warns a player: exclusion is near."""

    session_id: str
    reason: str
    text: str


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
        "connection_failed",
        "partner_left",
        "session_failed",
        "focus_timeout",
    ]
    problem: Text = ""
    detail: Text = ""


class ResumeRequest(Base):
    """A worker is about to play ``session_id``: which episode comes next, and what is known of it?

    Asked before each game scene starts to play (reload or not), after the outbox has been sent as far as it can be; of
    what arrives after the answer, and is of an earlier generation, nothing counts any more. ``tab`` as in Connect.
    Whoever is too slow for the game is refused as ``too_slow`` and is done: what the page says next is answered so.
    """

    session_id: Identifier
    tab: Identifier
    speed: Speed | None = None


class Resume(Base):
    """Play ``episode`` from the frame after ``chunks`` (base64, in order) as ``generation``.

    ``episode == episodes``: all are played. ``chunks`` are whole seconds, so the next frame is the first of chunk
    ``len(chunks)``. ``generation`` counts the answers to ResumeRequests of this session: it names one life of a worker
    and stays the same for the episodes that follow in it.
    """

    episode: int
    generation: int
    chunks: list[str]


class ReplayRequest(Base):
    """A page has a Match with a Restart of this ``epoch``: what is it that all play again?"""

    session_id: Identifier
    epoch: Count


class Replay(Base):
    """The recorded chunks (base64, in order) from row -1 to ``Restart.frame``; none where that is -1."""

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
    predicted: Count = 0  # frames shown that were played on expected inputs of others
    rollback: Count = 0  # frames played again in this tick
    rollback_ms: Ms = 0.0  # what that took


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


class PlayStatistics(Base):
    """How the netcode fared on this side, in one episode: counts, and the parameters that it had."""

    input_delay: Count
    window: Count  # frames that may be played on predictions
    rollbacks: Count
    replayed: Count
    deepest_rollback: Count
    stalls: Count
    stalled_ticks: Count
    dropped_ticks: Count
    slowdown: Slowdown = 1.0  # of everybody's, as the slowest machine needed it


class EpisodeEnd(Base, tag="episode_end", tag_field="kind"):
    """All chunks of an episode have been sent. ``frames`` counts the steps (row -1 is not one).

    An episode of several people that its environment did not end is ``"failed"`` where the environment raised,
    ``"mismatch"`` where the peers' states differed, and else ``"interrupted"``.
    """

    session_id: Identifier
    episode: Count
    generation: Count
    frames: Count
    end_reason: Literal["terminated", "truncated", "max_steps", "failed", "mismatch", "interrupted"]
    statistics: PlayStatistics | None = None  # of a game of several people


class LinkRow(Base, array_like=True):
    """One second of the link to one partner, as this side saw it."""

    at: UnixMs  # this side's clock
    partner: ShortText  # their agent
    path: Literal["direct", "server", "none"]  # by which datagrams came
    connection: ShortText  # this end of the direct one: "host udp", "srflx udp", "relay udp", "relay tls", ...; or ""
    rtt_ms: Ms | None
    jitter_ms: Ms | None
    lost: Annotated[float, Meta(ge=0, le=1)] | None  # part of the partner's datagrams that did not come
    sent: Count  # datagrams in this second
    received: Count


class Links(Base, tag="links", tag_field="kind"):
    """The links of one side of a session, since the last of these. ``index`` counts them in their generation."""

    session_id: Identifier
    generation: Count
    index: Count
    rows: Annotated[list[LinkRow], Meta(min_length=1, max_length=1_000)]


class Event(Base, tag="event", tag_field="kind"):
    """Something worth knowing: focus, errors of the page, load times. ``id`` makes a repeated upload harmless."""

    id: Identifier
    name: Identifier
    severity: Severity
    reason: ShortText
    client_ms: UnixMs  # the browser's clock
    session_id: Identifier | None = None
    data: Annotated[dict[ShortText, Plain], Meta(max_length=50)] = field(default_factory=dict)
    detail: Annotated[str, Meta(max_length=4_000)] | None = None  # all of a text that ``reason`` begins, or a stack


Item = Chunk | Experience | EpisodeEnd | Links | Event


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
