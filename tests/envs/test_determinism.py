"""Inside a frame, all that comes from the outside is a function of (seed, episode, frame); outside, nothing is."""

from __future__ import annotations

import copy
import datetime
import os
import pickle
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from interactive_gym.envs import stand_ins
from interactive_gym.envs.determinism import VirtualWorld, episode_seed

ENTROPY: dict[str, Callable[[], Any]] = {
    "random.random": random.random,
    "random.gauss": lambda: random.gauss(0, 1),
    "random.Random": lambda: random.Random().random(),
    "random.seed": lambda: (random.seed(), random.random()),  # as code does that wants to be unpredictable
    "random.SystemRandom": lambda: random.SystemRandom().random(),
    "secrets": lambda: secrets.token_hex(40),
    "uuid4": lambda: uuid.uuid4().hex,
    "os.urandom": lambda: os.urandom(200),
    "np.random": lambda: np.random.random(),
    "np.random.seed": lambda: (np.random.seed(), np.random.random()),
    "np.default_rng": lambda: np.random.default_rng().random(),
    "np.RandomState": lambda: np.random.RandomState().random(),
    "np.SeedSequence": lambda: np.random.SeedSequence().entropy,
}
SECONDS = ("time", "monotonic", "perf_counter", "process_time")
CLOCKS: dict[str, Callable[[], Any]] = {
    name: lambda name=name: getattr(time, name)() for name in (*SECONDS, *(f"{name}_ns" for name in SECONDS))
} | {
    "datetime.now": lambda: datetime.datetime.now(),
    "datetime.now, zone": lambda: datetime.datetime.now(datetime.UTC),
    "datetime.today": lambda: datetime.datetime.today(),
    "date.today": lambda: datetime.date.today(),
    "localtime": lambda: time.localtime(),
    "gmtime": lambda: time.gmtime(),
    "ctime": lambda: time.ctime(),
    "asctime": lambda: time.asctime(),
    "strftime": lambda: time.strftime("%H:%M:%S"),
}


real_time = time.time  # this module is imported before any world is installed


@pytest.fixture
def world() -> Iterator[VirtualWorld]:
    before = random.getstate(), np.random.get_state()
    with VirtualWorld().installed() as installed:
        yield installed
    random.setstate(before[0])
    np.random.set_state(before[1])


def in_frame(world: VirtualWorld, read: Callable[[], Any], seed: int = 1, episode: int = 0, frame: int = 5) -> Any:
    with world.frame(seed, episode, frame, fps=30):
        return read()


@pytest.mark.parametrize("name", ENTROPY)
def test_entropy_repeats_itself_in_the_same_frame_only(world: VirtualWorld, name: str) -> None:
    read = ENTROPY[name]
    first = in_frame(world, read)
    random.random(), np.random.random(), os.urandom(3)  # what happens in between must not matter
    in_frame(world, read, frame=6)
    assert in_frame(world, read) == first
    others = [in_frame(world, read, frame=6), in_frame(world, read, episode=1), in_frame(world, read, seed=2)]
    with world.drawing(1, 0, 5):
        others.append(read())
    with world.drawing(1, 0, 5, "policy 1"):
        others.append(read())
    assert all(other != first for other in others)
    assert len({str(other) for other in others}) == len(others)


@pytest.mark.parametrize("name", ENTROPY)
def test_two_draws_in_one_frame_differ(world: VirtualWorld, name: str) -> None:
    one, other = in_frame(world, lambda: (ENTROPY[name](), ENTROPY[name]()))
    assert one != other


@pytest.mark.parametrize("name", CLOCKS)
def test_clocks_show_frame_time_and_repeat_themselves(world: VirtualWorld, name: str) -> None:
    assert in_frame(world, CLOCKS[name]) == in_frame(world, CLOCKS[name])
    if "date" not in name or "." in name:
        hours = 3600 * 30 * 25
        assert in_frame(world, CLOCKS[name], frame=hours) != in_frame(world, CLOCKS[name])


@pytest.mark.parametrize("name", SECONDS)
def test_a_frame_takes_its_share_of_a_second(world: VirtualWorld, name: str) -> None:
    start = in_frame(world, CLOCKS[name], frame=-1)
    assert in_frame(world, CLOCKS[name], frame=29) - start == pytest.approx(1.0)
    assert in_frame(world, CLOCKS[f"{name}_ns"], frame=29) / 1e9 == pytest.approx(start + 1)


def test_an_episode_begins_at_the_same_moment_everywhere(world: VirtualWorld) -> None:
    start = in_frame(world, lambda: time.time_ns(), frame=-1)
    assert start == stand_ins.EPOCH_NS + 1_000
    now = in_frame(world, lambda: datetime.datetime.now(), frame=-1)
    assert now.replace(microsecond=0) == datetime.datetime(2023, 11, 14, 22, 13, 20)


def test_waiting_loops_end_and_rates_are_finite(world: VirtualWorld) -> None:
    def wait() -> float:
        begin = time.perf_counter()
        while time.perf_counter() < begin + 0.01:
            pass
        time.sleep(3600)
        return 1 / (time.perf_counter() - begin)

    assert in_frame(world, wait) == pytest.approx(1 / 3600.01, rel=1e-3)


