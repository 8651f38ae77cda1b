"""Luck and time from outside of the seed are the same for everybody who plays the same episode, and after a reload."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.harness import STUDIES, Participant, Server

FRAMES = 30


def test_two_browsers_and_a_reload_see_the_same_luck(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "unseeded.py")
    ada, bob = participant(f"{served.url}/ada?debug=latency"), participant(f"{served.url}/bob?debug=latency")
    for one in (ada, bob):
        one.press_primary()
        one.start_game()
    ada.until_played(0, 15)
    ada.until_stored(0, 0)
    ada.page.reload()  # the first second is replayed, compared with its record, and gone on from
    replayed = len(ada.frames)
    ada.start_game()
    ada.until(lambda: [frame for _, frame in ada.frames[replayed:] if frame >= FRAMES], "a second after the reload")
    bob.until_played(0, FRAMES)
    for one in (ada, bob):
        one.press("e")
        one.sees("end")

    served.settled(2)
    episodes = [
        [{name: row[name] for name in row if name.startswith("infos")} for row in rows[:FRAMES]]
        for rows in served.frames("luck").values()
    ]
    assert len(episodes) == 2
    assert len(episodes[0]) == FRAMES
    assert episodes[0] == episodes[1]
    for name in episodes[0][0]:
        assert len({row[name] for row in episodes[0]}) == FRAMES, f"{name} is new in every frame"
    assert [(found.status, found.column) for found in served.verified()] == [("verified", None)] * 2, "and under Node"
