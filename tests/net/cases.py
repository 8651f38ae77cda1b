"""The table of faults: what happens to whom, and what has to come of it.

There are two players; unless a case says something else, it happens to the second one at frame 100 of 450.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.net.faults import Stage
from tests.net.observing import Observation

STEPS, AT, FPS = 450, 100, 30
IDENTICAL, INCOMPLETE = "identical", "incomplete"
THANKS = "Thank you"

Action = Callable[[Stage], object]
States = frozenset[str]


@dataclass(frozen=True)
class Expected:
    """What both players and the data have to show. Of two, the first is the first player's."""

    outcomes: tuple[str, str] = ("completed", "completed")
    states: tuple[States, States] = (States(), States())  # in which the game is seen to stand, among others
    texts: tuple[str, str] = (THANKS, THANKS)  # on the last page; "": it was closed
    ends: tuple[str, ...] = ("terminated",)  # of the episodes
    frames: int | None = STEPS  # of the latest episode; None: as many as all had played
    parity: str = IDENTICAL  # or incomplete: it may be, for what was not sent in time never comes
    left: Mapping[str, str] = field(default_factory=dict)  # player -> why
    connection: str | None = None
    has_bot: bool = False
    has_hidden: bool = False  # frames in which the second player did not look

    def problems(self, found: Observation) -> list[str]:
        """What is not so, in words."""
        pairs: list[tuple[str, object, object]] = [
            ("outcomes", self.outcomes, tuple(player.outcome for player in found.players)),
            ("ends of episodes", self.ends, tuple(episode.end_reason for episode in found.episodes)),
            ("left", dict(self.left), found.left),
            ("a policy played", self.has_bot, any(any(one.bot_frames) for one in found.episodes)),
        ]
        if self.frames is not None and found.episodes:
            pairs.append(("frames", self.frames, found.episodes[-1].frames))
        if self.connection is not None:
            pairs.append(("connection", [self.connection], found.connections))
        wrong = [f"{what}: {is_so} instead of {wanted}" for what, wanted, is_so in pairs if wanted != is_so]
        return wrong + self._wrong_pages(found) + self._wrong_rows(found)

    def _wrong_pages(self, found: Observation) -> list[str]:
        wrong = []
        for number, player in enumerate(found.players):
            if missing := self.states[number] - set(player.states):
                wrong.append(f"player {number} never saw {sorted(missing)}, but {player.states}")
            if self.texts[number] not in player.text:
                wrong.append(f"player {number} read {player.text!r} in the end, without {self.texts[number]!r}")
        if self.has_hidden and not any(found.players[1].unfocused):
            wrong.append("no frame says that the player did not look")
        if self.has_hidden and not {"hidden: hidden", "visible: visible"} <= set(found.events):
            wrong.append("no event says that the tab was hidden, and that it was seen again")
        return wrong

    def _wrong_rows(self, found: Observation) -> list[str]:
        wrong = [f"{one.holes} holes in an episode" for one in found.episodes if one.holes]
        allowed = {IDENTICAL, self.parity}
        wrong += [f"parity: {one.parity}" for one in found.episodes if one.parity not in allowed]
        if self.parity == IDENTICAL:
            wrong += [
                f"{one.of_players} frames are here of an episode of {one.frames}"
                for one in found.episodes
                if set(one.of_players) != {one.frames}
            ]
        return wrong + [f"{name} happened" for name in found.events if name.startswith(("chunk_conflict", "parity_"))]


@dataclass(frozen=True)
class Case:
    """A row. ``fault`` and ``rules`` are what the page for researchers says of it.

    ``happens`` is called when ``begins`` has returned: by itself, when both have seen frame ``AT``.
    """

    id: str
    fault: str
    happens: Action
    rules: Mapping[str, Any] = field(default_factory=dict)
    expected: Expected = Expected()
    play: Mapping[str, Any] = field(default_factory=dict)
    begins: Action = lambda stage: stage.until_frame(AT)
    is_sample: bool = False
    has_turn: bool = False
    kinds: tuple[str, str] = ("chromium", "chromium")
    sees: str = ""  # in words, where it is more than the expected states


def seen(first: str = "", second: str = "", **more: Any) -> Expected:
    """States in which both see the game stand, by their names; and whatever else is expected."""
    return Expected(states=(States(first.split()), States(second.split())), **more)


def over(first: str, second: str, *, first_reads: str = "partner", second_reads: str = "", **more: Any) -> Expected:
    """The game ends for both, with these outcomes."""
    more = {"ends": ("interrupted",), "frames": None, **more}
    return Expected(outcomes=(first, second), texts=(first_reads, second_reads), **more)


