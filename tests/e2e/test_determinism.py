"""Luck and time from outside of the seed are the same for everybody who plays the same episode, and after a reload."""

from __future__ import annotations

import csv
from collections.abc import Callable

from tests.e2e.harness import STUDIES, Participant, Server


def test_two_browsers_and_a_reload_see_the_same_luck(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "unseeded.py")
    ada, bob = participant(f"{served.url}/ada?debug=latency"), participant(f"{served.url}/bob")
    for one in (ada, bob):
        one.press_primary()
        one.start_game()
    ada.until_played(0, 15)
    ada.page.reload()  # the first second is replayed, compared with its record, and gone on from
    ada.start_game()
    for one in (ada, bob):
        one.sees("end")

    episodes = []
    for path in sorted((served.folder / "luck").glob("*/ep0.csv")):
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        episodes.append([{name: row[name] for name in row if name.startswith("infos")} for row in rows])
    assert len(episodes) == 2
    assert len(episodes[0]) == 31
    assert episodes[0] == episodes[1]
    for name in episodes[0][0]:
        assert len({row[name] for row in episodes[0]}) == 31, f"{name} is new in every frame"
