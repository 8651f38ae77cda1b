"""What every scene is: an id, a kind, a page, and methods that return a refined copy."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from copy import copy
from dataclasses import dataclass, field
from typing import ClassVar, Self

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.checks import shown
from interactive_gym.scenes.parameters import refine

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def check_identifier(value: object, owner: str) -> None:
    """Ids name folders and columns of the data, so they are of letters that every file system takes.

    Raises:
        ConfigError: ``value`` is something else.
    """
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise ConfigError(
            f"{shown(value)} is not an id; use 1 to 64 letters, digits, '-' and '_', beginning with a letter or digit",
            method=owner,
            parameter="id",
        )


@dataclass(frozen=True)
class Scene(ABC):
    """One page of an experiment.

    Args:
        id: Names the scene in the data: 1 to 64 letters, digits, ``-`` and ``_``.

    Raises:
        ConfigError: ``id`` is something else.
    """

    id: str
    _called: frozenset[str] = field(default=frozenset(), init=False, repr=False, compare=False)

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_identifier(self.id, type(self).__name__)

    @abstractmethod
    def page(self) -> dict[str, object]:
        """What this scene decides of the page that the server sends for it (see ``protocol.py``)."""

    def check(self) -> None:
        """Check what depends on several methods.

        Raises:
            ConfigError: They do not fit each other.
        """
        return None

    def _refined(self, method: str, **given: object) -> Self:
        """A copy whose parameter table ``_<method>`` has what is given, and that knows that ``method`` was called."""
        name = f"_{method}"
        table = refine(getattr(self, name), given, scene=self.id, method=method)
        changed = copy(self)
        object.__setattr__(changed, name, table)
        object.__setattr__(changed, "_called", self._called | {method})
        return changed
