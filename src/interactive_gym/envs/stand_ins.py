"""What :class:`~interactive_gym.envs.determinism.VirtualWorld` puts in the place of Python's clocks and entropy.

Each stand-in passes on to the function that it replaces whenever the world is not in a context.
"""

from __future__ import annotations

import copyreg
import datetime
import os
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

EPOCH_NS = 1_700_000_000 * 10**9  # what time.time() shows as an episode begins: plausible to code that prints dates
MONOTONIC_NS = 1_000 * 10**9
_CLOCKS = {"time": EPOCH_NS} | dict.fromkeys(("monotonic", "perf_counter", "process_time", "thread_time"), MONOTONIC_NS)

Patch = tuple[Any, str, object]


class World(Protocol):
    """What the stand-ins need to know."""

    def entropy(self, size: int) -> bytes | None: ...
    def now_ns(self) -> int | None: ...
    def sleep(self, seconds: float) -> None: ...
    def note(self, name: str) -> None: ...


def stand_ins(world: World) -> Iterator[Patch]:
    """Yield (owner, name, replacement); each is to be put in place before the next is asked for."""
    yield from _clocks(world)
    yield from _calendars(world)
    yield from _dates(world)
    yield from _entropy(world)


class StandIn(staticmethod):  # type: ignore[type-arg]
    """A function that behaves as the builtin it replaces: as an attribute of a class it does not turn into a method,
    and it is pickled by its name.
    """

    def __reduce__(self) -> str:
        return self.__name__


def _stand_in(owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Patch:
    original = getattr(owner, name)
    function = make(original)
    function.__module__, function.__name__, function.__qualname__ = owner.__name__, name, name
    function.__doc__ = original.__doc__
    return owner, name, StandIn(function)


def _clocks(world: World) -> Iterator[Patch]:
    for name, start in _CLOCKS.items():
        if hasattr(time, name):  # WebAssembly has no thread_time
            yield _stand_in(time, name, partial(_seconds, world, f"time.{name}", start))
            yield _stand_in(time, f"{name}_ns", partial(_nanoseconds, world, f"time.{name}_ns", start))
    yield _stand_in(time, "sleep", partial(_sleep, world))


def _seconds(world: World, name: str, start: int, real: Callable[[], float]) -> Callable[[], float]:
    def clock() -> float:
        now = world.now_ns()
        if now is None:
            return real()
        world.note(name)
        return (start + now) / 1e9

    return clock


def _nanoseconds(world: World, name: str, start: int, real: Callable[[], int]) -> Callable[[], int]:
    def clock() -> int:
        now = world.now_ns()
        if now is None:
            return real()
        world.note(name)
        return start + now

    return clock


def _sleep(world: World, real: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float, /) -> None:
        if world.now_ns() is None:
            real(seconds)
        else:
            world.note("time.sleep")
            world.sleep(seconds)

    return sleep


def _calendars(world: World) -> Iterator[Patch]:
    gmtime = time.gmtime
    for name in ("gmtime", "localtime"):
        yield _stand_in(time, name, partial(_calendar, world, gmtime))
    yield _stand_in(time, "ctime", partial(_text_of_now, world, 0, float))
    yield _stand_in(time, "asctime", partial(_text_of_now, world, 0, gmtime))
    yield _stand_in(time, "strftime", partial(_text_of_now, world, 1, gmtime))


def _calendar(world: World, utc: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    def calendar(seconds: float | None = None, /) -> Any:
        if world.now_ns() is None:
            return real(seconds)
        return utc(time.time() if seconds is None else seconds)  # local time, too: participants live in many zones

    return calendar


def _text_of_now(
    world: World, arguments: int, moment: Callable[[float], Any], real: Callable[..., str]
) -> Callable[..., str]:
    """``real`` takes the moment as an optional argument after ``arguments`` others."""

    def text(*given: Any) -> str:
        if len(given) > arguments or world.now_ns() is None:
            return real(*given)
        return real(*given, moment(time.time()))

    return text


def _dates(world: World) -> Iterator[Patch]:
    real = datetime.datetime
    virtual = _datetime_class(world, real)
    # Values of the real class would no longer be found under its name.
    copyreg.pickle(real, lambda value: (virtual, value.__reduce__()[1]))  # type: ignore[arg-type,return-value]
    yield datetime, "datetime", virtual


def _datetime_class(world: World, real: type[datetime.datetime]) -> type[datetime.datetime]:
    class Meta(type):
        # Values that C code makes, or that came before us, are of the real class and must pass for ours.
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real) if cls is Virtual else super().__instancecheck__(value)

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, real) if cls is Virtual else super().__subclasscheck__(other)

    class Virtual(real, metaclass=Meta):  # type: ignore[misc,valid-type]
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return super().now(tz) if world.now_ns() is None else cls.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return super().utcnow() if world.now_ns() is None else cls.fromtimestamp(time.time())

        @classmethod
        def today(cls) -> Any:
            return cls.now()

        @classmethod
        def fromtimestamp(cls, timestamp: float, tz: datetime.tzinfo | None = None) -> Any:
            if tz is not None or world.now_ns() is None:
                return super().fromtimestamp(timestamp, tz)
            return super().fromtimestamp(timestamp, datetime.UTC).replace(tzinfo=None)

    Virtual.__module__, Virtual.__name__, Virtual.__qualname__ = "datetime", "datetime", "datetime"
    Virtual.__doc__ = real.__doc__
    return Virtual


def _entropy(world: World) -> Iterator[Patch]:
    yield _stand_in(os, "urandom", partial(_bytes, world, "os.urandom"))
    if hasattr(os, "getrandom"):
        yield _stand_in(os, "getrandom", partial(_bytes, world, "os.getrandom"))
    yield random, "_urandom", os.urandom  # what SystemRandom, secrets and numpy's SeedSequence come down to
    yield random.Random, "seed", _seed(world, random.Random.seed)
    yield random, "seed", random._inst.seed


def _bytes(world: World, name: str, real: Callable[..., bytes]) -> Callable[..., bytes]:
    def urandom(size: int, *flags: int) -> bytes:
        data = world.entropy(size)
        if data is None:
            return real(size, *flags)
        world.note(name)
        return data

    return urandom


def _seed(world: World, real: Callable[..., None]) -> Callable[..., None]:
    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        data = world.entropy(32) if a is None else None
        if data is None:
            return real(self, a, version)
        world.note("random.Random()")
        return real(self, int.from_bytes(data, "big"), version)

    return seed
