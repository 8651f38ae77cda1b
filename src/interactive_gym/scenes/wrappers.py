"""Wrappers: scenes whose order, number or choice is another one for each participant.

A wrapper holds its parts, scenes or wrappers, and chooses from them once, when a participant joins. What it may choose
is known beforehand, so that all of it can be checked, packed and described.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.base import Scene, check_identifier
from interactive_gym.scenes.checks import optional, shown, whole
from interactive_gym.scenes.factor import Factor, balances, named
from interactive_gym.scenes.parameters import checked

MAX_TIMES = 1000
"""Of a repeated scene; each time is a scene of its own, with its own folder."""

P = TypeVar("P", bound="Scene | SceneWrapper")


@dataclass(frozen=True)
class Draw:
    """What a choice may depend on.

    Attributes:
        random: Random numbers, seeded for this participant and this wrapper.
        condition: Factor -> the participant's condition; it is drawn, and balanced, where they have none yet.
    """

    random: Random
    condition: Callable[[Factor], str]


class SceneWrapper(ABC):
    """Scenes from which each participant sees a choice, in an order of their own.

    Derive a class from it for an order of your own: hand the parts to this constructor, and write :meth:`choose`.

    Args:
        scenes: Scenes and wrappers.

    Raises:
        ConfigError: Something else is among them.
    """

    parts: tuple[Scene | SceneWrapper, ...] = ()

    def __init__(self, *scenes: Scene | SceneWrapper) -> None:
        self.parts = only_parts(scenes, type(self).__name__)

    @abstractmethod
    def choose(self, draw: Draw) -> Sequence[Scene | SceneWrapper]:
        """What a participant sees of ``self.parts``, in this order, nothing twice.

        It is called once for each participant, in the server, while the store waits for it, for a second at most: it
        should only think. Where it fails, the participant cannot join, and is asked to try again in a moment. After
        three calls in a row that were not done in time it is not asked any more, until the server is started again:
        participants see all of ``self.parts``, as they are written, and "choice_failed" is recorded for each of them.

        Args:
            draw: What the choice may depend on, so that it can be repeated.
        """

    def _follows(self, one: int, other: int) -> bool:
        """Whether the part at ``other`` comes after that at ``one`` for all who see that; True where only it knows."""
        return True

    def _is_shown(self, place: int) -> bool:
        """Whether everybody sees the part at this place; True where only it knows."""
        return True


class RandomizeOrder(SceneWrapper):
    """Its scenes in an order that is drawn for each participant.

    Args:
        scenes: Scenes and wrappers. A wrapper's scenes stay together.
        keep_n: How many of them each participant sees; None, the default: all.

    Raises:
        ConfigError: Something else is among them, or there are fewer than ``keep_n``.
    """

    def __init__(self, *scenes: Scene | SceneWrapper, keep_n: int | None = None) -> None:
        super().__init__(*scenes)
        check = whole(1, max(1, len(scenes)))
        kept = checked(optional(check), keep_n, method="RandomizeOrder", parameter="keep_n")
        self._kept: int = len(scenes) if kept is None else kept

    def choose(self, draw: Draw) -> Sequence[Scene | SceneWrapper]:
        return draw.random.sample(self.parts, self._kept)

    def _follows(self, one: int, other: int) -> bool:
        return False

    def _is_shown(self, place: int) -> bool:
        return self._kept == len(self.parts)


class RepeatScene(SceneWrapper):
    """A scene several times in a row. Each time has an id of its own: ``<id>-1``, ``<id>-2`` and so on.

    Args:
        scene: A scene, or a wrapper: then the ids of its scenes are numbered, and it is drawn anew each time.
        n: How many times, 1 to 1,000.

    Raises:
        ConfigError: It is neither, ``n`` is out of its range, or an id becomes too long.
    """

    def __init__(self, scene: Scene | SceneWrapper, n: int) -> None:
        (once,) = only_parts([scene], "RepeatScene", "scene")
        times = checked(whole(1, MAX_TIMES), n, method="RepeatScene", parameter="n")
        super().__init__(*(_numbered(once, number) for number in range(1, times + 1)))

    def choose(self, draw: Draw) -> Sequence[Scene | SceneWrapper]:
        return self.parts

    def _follows(self, one: int, other: int) -> bool:
        return other > one


class Conditions(SceneWrapper):
    """Other scenes in each condition. A participant's is drawn, and balanced, when they join.

    Args:
        id: Names the conditions as a factor in the data: 1 to 64 letters, digits, ``-`` and ``_``.
        scenes: Condition -> a scene, a wrapper, or a list of them, which may be empty. Conditions are named as ids are.
        balance: As for ``Factor``.

    Raises:
        ConfigError: A value is not as above.
    """

    def __init__(
        self,
        id: str,
        scenes: Mapping[str, Scene | SceneWrapper | Sequence[Scene | SceneWrapper]],
        *,
        balance: Literal["finished", "started"] = "finished",
    ) -> None:
        check_identifier(id, "Conditions")
        kept = checked(balances, balance, method="Conditions", parameter="balance")
        given = checked(named, scenes, method="Conditions", parameter="scenes")
        lists = {name: _listed(item) for name, item in given.items()}
        super().__init__(*(part for parts in lists.values() for part in parts))
        self.factor = Factor(id, {name: name for name in lists}, balance=kept)
        self._lengths = {name: len(parts) for name, parts in lists.items()}

    def of(self, values: Mapping[str, object]) -> Factor:
        """A factor that is drawn with these conditions: what else differs between them, in a game of one player.

        Args:
            values: Condition -> value, for each condition.

        Raises:
            ConfigError: The conditions are others, or JSON cannot carry a value.
        """
        return self.factor.of(values)

    def choose(self, draw: Draw) -> Sequence[Scene | SceneWrapper]:
        chosen, before = draw.condition(self.factor), 0
        for name, length in self._lengths.items():
            if name == chosen:
                return self.parts[before : before + length]
            before += length
        raise LookupError(chosen)

    def _follows(self, one: int, other: int) -> bool:
        return other > one and self._condition_at(one) == self._condition_at(other)

    def _is_shown(self, place: int) -> bool:
        return False

    def _condition_at(self, place: int) -> object:
        return [name for name, length in self._lengths.items() for _ in range(length)][place]


def only_parts(scenes: Sequence[object], method: str, parameter: str = "scenes") -> tuple[Scene | SceneWrapper, ...]:
    """
    Raises:
        ConfigError: Something is neither a scene nor a wrapper.
    """
    for position, scene in enumerate(scenes, start=1):
        if not isinstance(scene, (Scene, SceneWrapper)):
            fix = "; call it with an id" if isinstance(scene, type) else ""
            problem = f"argument {position} is not a scene but {shown(scene)}{fix}"
            raise ConfigError(problem, method=method, parameter=parameter)
    return tuple(scene for scene in scenes if isinstance(scene, (Scene, SceneWrapper)))


def scenes_of(parts: Sequence[Scene | SceneWrapper]) -> Iterator[Scene]:
    """All that anybody may see, in the order in which it is written."""
    for part in parts:
        if isinstance(part, Scene):
            yield part
        else:
            yield from scenes_of(part.parts)


def wrappers_of(parts: Sequence[Scene | SceneWrapper]) -> Iterator[SceneWrapper]:
    """Also those within others."""
    for part in parts:
        if isinstance(part, SceneWrapper):
            yield part
            yield from wrappers_of(part.parts)


def drawn(
    parts: Sequence[Scene | SceneWrapper],
    seed: str,
    condition: Callable[[Factor], str],
    choose: Callable[[SceneWrapper, Draw], Sequence[Scene | SceneWrapper]] | None = None,
) -> list[Scene]:
    """The scenes of one participant. Of the same seed and conditions the same ones in the same order.

    Args:
        choose: Asks a wrapper; :func:`chosen_by` if not given.

    Raises:
        ConfigError: A wrapper does not choose as it should.
    """
    found: list[Scene] = []
    for position, part in enumerate(parts):
        if isinstance(part, Scene):
            found.append(part)
        else:
            # Seeded by the place, so that another draw before this one, or none any more, does not change it.
            found += _drawn(part, f"{seed}/{position}", condition, choose or chosen_by)
    return found


def _drawn(
    wrapper: SceneWrapper,
    seed: str,
    condition: Callable[[Factor], str],
    choose: Callable[[SceneWrapper, Draw], Sequence[Scene | SceneWrapper]],
) -> list[Scene]:
    found: list[Scene] = []
    for part in choose(wrapper, Draw(Random(seed), condition)):
        place = next(place for place, known in enumerate(wrapper.parts) if known is part)
        found += [part] if isinstance(part, Scene) else _drawn(part, f"{seed}/{place}", condition, choose)
    return found


def chosen_by(wrapper: SceneWrapper, draw: Draw) -> list[Scene | SceneWrapper]:
    """
    Raises:
        ConfigError: It chooses what it does not hold, or something twice.
    """
    chosen = list(wrapper.choose(draw))
    held = {id(part) for part in wrapper.parts}
    if {id(part) for part in chosen} - held or len({id(part) for part in chosen}) < len(chosen):
        problem = f"{type(wrapper).__name__} must return parts of its own, each at most once, not {shown(chosen)}"
        raise ConfigError(problem, method="choose")
    return chosen


def _listed(value: object) -> tuple[Scene | SceneWrapper, ...]:
    return only_parts(value if isinstance(value, (list, tuple)) else [value], "Conditions")


def _numbered(part: P, number: int) -> P:
    changed = copy(part)
    if isinstance(part, SceneWrapper):
        changed.parts = tuple(_numbered(one, number) for one in part.parts)  # type: ignore[union-attr]
        return changed
    name = f"{part.id}-{number}"
    check_identifier(name, "RepeatScene")
    object.__setattr__(changed, "id", name)
    return changed
