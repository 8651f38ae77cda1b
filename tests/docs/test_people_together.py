"""The page on how people come together has the numbers that the code has."""

from __future__ import annotations

import re

import pytest

from interactive_gym.game.matchconfig import LOST
from interactive_gym.netcode import Config
from interactive_gym.netcode.returning import CATCHING_UP
from interactive_gym.netcode.watch import SHOWN
from interactive_gym.scenes.webrtc import Webrtc
from interactive_gym.server.desertion import DESERTED_S
from interactive_gym.server.invitations import MESH
from interactive_gym.server.lifecycle import Outcome
from interactive_gym.server.probing import THERE_S
from interactive_gym.server.room import KEPT_S
from tests.docs.pages import in_backticks, page, section

PAGE = page("docs/explanation/people-together.md")
CONFIG = Config(fps=30, carriers=(0, 1), default_actions=(b"", b""))


def of_the_client(file: str, name: str) -> float:
    found = re.search(rf"^const {name} = ([\d_]+);", page(f"client/src/{file}"), re.MULTILINE)
    assert found, name
    return float(found[1].replace("_", ""))


SAID = {
    "is silent for half a second": (SHOWN, 0.5),
    "For five seconds, or holds up all others as long": (LOST["reconnection_timeout_s"], 5),
    "holds up all others as long": (CONFIG.stuck_after, 5),
    "nobody to let them in for half a minute": (LOST["return_timeout_s"], 30),
    "more than one and a half minutes to catch up": (LOST["return_timeout_s"] * CATCHING_UP, 90),
    "play on for half a minute": (LOST["return_timeout_s"], 30),
    "if that is needed for ten seconds": (CONFIG.server_timeout, 10),
    "comes back within a minute": (KEPT_S, 60),
    "After five minutes in which the server saw none of them": (DESERTED_S, 300),
    "up to four humans": (MESH, 4),
    "has two seconds to answer": (THERE_S, 2),
    "heard directly for 0.3 s": (of_the_client("worker/link.ts", "DEAF_MS"), 300),
    "after three seconds only": (of_the_client("worker/link.ts", "HEAD_START_MS"), 3000),
    "webrtc(timeout=15)": (Webrtc().timeout, 15),
}


@pytest.mark.parametrize("words", SAID)
def test_numbers_on_the_page(words: str) -> None:
    found, written = SAID[words]
    assert words in " ".join(PAGE.split())
    assert found == written


def test_what_becomes_of_people_is_an_outcome() -> None:
    told = in_backticks(section(PAGE, "## When somebody goes"))
    assert {Outcome.WAITROOM_TIMEOUT, Outcome.CONNECTION_FAILED, Outcome.PARTNER_LEFT} <= told
