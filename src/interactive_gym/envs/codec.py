"""Actions in three forms, and the way between them, from the env's action space.

    plain     what a config, a policy or JSON holds: 2, [1, 0], {"steer": -0.5}
    native    what the env's ``action_space.contains`` accepts: an int, a numpy array, a dict, a tuple
    bytes     what travels between peers: of fixed length for a space, and any other bytes are refused

Spaces are recognised by the names of their classes, so a subclass works and gymnasium need not be installed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from interactive_gym.errors import EnvError


class ActionCodec(ABC):
    """The actions of one space.

    Attributes:
        size: Length of :meth:`encode`'s result, in bytes.
    """

    size: int

    @abstractmethod
    def native(self, plain: object) -> Any:
        """Return ``plain`` (or a native action) as what the env accepts, always in the same type.

        Raises:
            ValueError: It is not an action of this space; the text says why.
        """

    @abstractmethod
    def plain(self, native: Any) -> object:
        """Return ``native`` as JSON values."""

    @abstractmethod
    def encode(self, native: Any) -> bytes:
        """Return ``native`` as :attr:`size` bytes. Raises ValueError as :meth:`native` does."""

    @abstractmethod
    def decode(self, data: bytes) -> Any:
        """Return the native action of ``data``.

        Raises:
            ValueError: No action of this space is encoded like this.
        """

    @abstractmethod
    def sample(self, rng: Random) -> Any:
        """Draw a native action; equal generators draw equal actions on every platform."""


class DiscreteCodec(ActionCodec):
    """``start``, ``start + 1``, ... ``start + n - 1``.

    Attributes:
        actions: All of them.
    """

    def __init__(self, n: int, start: int = 0) -> None:
        self.actions = range(start, start + n)
        self._n = n
        self._start = start
        self.size = max(1, ((n - 1).bit_length() + 7) // 8)

    def native(self, plain: object) -> int:
        index = _integer(plain) - self._start
        if not 0 <= index < self._n:
            raise ValueError(f"{plain!r} is not one of the actions {self._start} to {self._start + self._n - 1}")
        return index + self._start

    def plain(self, native: Any) -> int:
        return self.native(native)

    def encode(self, native: Any) -> bytes:
        return (self.native(native) - self._start).to_bytes(self.size, "big")

    def decode(self, data: bytes) -> int:
        check_size(data, self.size)
        return self.native(int.from_bytes(data, "big") + self._start)

    def sample(self, rng: Random) -> int:
        return self._start + rng.randrange(self._n)


class TupleCodec(ActionCodec):
    """One action of each part, in order."""

    def __init__(self, parts: Sequence[ActionCodec]) -> None:
        self._parts = tuple(parts)
        self.size = sum(part.size for part in self._parts)

    def native(self, plain: object) -> tuple[Any, ...]:
        values = plain if isinstance(plain, tuple | list) else getattr(plain, "tolist", lambda: None)()
        if not isinstance(values, tuple | list) or len(values) != len(self._parts):
            raise ValueError(f"{plain!r} is not a list of {len(self._parts)} actions")
        return tuple(
            _at(f"[{position}]", part.native, value)
            for position, (part, value) in enumerate(zip(self._parts, values, strict=True))
        )

    def plain(self, native: Any) -> list[object]:
        return [part.plain(value) for part, value in zip(self._parts, native, strict=True)]

    def encode(self, native: Any) -> bytes:
        return b"".join(part.encode(value) for part, value in zip(self._parts, self.native(native), strict=True))

    def decode(self, data: bytes) -> tuple[Any, ...]:
        check_size(data, self.size)
        return tuple(part.decode(piece) for part, piece in _pieces(self._parts, data))

    def sample(self, rng: Random) -> tuple[Any, ...]:
        return tuple(part.sample(rng) for part in self._parts)


class DictCodec(ActionCodec):
    """One action under each key. JSON's keys are text, so a key that is none is found by its text too."""

    def __init__(self, parts: Mapping[Any, ActionCodec]) -> None:
        self._parts = dict(parts)
        self.size = sum(part.size for part in self._parts.values())

    def native(self, plain: object) -> dict[Any, Any]:
        if not isinstance(plain, Mapping) or {str(key) for key in plain} != {str(key) for key in self._parts}:
            raise ValueError(f"{plain!r} is not a dict with exactly the keys {list(self._parts)}")
        named = {str(key): value for key, value in plain.items()}
        return {key: _at(f"[{key!r}]", part.native, named[str(key)]) for key, part in self._parts.items()}

    def plain(self, native: Any) -> dict[str, object]:
        return {str(key): part.plain(native[key]) for key, part in self._parts.items()}

    def encode(self, native: Any) -> bytes:
        checked = self.native(native)
        return b"".join(part.encode(checked[key]) for key, part in self._parts.items())

    def decode(self, data: bytes) -> dict[Any, Any]:
        check_size(data, self.size)
        pieces = _pieces(list(self._parts.values()), data)
        return {key: part.decode(piece) for key, (part, piece) in zip(self._parts, pieces, strict=True)}

    def sample(self, rng: Random) -> dict[Any, Any]:
        return {key: part.sample(rng) for key, part in self._parts.items()}


