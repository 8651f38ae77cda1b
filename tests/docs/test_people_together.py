"""The page on how people come together has the numbers that the code has."""

from __future__ import annotations

import re

import pytest

from interactive_gym.game.matchconfig import LOST, referee_config
from interactive_gym.netcode.returning import CATCHING_UP
from interactive_gym.netcode.watch import SHOWN
from interactive_gym.scenes.gym_parameters import Multiplayer
from interactive_gym.scenes.webrtc import Webrtc
from interactive_gym.server.desertion import DESERTED_S
from interactive_gym.server.invitations import MESH
from interactive_gym.server.lifecycle import Outcome
from interactive_gym.server.probing import THERE_S
from interactive_gym.server.room import KEPT_S
from tests.docs.pages import in_backticks, page, section
from tests.scenes import kitchen

PAGE = page("docs/explanation/people-together.md")
RULES = Multiplayer()
CONFIG = referee_config(kitchen.game_of_two().game())


def of_the_client(file: str, name: str) -> float:
    found = re.search(rf"^const {name} = ([\d_]+);", page(f"client/src/{file}"), re.MULTILINE)
    assert found, name
    return float(found[1].replace("_", ""))


SAID = {
    "is silent for half a second": (SHOWN, 0.5),
    "For five seconds (`reconnection_timeout`)": (RULES.reconnection_timeout, 5),
    "holds up all others as long": (CONFIG.stuck_after, RULES.reconnection_timeout),
    "goes on after a second of silence": (CONFIG.cut_after, 1),
    "it has two seconds to answer": (THERE_S, 2),
    "waited for as long as for the silence": (CONFIG.pause_timeout, RULES.reconnection_timeout),
    "within half a minute (`return_timeout`)": (RULES.return_timeout, 30),
    "more than one and a half minutes to catch up": (CONFIG.return_timeout * CATCHING_UP, 90),
    "hides the tab for half a minute (`hidden_timeout`)": (RULES.hidden_timeout, 30),
    "if that is needed for thirty-five seconds": (CONFIG.server_timeout, 35),
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


def test_a_stored_game_that_does_not_say_it_is_played_on_as_one_that_leaves_it_out() -> None:
    for name, value in LOST.items():
        assert value == getattr(RULES, name.removesuffix("_s")), name


def test_what_becomes_of_people_is_an_outcome() -> None:
    told = in_backticks(section(PAGE, "## When somebody goes"))
    assert {Outcome.WAITROOM_TIMEOUT, Outcome.CONNECTION_FAILED, Outcome.PARTNER_LEFT, Outcome.FOCUS_TIMEOUT} <= told