def long(seconds: float, **more: Any) -> dict[str, Any]:
    """A game in which there is time for that before, and after."""
    return {"steps": STEPS + round(seconds * FPS), **more}


def cut(seconds: float) -> Action:
    return lambda stage: stage.cut(1, seconds)


def hide(seconds: float) -> Action:
    return lambda stage: stage.hide(1, seconds)


def close(stage: Stage) -> None:
    stage.close(1)


def slow(stage: Stage) -> None:
    with stage.slowed(1, 4):
        stage.until_over(240)


def before(stage: Stage) -> None:
    """Both are in the countdown."""
    stage.until_page("playing")


def connected(stage: Stage) -> None:
    """Both are in the countdown and connected: who goes from now on leaves a game, and not a waiting room."""
    before(stage)
    stage.until(lambda: {row["state"] for row in stage.server.table("sessions.csv")} == {"playing"}, "the game")


PAUSE: dict[str, Any] = {"on_disconnect": "pause"}
CONTINUE: dict[str, Any] = {"on_disconnect": "continue"}
BOT: dict[str, Any] = {"on_leave": "bot"}
SMALLER: dict[str, Any] = {"on_leave": "smaller"}
STANDS = States(["silence", "deciding"])
STROKES = {"input_mode": "single_keystroke"}
LOST = over(
    "partner_left",
    "connection_failed",
    second_reads="connection",
    left={"player1": "silent"},
    parity=INCOMPLETE,
    states=(STANDS, STANDS),
)
HIDDEN_AWAY = over("partner_left", "focus_timeout", left={"player1": "hidden"}, parity=INCOMPLETE)
LEFT = over("partner_left", "", left={"player1": "silent"}, parity=INCOMPLETE)
LATE = over("partner_left", "", left={"player1": "return_timeout"}, parity=INCOMPLETE)
THREE = "The connection of a player is dead for 3 s"
EPISODES = {"episodes": 2, "steps": 150, "pause": 4}


WAITS = "The partner: “Waiting for your partner”, and a countdown. The player: the page loads, and the game goes on."
LOADS = "The page loads, and the game goes on, without a button."
ASKS = "The partner: “Waiting for your partner”, and a countdown."


def for_seconds(what: str, seconds: float) -> str:
    return f"{what} for {seconds:g} s"


CUTS = [
    Case("cut-1-pause", for_seconds("The connection of a player is dead", 1), cut(1), PAUSE),
    Case("cut-3-pause", THREE, cut(3), PAUSE, seen("silence", "silence"), is_sample=True),
    Case(
        "cut-6-pause",
        for_seconds("The connection of a player is dead", 6),
        cut(6),
        PAUSE | {"reconnection_timeout": 10},
        seen("silence", "silence"),
    ),
    Case("cut-20-pause", for_seconds("The connection of a player is dead", 20), cut(20), PAUSE, LOST),
    Case("cut-1-continue", for_seconds("The connection of a player is dead", 1), cut(1), CONTINUE),
    Case("cut-3-continue", THREE, cut(3), CONTINUE),
    Case(
        "cut-6-continue",
        for_seconds("The connection of a player is dead", 6),
        cut(6),
        CONTINUE,
        seen(frames=STEPS + 180),
        long(6),
    ),
    Case(
        "cut-20-continue",
        for_seconds("The connection of a player is dead", 20),
        cut(20),
        CONTINUE | {"return_timeout": 60},  # of 30 s, a slow machine needs what is left to find the server again
        seen(second="offline", frames=STEPS + 900),
        long(30),
    ),
    Case(
        "cut-40-firefox",
        for_seconds("The connection of a player with Firefox is dead", 40),
        cut(40),
        CONTINUE | {"return_timeout": 90},
        seen(second="offline", frames=STEPS + 1500),
        long(50),
        kinds=("chromium", "firefox"),
    ),
    Case(
        "cut-in-countdown",
        "The connection of a player is dead for 3 s in the countdown",
        cut(3),
        play={"countdown": 6},
        begins=before,
    ),
    Case(
        "cut-at-start",
        "The connection of a player is dead for 3 s at the first frame",
        cut(3),
        begins=lambda stage: stage.until_frame(0),
    ),
    Case(
        "cut-at-end",
        "The connection of a player is dead for 3 s at the last frame",
        cut(3),
        begins=lambda stage: stage.until_frame(STEPS - 4),
    ),
    Case(
        "cut-between",
        "The connection of a player is dead for 3 s between two episodes",
        cut(3),
        expected=seen(ends=("terminated", "terminated"), frames=150),
        play=EPISODES,
        begins=lambda stage: stage.until_frame(149),
    ),
    Case(
        "direct-blocked",
        "The direct way between the players is blocked for good, and there is a TURN server",
        lambda stage: stage.cut_direct(),
        expected=seen(frames=900, connection="relay"),
        play={"steps": 900},
        has_turn=True,
    ),
    Case(
        "direct-blocked-no-turn",
        "The direct way between the players is blocked for good, and there is no TURN server",
        lambda stage: stage.cut_direct(),
        expected=seen(frames=900, connection="server"),
        play={"steps": 900},
    ),
]

