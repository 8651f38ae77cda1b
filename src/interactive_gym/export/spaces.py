"""Spaces of Gymnasium that hold what was recorded: those of the environment are not stored, so they are inferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from interactive_gym.errors import ConfigError


@dataclass
class Guess:
    """What is known of a space by the values that it has to hold.

    Integers from 0 are ``Discrete``, up to the greatest that was seen or that a key means; other numbers and arrays are
    a ``Box`` of their type and shape, without bounds but those of the type; texts, dicts and tuples are what they are.
    """

    kinds: set[str] = field(default_factory=set)
    low: float = 0
    high: float = 0
    dtype: Any = None
    shape: tuple[int, ...] = ()
    parts: dict[Any, Guess] = field(default_factory=dict)
    characters: set[str] = field(default_factory=set)

    def add(self, value: Any) -> None:
        """
        Raises:
            ConfigError: No space of Minari's holds it together with the values before.
        """
        if isinstance(value, (Mapping, tuple)):
            self._add_parts(value)
        elif isinstance(value, str):
            self._is("text")
            self.characters |= set(value)
            self.high = max(self.high, len(value))
        else:
            self._add_numbers(np.asarray(value))

    def _add_parts(self, value: Mapping[Any, Any] | tuple[Any, ...]) -> None:
        self._is("dict" if isinstance(value, Mapping) else "tuple")
        items = dict(value) if isinstance(value, Mapping) else dict(enumerate(value))
        if self.parts and self.parts.keys() != items.keys():
            raise ConfigError("dicts have other keys in other steps")
        for key, item in items.items():
            self.parts.setdefault(key, Guess()).add(item)

    def _add_numbers(self, array: Any) -> None:
        if array.dtype.kind not in "biuf":
            raise ConfigError(f"values of dtype {array.dtype} are no numbers")
        whole = array.shape == () and array.dtype.kind in "biu"
        self._is("whole" if whole else "array")
        if self.dtype is not None and (array.shape != self.shape):
            raise ConfigError(f"arrays have the shapes {self.shape} and {array.shape}")
        self.shape = array.shape
        self.dtype = array.dtype if self.dtype is None else np.promote_types(self.dtype, array.dtype)
        if whole:
            self.low, self.high = min(self.low, int(array)), max(self.high, int(array))

    def _is(self, kind: str) -> None:
        self.kinds.add(kind)
        if self.kinds == {"whole", "array"} and self.shape == ():
            return  # integers among other numbers
        if len(self.kinds) > 1:
            raise ConfigError(f"values are of different kinds: {' and '.join(sorted(self.kinds))}")

    def space(self) -> Any:
        """The space of Gymnasium."""
        from gymnasium import spaces

        if "dict" in self.kinds:
            return spaces.Dict({str(key): part.space() for key, part in sorted(self.parts.items(), key=str)})
        if "tuple" in self.kinds:
            return spaces.Tuple([part.space() for part in self.parts.values()])
        if "text" in self.kinds:
            return spaces.Text(max(1, int(self.high)), charset=frozenset(self.characters or {" "}))
        if self.kinds == {"whole"} and self.low >= 0:
            return spaces.Discrete(int(self.high) + 1)
        return self._box(spaces)

    def _box(self, spaces: Any) -> Any:
        dtype = np.dtype("int64") if self.kinds == {"whole"} else self.dtype
        if dtype.kind == "b":
            return spaces.MultiBinary(self.shape)
        bounds = (-np.inf, np.inf) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        return spaces.Box(*bounds, shape=self.shape, dtype=dtype.type)


def stacked(space: Any, values: Sequence[Any]) -> Any:
    """``values`` as Minari stores those of ``space``."""
    from gymnasium import spaces

    if isinstance(space, spaces.Dict):
        by_text = [{str(key): item for key, item in value.items()} for value in values]
        return {key: stacked(part, [value[key] for value in by_text]) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(stacked(part, [value[i] for value in values]) for i, part in enumerate(space.spaces))
    if isinstance(space, spaces.Text):
        return list(values)
    return np.stack([np.asarray(value, dtype=space.dtype) for value in values])
