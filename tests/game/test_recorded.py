"""What was recorded, played again: inputs that a ledger wrote down come back from its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from interactive_gym.envs.codec import codec_for
from interactive_gym.game.actions import Actions
from interactive_gym.game.ledger import Ledger, Result
from interactive_gym.game.recorded import inputs_of
from interactive_gym.game.setup import Setup
from interactive_gym.netcode.requests import ABSENT, BOT, DEFAULT, FOCUSED, HUMAN, Commit, Input
from interactive_gym.records import PLAYED, Row, encode_fields, unpack

AGENTS = ("left", "right", "bot")
SPACES = [
    spaces.Discrete(300, start=-2),
    spaces.Box(-1, 1, (2, 3), np.float32),
    spaces.Dict({"steer": spaces.Box(-1, 1, (), np.float64), "keys": spaces.MultiBinary(3)}),
    spaces.Tuple((spaces.MultiDiscrete([3, 4]), spaces.Discrete(2))),
]
NOTHING = [b"\0" * 2] * 3


def setup_of() -> Setup:
    return Setup("scene", dict, {}, AGENTS, frozenset(AGENTS[:2]), 10, None, False, False, frozenset())


def written(actions: Actions, played: list[tuple[Input, ...]], acting: Any = AGENTS) -> list[Row]:
    """The rows of these frames, from the chunks of a ledger."""
    ledger = Ledger(setup_of(), Row(-1))
    for frame, inputs in enumerate(played):
        known = {agent: actions.plain(player, inputs[player].action) for player, agent in enumerate(AGENTS)}
        row = Row(frame, actions={agent: known[agent] for agent in acting})
        given = tuple(one.action for one in inputs)
        ledger.add(frame, Result(given, acting, encode_fields(row, PLAYED), {}, None))
        ledger.commit(Commit(frame, (inputs,), 0))
    ledger.finish()
    return [row for chunk in ledger.take_chunks() for row in unpack(chunk.packed.data)]


@pytest.mark.parametrize("space", SPACES, ids=lambda space: type(space).__name__)
def test_inputs_come_back_as_they_were(space: Any) -> None:
    codec = codec_for(space)
    actions = Actions(AGENTS, dict.fromkeys(AGENTS, codec))
    space.seed(7)
    flags = [HUMAN | FOCUSED, DEFAULT | FOCUSED, HUMAN, DEFAULT | ABSENT]

    def given(frame: int) -> tuple[Input, ...]:
        drawn = [codec.encode(space.sample()) for _ in AGENTS]
        bot = Input(drawn[2], BOT, min(frame + 1, 1 + frame % 300))
        return Input(drawn[0], flags[frame % 4]), Input(drawn[1], flags[frame // 4 % 4]), bot

    played = [given(frame) for frame in range(35)]
    rows = written(actions, played)
    assert [row.frame for row in rows] == list(range(-1, 35))
    assert inputs_of(rows, AGENTS, actions, NOTHING) == tuple(zip(*played, strict=True))


def test_who_did_not_count_does_nothing_again() -> None:
    codec = codec_for(spaces.Discrete(4))
    actions = Actions(AGENTS, dict.fromkeys(AGENTS, codec))
    action = codec.encode(2)
    played = [(Input(action, HUMAN | FOCUSED), Input(action, FOCUSED | ABSENT), Input(action, BOT, 1))] * 3
    (left, right, bot) = inputs_of(written(actions, played, AGENTS[:1]), AGENTS, actions, NOTHING)
    assert left == tuple(one[0] for one in played)
    assert right == (Input(NOTHING[1], FOCUSED | ABSENT),) * 3, (
        "whether they looked, and were there, is recorded of all"
    )
    assert bot == (Input(NOTHING[2]),) * 3


def test_nothing_recorded_is_nothing_to_play() -> None:
    actions = Actions(AGENTS, dict.fromkeys(AGENTS, codec_for(spaces.Discrete(4))))
    assert inputs_of([Row(-1)], AGENTS, actions, NOTHING) == ((), (), ())
    assert inputs_of([], AGENTS, actions, NOTHING) == ((), (), ())


def test_an_action_of_another_game_is_refused() -> None:
    actions = Actions(AGENTS, dict.fromkeys(AGENTS, codec_for(spaces.Discrete(4))))
    row = Row(0, actions={"left": 9}, source={"left": "human"})
    with pytest.raises(ValueError, match="9 is not one of the actions"):
        inputs_of([row], AGENTS, actions, NOTHING)
