"""From records back to inputs: what all players did, as the netcode of a game that is played again has to know it.

The other way is the ledger's; the two belong together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interactive_gym.game.actions import Actions
from interactive_gym.netcode.requests import ABSENT, BOT, DEFAULT, FOCUSED, HUMAN, Input
from interactive_gym.records import Row

_FLAGS = {"default": DEFAULT, "human": HUMAN, "bot": BOT}
_OLDEST = 255  # frames


def inputs_of(
    rows: Iterable[Row], agents: Sequence[str], actions: Actions, default_actions: Sequence[bytes]
) -> tuple[tuple[Input, ...], ...]:
    """Of each player, the inputs of these frames. Where somebody's action did not count, it is the default one.

    Args:
        rows: In their order; row -1 has no inputs.
        agents: Player 0, player 1, ...

    Raises:
        ValueError: A row has an action that is none of this game's.
    """
    played = [row for row in rows if row.frame >= 0]
    return tuple(
        tuple(_input(row, agent, player, actions, default_actions[player]) for row in played)
        for player, agent in enumerate(agents)
    )


def _input(row: Row, agent: str, player: int, actions: Actions, default_action: bytes) -> Input:
    state = (FOCUSED if row.is_focused.get(agent, False) else 0) | (0 if row.present.get(agent, True) else ABSENT)
    if agent not in row.actions:
        return Input(default_action, state)
    flags = state | _FLAGS[row.source[agent]]
    seen_at = row.observed.get(agent)
    return Input(
        actions.encode(player, row.actions[agent]),
        flags,
        0 if seen_at is None else min(_OLDEST, row.frame - seen_at),
    )
