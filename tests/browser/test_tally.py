"""What a tick has cost, counted from what the session asked for."""

from __future__ import annotations

from interactive_gym.browser.tally import Tally, Tick
from interactive_gym.netcode import Advance, Load, Request


def replayed(first: int, last: int) -> list[Request]:
    return [Load(first), *(Advance(frame, (), False) for frame in range(first, last + 1))]


def test_rollbacks_before_one_tick_are_summed_but_for_their_depth() -> None:
    """One ahead of the tick, and in the tick another one, which what came meanwhile made necessary."""
    tick = Tick(head=10)
    for request in [*replayed(3, 9), *replayed(5, 9), Advance(10, (), True)]:
        tick.note(request, 0.5)
    assert (tick.rollback, tick.deepest, tick.live) == (12, 7, 10)
    assert (tick.rollback_s, tick.step_s) == (7.0, 0.5)
    tally = Tally(Figures())  # type: ignore[arg-type]
    tally.add(tick)
    assert tally.statistics()["deepest_rollback"] == 7


class Figures:
    """As much of a session as a tally looks at."""

    def statistics(self) -> dict[str, int]:
        return dict.fromkeys((*Tally.COUNTED, *Tally.PARAMETERS), 0)
