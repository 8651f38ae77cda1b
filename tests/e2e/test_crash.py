"""The server is killed in mid-episode; the participant does not notice, and no frame is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.harness import STUDIES, Participant, Server
from tests.e2e.steps import assert_painted, end_episodes, into_counting


def test_sigkill_and_restart_in_mid_episode(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "counting.py", COUNTING_STEPS="100000")
    ada = participant(f"{served.url}/?debug=latency")
    into_counting(ada)
    ada.until_played(0, 22)
    served.kill()
    ada.until_played(0, 35)
    served.start()
    end_episodes(ada)
    ada.sees("completion_code")
    served.settled(2)
    for number in (0, 1):
        rows = served.episode("count", number)
        assert [int(row["frame"]) for row in rows] == list(range(-1, len(rows) - 1))
        assert int(rows[-1]["infos.0.count"]) == len(rows) - 1 > 35 * (number == 0)
        assert_painted(ada, number, len(rows) - 1)
    (person,) = served.table("participants.csv")
    assert person["outcome"] == "completed"