TABS = [
    *(
        Case(
            f"hidden-{seconds:g}-{name}",
            for_seconds("A player looks at another tab", seconds),
            hide(seconds),
            expected=seen(frames=long(seconds)["steps"], has_hidden=True),
            play=long(seconds, **mode),
        )
        for name, mode in (("held", {}), ("strokes", STROKES))
        for seconds in (0.3, 5, 20)
    ),
    *(
        Case(f"hidden-40-{name}", for_seconds("A player looks at another tab", 40), hide(40), {}, HIDDEN_AWAY, play)
        for name, play in (("held", long(60)), ("strokes", long(60, **STROKES)))
    ),
    Case(
        "hidden-5-pause",
        for_seconds("A player looks at another tab", 5),
        hide(5),
        {"when_hidden": "pause"},
        seen("hidden"),
    ),
    Case(
        "frozen-5-pause",
        for_seconds("The machine of a player stands still", 5),
        lambda stage: stage.freeze(1, 5),
        PAUSE | {"reconnection_timeout": 10},
        seen("silence"),
    ),
    Case(
        "frozen-5-continue",
        for_seconds("The machine of a player stands still", 5),
        lambda stage: stage.freeze(1, 5),
        CONTINUE,
        seen(frames=STEPS + 150),
        long(5),
    ),
    Case("slow-4", "The machine of a player is slowed down to a quarter", slow),
]

LEAVING = [
    Case(
        "reload",
        "A player reloads the page",
        lambda stage: stage.reload(1),
        sees=WAITS,
    ),
    Case(
        "reload-continue",
        "A player reloads the page",
        lambda stage: stage.reload(1),
        CONTINUE,
        seen(frames=900),
        {"steps": 900},
        sees=f"The partner: “Your partner lost the connection. The game goes on”. {LOADS}",
    ),
    Case("reload-both", "Both players reload the page at once", lambda stage: stage.reload(0, 1), sees=LOADS),
    Case("crash", "A player's page crashes and is opened again", lambda stage: stage.crash(1), sees=WAITS),
    Case("close-end", "A player closes the tab", close, {}, LEFT, is_sample=True, sees=ASKS),
    Case(
        "close-bot",
        "A player closes the tab",
        close,
        BOT | {"return_timeout": 10},
        Expected(
            outcomes=("completed", ""),
            texts=(THANKS, ""),
            parity=INCOMPLETE,
            has_bot=True,
            left={"player1": "return_timeout"},
            frames=900,
        ),
        {"steps": 900},
        sees=ASKS,
    ),
    Case("close-smaller", "A player closes the tab", close, SMALLER, LATE, {"steps": 1800}, sees=ASKS),
    Case(
        "close-in-countdown",
        "A player closes the tab in the countdown",
        close,
        {},
        over("partner_left", "", ends=(), left={"player1": "silent"}),
        {"countdown": 6},
        begins=connected,
    ),
    Case(
        "close-between",
        "A player closes the tab between two episodes",
        close,
        {},
        over("partner_left", "", ends=("terminated",), left={"player1": "silent"}),
        EPISODES,
        begins=lambda stage: stage.until_frame(149),
    ),
]

SERVER = [
    Case(
        "server-killed",
        "The server is killed, and started again after 10 s",
        lambda stage: stage.without_server(10),
        expected=seen(frames=900),
        play={"steps": 900},
    ),
    Case(
        "server-away-one",
        for_seconds("A player does not reach the server", 10),
        lambda stage: stage.cut_server(1, seconds=10),
        expected=seen(frames=900),
        play={"steps": 900},
    ),
    Case(
        "server-away-both",
        for_seconds("Nobody reaches the server", 10),
        lambda stage: stage.cut_server(0, 1, seconds=10),
        expected=seen(frames=900),
        play={"steps": 900},
    ),
]

CASES = [*CUTS, *TABS, *LEAVING, *SERVER]