def codec_for(space: Any) -> ActionCodec:
    """Return the codec of an action space.

    Raises:
        EnvError: Actions of this kind of space cannot be given by keys or policies yet; ``stage`` is ``"make"``.
    """
    for cls in type(space).__mro__:
        make = _MAKERS.get(cls.__name__)
        if make is not None:
            return make(space)
    raise EnvError(
        f"the action space {space!r} is not supported: use Discrete, MultiDiscrete, MultiBinary, Box, or a Dict or "
        "Tuple of these",
        stage="make",
    )


def _discrete(space: Any) -> ActionCodec:
    return DiscreteCodec(int(space.n), int(getattr(space, "start", 0)))


def _multi_discrete(space: Any) -> ActionCodec:
    from interactive_gym.envs.array_codec import MultiDiscreteCodec

    return MultiDiscreteCodec(space.nvec, getattr(space, "start", None), space.dtype)


def _multi_binary(space: Any) -> ActionCodec:
    from interactive_gym.envs.array_codec import MultiBinaryCodec

    return MultiBinaryCodec(space.shape, space.dtype)


def _box(space: Any) -> ActionCodec:
    from interactive_gym.envs.array_codec import BoxCodec

    return BoxCodec(space.low, space.high, space.dtype)


def _tuple(space: Any) -> ActionCodec:
    return TupleCodec([codec_for(part) for part in space.spaces])


def _dict(space: Any) -> ActionCodec:
    return DictCodec({key: codec_for(part) for key, part in space.spaces.items()})


_MAKERS: Mapping[str, Callable[[Any], ActionCodec]] = {
    "Discrete": _discrete,
    "MultiDiscrete": _multi_discrete,
    "MultiBinary": _multi_binary,
    "Box": _box,
    "Tuple": _tuple,
    "Dict": _dict,
}


def _integer(value: object) -> int:
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        raise ValueError(f"{value!r} is true or false, not the number of an action")
    try:
        return int(value.__index__())  # type: ignore[attr-defined]
    except (AttributeError, TypeError) as error:
        raise ValueError(f"{value!r} is not the number of an action") from error


def _at(place: str, convert: Callable[[object], Any], value: object) -> Any:
    try:
        return convert(value)
    except ValueError as error:
        raise ValueError(f"at {place}: {error}") from error


def check_size(data: bytes, size: int) -> None:
    """Raise ValueError unless ``data`` is as long as every action of its space."""
    if len(data) != size:
        raise ValueError(f"an action of this space has {size} bytes, not {len(data)}")


def _pieces(parts: Sequence[ActionCodec], data: bytes) -> list[tuple[ActionCodec, bytes]]:
    pieces, start = [], 0
    for part in parts:
        pieces.append((part, data[start : start + part.size]))
        start += part.size
    return pieces
