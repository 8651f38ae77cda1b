"""prepare() changes the whole process, so it is tried in one of its own."""

import subprocess
import sys

import pytest

from interactive_gym.browser.runtime import Runtime
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError

from .games import HERE, game

PROGRAM = """
import sys
from interactive_gym.browser import runtime
assert "gymnasium" not in sys.modules and "numpy.random" not in sys.modules
words = []
ready = runtime.prepare(lambda *seed: words.append(seed))
assert "numpy.random" in sys.modules
from tests.browser.games import game
play = ready.open_game(game(), '{"session_id": "s", "seed": 7}')
import json, time
before = time.time()
assert json.loads(play.begin(0, []))["frame"] == -1
packets = [json.loads(play.tick('{"down": [], "pressed": [], "focused": true}')) for _ in range(10)]
assert packets[-1]["chunks"], packets
assert time.time() >= before > 1e9, "outside of frames, time is real"
assert words[-1] == (None,) and len([seed for seed in words if seed != (None,)]) > 20
print(packets[-1]["chunks"][0]["digest"])
"""


def played() -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_processes_play_the_same():
    assert played() == played()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"environment": "nowhere:make"}, "ModuleNotFoundError"),
        ({"draw": f"{HERE}:missing"}, "has no attribute 'missing'"),
        ({"policies": {"0": "human", "1": f"{HERE}:missing"}}, "missing"),
        ({"hud_function": "nowhere:hud"}, "importing nowhere:hud failed"),
    ],
)
def test_what_does_not_import_is_named(changes, says):
    with pytest.raises(EnvError, match=says) as caught:
        Runtime(VirtualWorld()).open_game(game(**changes), '{"session_id": "s", "seed": 7}')
    assert caught.value.stage == "import"
    assert "Traceback" in caught.value.detail


def test_a_game_that_is_prepared_says_how_fast_it_is_here():
    runtime = Runtime(VirtualWorld())
    speed = runtime.prepare_game(game())
    assert 1 < speed < 1e6  # thousands of steps a second, of a game with ten
    assert runtime.prepare_game(game()) == speed, "once is enough"
