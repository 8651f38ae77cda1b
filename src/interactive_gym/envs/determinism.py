"""Randomness and time that an environment takes from the outside, given by us.

Published environments draw unseeded and look at clocks; two players, or a game and its replay, would then live in
different worlds while both records look right. So before every ``reset`` and ``step`` all entropy of the process, and
the global generators of ``random`` and ``numpy.random``, restart from a hash of (seed, episode, frame), and the clocks
show frame time. None of them is therefore part of an env's snapshot.
"""

from __future__ import annotations

import copyreg
import datetime
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from types import FrameType, TracebackType
from typing import Any

from interactive_gym.envs.stand_ins import stand_ins

READ_NS = 1_000  # each look at a clock lets it go on, so that loops that wait for it end and rates are never infinite
_PASSED_ON_BY = (
    "numpy.", "interactive_gym.", "gymnasium.core.", "gymnasium.spaces.", "gymnasium.utils.", "gymnasium.wrappers.",
)  # fmt: skip

EntropyHook = Callable[..., None]


def episode_seed(session_seed: int, scene_id: str, episode: int) -> int:
    """Return the seed that ``reset`` gets in one episode of one session: 31 bits, as every library accepts them."""
    return _hash64(f"{session_seed}/{scene_id}/{episode}") % 2**31


class VirtualWorld:
    """The one source of entropy and time while an environment runs.

    :meth:`install` must come before the import of any package that may keep a function of its own (``from time import
    perf_counter``). Outside of :meth:`frame` and :meth:`drawing` everything is as it always was.

    Attributes:
        stopwatch: The real ``time.perf_counter``, for measuring inside a frame.
        taken: What frames took from the outside so far, and the line that did so first, such as
            ``{"os.urandom": "kitchen.py:42 in step"}``.
    """

    def __init__(self) -> None:
        self.stopwatch: Callable[[], float] = time.perf_counter
        self.taken: dict[str, str] = {}
        self._undo: list[tuple[Any, str, Any]] = []
        self._hook: EntropyHook | None = None
        self._seed_random: Callable[[int], None] = random.seed
        self._seed_numpy: Callable[[int], None] | None = None
        self._keys: dict[tuple[int, int, str], int] = {}
        self._key: int | None = None
        self._drawn = 0
        self._now_ns: int | None = None

    def frame(self, seed: int, episode: int, frame: int, fps: float) -> Span:
        """A context for ``reset`` (frame -1) or one ``step``, with the clocks at ``(frame + 1) / fps`` seconds.

        ``seed`` is any number that all who replay the episode know. Contexts do not nest.
        """
        return Span(self, self._key_of(seed, episode, "frame", frame), int((frame + 1) * 1_000_000_000 / fps))

    def drawing(self, seed: int, episode: int, frame: int, who: str = "draw") -> Span:
        """A context for ``draw``, a HUD or a policy: entropy of its own, which no frame depends on, and real clocks."""
        return Span(self, self._key_of(seed, episode, who, frame), None)

    def entropy(self, size: int) -> bytes | None:
        """The next ``size`` bytes of the current context's entropy; None outside of one."""
        if self._key is None:
            return None
        data = b""
        while len(data) < size:
            data += blake2b(f"{self._key}/{self._drawn}".encode()).digest()
            self._drawn += 1
        return data[:size]

    def install(self, entropy_hook: EntropyHook | None = None) -> None:
        """Put our functions in the place of Python's. A second call changes nothing.

        Args:
            entropy_hook: Serves whoever takes entropy below Python (in a browser: ``crypto.getRandomValues``). Called
                with four 32-bit words to start its stream from when a context begins, and with None when it ends.
        """
        if self._undo:
            return
        self._hook = entropy_hook
        for owner, name, replacement in stand_ins(self):
            self._undo.append((owner, name, getattr(owner, name)))
            setattr(owner, name, replacement)

    def uninstall(self) -> None:
        """Give Python its functions back. Modules imported in between keep ours, which pass on to the real ones."""
        for owner, name, original in reversed(self._undo):
            setattr(owner, name, original)
        copyreg.dispatch_table.pop(datetime.datetime, None)
        self._undo.clear()
        self._hook = None

    @contextmanager
    def installed(self) -> Iterator[VirtualWorld]:
        """Installed for the length of a ``with`` block, unless it was before; then it stays."""
        was_before = bool(self._undo)
        self.install()
        try:
            yield self
        finally:
            if not was_before:
                self.uninstall()

    def note(self, name: str) -> None:
        """Remember that the current frame took ``name`` from the outside."""
        if self._now_ns is not None and name not in self.taken:
            place = _caller()
            if place is not None:
                self.taken[name] = place

    def now_ns(self) -> int | None:
        """Virtual nanoseconds since the episode began; None where the clocks are real."""
        if self._now_ns is None:
            return None
        self._now_ns += READ_NS
        return self._now_ns

    def sleep(self, seconds: float) -> None:
        """Let the virtual clocks go on."""
        if self._now_ns is not None:
            self._now_ns += int(seconds * 1_000_000_000)

    def enter(self, key: int, now_ns: int | None) -> None:
        """Begin a context; its :class:`Span` does."""
        if self._seed_numpy is None and "numpy" in sys.modules:
            self._seed_numpy = _numpy_seed()
        self._key, self._drawn, self._now_ns = key, 0, now_ns
        self._seed_random(key)
        words = random.getrandbits(160)  # as many in every Python, or else the next draw would differ between them
        if self._seed_numpy is not None:
            self._seed_numpy(words & 0xFFFFFFFF)
        if self._hook is not None:
            self._hook(*(words >> shift & 0xFFFFFFFF for shift in (32, 64, 96, 128)))

    def leave(self) -> None:
        """End a context."""
        self._key = self._now_ns = None
        if self._hook is not None:
            self._hook(None)

    def _key_of(self, seed: int, episode: int, who: str, frame: int) -> int:
        name = (seed, episode, who)
        key = self._keys.get(name)
        if key is None:
            if len(self._keys) > 100:  # of episodes long over
                self._keys.clear()
            key = self._keys[name] = _hash64(f"{seed}/{episode}/{who}")
        return key + frame


class Span:
    """One frame or drawing, as a context; cheaper than a generator, and there are sixty a second."""

    __slots__ = ("_key", "_now_ns", "_world")

    def __init__(self, world: VirtualWorld, key: int, now_ns: int | None) -> None:
        self._world = world
        self._key = key
        self._now_ns = now_ns

    def __enter__(self) -> None:
        self._world.enter(self._key, self._now_ns)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._world.leave()


def _numpy_seed() -> Callable[[int], None]:
    # numpy imports numpy.random when it is first used; inside a frame that would draw more entropy than a replay does.
    from numpy.random import seed

    return seed


def _hash64(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _caller() -> str | None:
    """The innermost line that is neither ours nor of the libraries through which entropy and time are taken.

    None if a library took it while it was imported, as ``multiprocessing`` does.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _passes_on(frame.f_globals.get("__name__", "")):
        if frame.f_code.co_name == "<module>":
            return None
        frame = frame.f_back
    if frame is None:
        return None
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno} in {frame.f_code.co_qualname}"


def _passes_on(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names or f"{module}.".startswith(_PASSED_ON_BY)
