"""The server is killed in mid-episode; the participant does not notice, and no frame is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.harness import STUDIES, Participant, Server
from tests.e2e.steps import into_counting


def test_sigkill_and_restart_in_mid_episode(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "counting.py")
    ada = participant(f"{served.url}/?debug=latency")
    into_counting(ada)
    ada.until_played(0, 22)
    served.kill()
    ada.until_played(0, 35)
    served.start()
    ada.sees("completion_code")
    for number in (0, 1):
        rows = served.episode("count", number)
        assert [int(row["frame"]) for row in rows] == list(range(-1, 40))
        assert [frame for episode, frame in ada.frames if episode == number] == list(range(40))
    (person,) = served.table("participants.csv")
    assert person["outcome"] == "completed"
