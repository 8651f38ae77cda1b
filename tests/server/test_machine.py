"""The whole machine, from the link to the code, with people as they are and a server that dies now and then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
import socketio

import interactive_gym as ig
from interactive_gym.callbacks import ScreeningContext
from interactive_gym.data import people
from interactive_gym.server import choosing, desertion, desk, drawn, gate, rtts
from tests.server.game import make_so
from tests.server.machine import Machine, run
from tests.server.meeting import bot, gym
from tests.server.virtual import Clock, Hangs, VirtualLoop, VirtualStore, Wires, called

PEOPLE = 30
SEEDS = range(10)
DESERTED_S = 60.0  # some who are away come back later


class BySkill(ig.Matcher):
    """A researcher's own."""

    def decide(self, waiting: Any, now: float) -> Any:
        ranked = sorted(waiting, key=lambda one: one.attributes.get("skill", ""))
        groups = zip(*(ranked[place :: waiting.group] for place in range(waiting.group)), strict=False)
        return [ig.Group(group, "skill") for group in groups if waiting.may_meet(*group)]


class Failing(BySkill):
    """One that raises, hangs, or lies, when it is not as it should be."""

    def __init__(self) -> None:
        self.random = Random(1)

    def decide(self, waiting: Any, now: float) -> Any:
        match self.random.randrange(8):
            case 0:
                raise ValueError("not today")
            case 1:
                raise Hangs
            case 2:
                return [ig.Group([waiting[0]] * waiting.group)]
            case 3:
                return [ig.Group(waiting)]
            case 4:
                return [("somebody", "else")]
            case 5:
                return [ig.Group([ig.Candidate("p-nobody")] * waiting.group, "nobody")]
            case _:
                return super().decide(waiting, now)


MATCHERS = (
    ig.FIFO(),
    ig.Latency(max_server_rtt=150, relax_after=30),
    ig.Latency(max_p2p_rtt=200, relax_after=20),
    ig.Reunion(wait=20),
    BySkill(),
    Failing(),
    ig.Reunion(wait=15, fallback=Failing()),
)
WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"on_timeout": "extend", "extend": 30},
    {"on_timeout": "bot", "bot": bot},
    {"on_timeout": "smaller", "bot": bot, "min_group": 1},
    {"on_timeout": "between"},
)
LEFT_BEHIND = ("leave", "next", "between")
WHEN_HIDDEN: tuple[Literal["default_action", "pause"], ...] = ("default_action", "pause")
PARTNERS = ("any", "new", "same")


def judge(context: ScreeningContext) -> str | None:
    context.set(judged=True)
    return "Not you." if context.query.get("bad") else None


@dataclass(frozen=True)
class Edit:
    """What the researcher has changed in the file."""

    first: int = 2  # humans of the first game,
    second: int = 3  # and of the second one; 0: it is gone
    patience: float = 1.0  # timeouts are so many times as long
    is_longer: bool = False  # there is a scene more


def edit(random: Random) -> Edit:
    return Edit(
        random.choice((1, 2, 2, 3)), random.choice((0, 1, 2, 3)), random.choice((0.5, 1, 2)), random.random() < 0.5
    )


def design(number: int, edit: Edit) -> ig.Experiment:
    """A study with a bit of everything."""
    order = ig.RandomizeOrder(*map(ig.StaticScene, ("red", "green", "blue")), keep_n=2)
    task = ig.Conditions("task", {"alone": gym("alone", 1), "talk": ig.StaticScene("talk")})
    return (
        ig.Experiment("machine")
        .scenes(
            ig.StartScene("welcome"),
            ig.StaticScene("consent").consent().leaving(),
            order,
            first_game(number, edit),
            ig.StaticScene("between"),
            *([second_game(number, edit)] if edit.second else []),
            *([ig.StaticScene("longer")] if edit.is_longer else []),
            task,
            ig.CompletionCodeScene("code"),
        )
        .attributes(from_query=["skill"])
        .screening(devices=["desktop"], min_ping_samples=2, callback=judge)
        .outcome("waitroom_timeout", code=True)
        .outcome("partner_left", code=True, redirect="https://example.org/back?code={code}")
        .webrtc(timeout=8)
    )


def first_game(number: int, edit: Edit) -> ig.GymScene:
    pace = ig.Factor("pace", {"slow": 1, "fast": 2}, by="group")
    scene = gym("first", edit.first).environment(make_so, options={"pace": pace}).leaving()
    if edit.first > 1:
        matcher, way = MATCHERS[number % len(MATCHERS)], WAYS[number % len(WAYS)]
        scene = scene.waitroom(timeout=50 * edit.patience, matcher=matcher, **way)
        behind, hidden = LEFT_BEHIND[number % 3], WHEN_HIDDEN[number // 2 % 2]
        scene = scene.multiplayer(left_behind=behind, hidden_timeout=8, when_hidden=hidden)
    if number % 2:
        scene = scene.monitoring(hidden_warn_after=2, hidden_exclude_after=6)
    return scene


def second_game(number: int, edit: Edit) -> ig.GymScene:
    scene = gym("second", edit.second)
    if edit.second == 1:
        return scene
    return scene.waitroom(
        timeout=40 * edit.patience,
        matcher=MATCHERS[(number + 3) % len(MATCHERS)],
        partners=PARTNERS[number % len(PARTNERS)],
        start_smaller_after=15,
        on_timeout="smaller",
        min_group=edit.second - 1,
        bot=bot,
    )


class Drawn:
    """In the place of ``secrets``: the same again."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.choice, self.randbelow = self._random.choice, self._random.randrange

    def token_hex(self, count: int) -> str:
        return self._random.randbytes(count).hex()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The database of a study to which nobody has come."""
    path = tmp_path_factory.mktemp("machine") / "study.db"
    VirtualStore(path, lambda: 0.0).close()
    return path.read_bytes()


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualLoop]:
    """What is not virtual of a server's time and its way to the pages is replaced."""
    made = VirtualLoop()
    monkeypatch.setattr(desk, "time", Clock(made))
    monkeypatch.setattr(socketio, "AsyncServer", Wires)
    monkeypatch.setattr(choosing, "called", called)
    monkeypatch.setattr(gate, "called", called)
    monkeypatch.setattr(desertion, "DESERTED_S", DESERTED_S)
    yield made
    made.close()


@pytest.mark.parametrize("is_edited", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_whole_machine(
    loop: VirtualLoop, tmp_path: Path, empty: bytes, monkeypatch: pytest.MonkeyPatch, seed: int, is_edited: bool
) -> None:
    (tmp_path / "study.db").write_bytes(empty)
    chance: Any = Drawn(seed)
    for module in (drawn, people, rtts):
        monkeypatch.setattr(module, "secrets", chance)

    def study(start: int) -> ig.Experiment:
        return design(seed, edit(Random(f"{seed}/{start}")) if is_edited and start else Edit())

    run(loop, Machine(loop, tmp_path, study, seed, PEOPLE), deaths=1 + seed % 3 if is_edited else seed % 4)