def test_outside_of_a_frame_everything_is_real(world: VirtualWorld) -> None:
    in_frame(world, lambda: None)
    assert os.urandom(16) != os.urandom(16)
    assert random.Random().random() != random.Random().random()
    assert abs(time.time() - real_time()) < 60
    assert abs(datetime.datetime.now().timestamp() - real_time()) < 60
    assert time.perf_counter() < time.perf_counter() + 1
    assert time.strftime("%Y", time.gmtime(0)) == "1970"
    assert time.localtime().tm_year == datetime.date.today().year


def test_drawing_sees_real_clocks(world: VirtualWorld) -> None:
    with world.drawing(1, 0, 5):
        assert abs(time.time() - real_time()) < 60


def test_what_was_imported_from_time_is_virtual_too(world: VirtualWorld) -> None:
    namespace: dict[str, Any] = {}
    exec("from time import perf_counter\nfrom datetime import datetime\nfrom os import urandom", namespace)
    assert in_frame(world, namespace["perf_counter"]) == in_frame(world, namespace["perf_counter"])
    assert in_frame(world, lambda: namespace["datetime"].now()).year == 2023
    assert in_frame(world, lambda: namespace["urandom"](4)) == in_frame(world, lambda: namespace["urandom"](4))


def test_a_clock_kept_on_a_class_or_in_a_pickle_works_as_before(world: VirtualWorld) -> None:
    class Timer:
        clock = time.perf_counter

    assert Timer().clock() > 0
    assert pickle.loads(pickle.dumps(time.perf_counter)) is time.perf_counter
    assert copy.deepcopy({"clock": time.monotonic})["clock"] is time.monotonic


def test_dates_stay_dates(world: VirtualWorld) -> None:
    c_made = datetime.date.fromtimestamp(0)
    old = datetime.datetime.__mro__[1](2020, 1, 2)  # of the class that we replaced
    assert isinstance(old, datetime.datetime) and isinstance(datetime.datetime(2020, 1, 2), datetime.datetime)
    assert not isinstance(c_made, datetime.datetime)
    assert issubclass(type(old), datetime.datetime)
    assert old == datetime.datetime(2020, 1, 2)
    for moment in (old, datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC), datetime.datetime.now()):
        assert pickle.loads(pickle.dumps(moment)) == moment
        assert copy.deepcopy(moment) == moment
    assert datetime.datetime.strptime("2020", "%Y") + datetime.timedelta(days=1) == datetime.datetime(2020, 1, 2)

    class Own(datetime.datetime):
        pass

    assert isinstance(Own(2020, 1, 1), Own) and not isinstance(datetime.datetime(2020, 1, 1), Own)


def test_an_exception_in_a_frame_ends_it(world: VirtualWorld) -> None:
    with pytest.raises(ZeroDivisionError):
        in_frame(world, lambda: 1 // 0)
    assert world.entropy(4) is None
    assert abs(time.time() - real_time()) < 60


def test_what_a_frame_took_is_named_with_its_line(world: VirtualWorld) -> None:
    def draw_unseeded() -> None:
        np.random.default_rng()

    in_frame(world, lambda: random.random())
    assert world.taken == {}, "the global generators are seeded, not entropy"
    in_frame(world, draw_unseeded)
    in_frame(world, lambda: time.time())
    with world.drawing(1, 0, 0):
        random.Random()
    assert set(world.taken) == {"os.urandom", "time.time"}
    assert world.taken["os.urandom"].startswith("test_determinism.py:")
    assert world.taken["os.urandom"].endswith("draw_unseeded")


def test_the_hook_below_python_is_told_when_frames_begin_and_end() -> None:
    calls: list[tuple[Any, ...]] = []
    world = VirtualWorld()
    world.install(lambda *words: calls.append(words))
    try:
        in_frame(world, lambda: None)
        in_frame(world, lambda: None)
        in_frame(world, lambda: None, frame=6)
    finally:
        world.uninstall()
    assert calls[0] == calls[2] != calls[4]
    assert calls[1] == calls[3] == calls[5] == (None,)
    assert len(set(calls[0])) == 4 and all(0 <= word < 2**32 for word in calls[0])


def test_uninstalling_leaves_no_trace() -> None:
    owners = (time, os, random, datetime)
    before = [dict(vars(owner)) for owner in owners], random.Random.seed
    world = VirtualWorld()
    world.install()
    world.install()
    assert time.time is not before[0][0]["time"]
    world.uninstall()
    assert ([dict(vars(owner)) for owner in owners], random.Random.seed) == before


def test_a_frame_is_the_same_in_every_python(world: VirtualWorld) -> None:
    """Seen in CPython 3.11 on x86 and in Pyodide's 3.14; recorded games are replayed from these streams."""
    with world.frame(1, 0, 5, fps=30):
        assert (random.random(), np.random.random()) == (0.7380204581683707, 0.12218788187200946)
        assert os.urandom(4).hex() == "7230499e"
        assert np.random.default_rng().random() == 0.47918763702664735
        assert random.Random().random() == 0.41028964474386553


def test_episode_seeds_are_stable_small_and_differ() -> None:
    seeds = {episode_seed(session, scene, n) for session in range(20) for scene in ("a", "b") for n in range(20)}
    assert len(seeds) == 800
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert episode_seed(7, "kitchen", 0) == episode_seed(7, "kitchen", 0) == 1835827467
