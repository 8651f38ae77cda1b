"""Modules that Python in a browser lacks, and that environments import all the same.

``_multiprocessing`` is imported by gymnasium on the way to something that no game uses. pygame is imported by
environments that draw with it; here that import succeeds, and only its *use* fails, saying what to do instead.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NoReturn

PYGAME = "pygame"
LACKING = "_multiprocessing"


class NotInBrowser(RuntimeError):
    """Something was used that does not exist in a browser."""


def install() -> None:
    """Offer the stand-ins for whatever is really missing. A second call changes nothing."""
    if not any(isinstance(finder, PygameFinder) for finder in sys.meta_path):
        sys.meta_path.append(PygameFinder())  # last: a real pygame wins
    if LACKING not in sys.modules and find_spec(LACKING) is None:
        sys.modules[LACKING] = StandIn(LACKING)


class PygameFinder(MetaPathFinder):
    """Finds pygame, and any module inside of it, where nobody else has found it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != PYGAME and not fullname.startswith(PYGAME + "."):
            return None
        return ModuleSpec(fullname, PygameLoader(), is_package=True)


class PygameLoader(Loader):
    """Makes modules out of nothing."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        return None


class StandIn(ModuleType):
    """Has every name that one may ask for, except those that Python itself looks for in a module."""

    __all__: tuple[str, ...] = ()
    error = NotInBrowser  # "except pygame.error" needs an exception

    def __getattr__(self, name: str) -> Unusable:
        if name.startswith("__"):
            raise AttributeError(name)
        return Unusable(f"{self.__name__}.{name}")


class Unusable:
    """May be imported, kept, written in annotations and inherited from; not called, compared or calculated with."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Unusable:
        if name.startswith("__") or name == "_name":  # a copy is made without calling __init__
            raise AttributeError(name)
        return Unusable(f"{self._name}.{name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unusable) and self._name == other._name

    def __hash__(self) -> int:
        return hash(self._name)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (_UnusableBase,)

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __or__(self, other: Any) -> Unusable:
        return self

    __ror__ = __or__

    def __repr__(self) -> str:
        return f"<{self._name}, which is not in a browser>"

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotInBrowser(f"{self._name}() was called, {_ADVICE}")

    def _used(self, *args: Any) -> NoReturn:
        raise NotInBrowser(f"{self._name} was used, {_ADVICE}")

    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __mul__ = __and__ = _used
    __getitem__ = __iter__ = __len__ = __int__ = __float__ = __index__ = __enter__ = __exit__ = _used


class _UnusableBase:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotInBrowser(f"{type(self).__name__} inherits from pygame's class, {_ADVICE}")


_ADVICE = "but a participant's browser does not have it: draw with a Surface, in rendering(draw=...)"
