"""Factors: what differs between the conditions of an experiment, and who shares one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Annotated, Literal

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.base import check_identifier
from interactive_gym.scenes.checks import choice, json_value, shown
from interactive_gym.scenes.parameters import Parameters, check_given


def named(value: object) -> Mapping[str, object]:
    """Something for each condition; conditions are named as ids are, because they stand in the data."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"must be a dict of conditions, such as {{'slow': 1, 'fast': 3}}, not {shown(value)}")
    for name in value:
        try:
            check_identifier(name, "Factor")
        except ConfigError as problem:
            raise ValueError(f"names a condition wrongly: {problem.problem}") from problem
    return dict(value)


def _values(value: object) -> Mapping[str, object]:
    return {name: json_value(item) for name, item in named(value).items()}


balances = choice("finished", "started")


@dataclass(frozen=True)
class Factor(Parameters):
    """One thing that differs between conditions. Write it in the place of a value in ``environment(options=...)``.

    Args:
        id: Names the factor in the data: 1 to 64 letters, digits, ``-`` and ``_``.
        values: Condition -> the value that it stands for, which JSON can carry. Conditions are named as ids are.
        by: ``"participant"``, the default: each has a condition of their own, drawn when they join.
            ``"group"``: those who play together share one, drawn when they are seated; the same people keep it.
        balance: ``"finished"``, the default: the next gets the condition that the fewest have finished; of those with
            equally many, the one in which the fewest are on their way. ``"started"``: the one that the fewest have
            begun, however that ended.

    Raises:
        ConfigError: A value is not as above.
    """

    id: str
    values: Annotated[Mapping[str, object], _values]
    _: KW_ONLY
    by: Annotated[Literal["participant", "group"], choice("participant", "group")] = "participant"
    balance: Annotated[Literal["finished", "started"], balances] = "finished"

    def __post_init__(self) -> None:
        check_identifier(self.id, "Factor")
        check_given(self, method="Factor")

    def of(self, values: Mapping[str, object]) -> Factor:
        """The same factor where it stands for other values: what differs together is drawn once.

        Args:
            values: Condition -> value, for the same conditions.

        Raises:
            ConfigError: The conditions are others, or JSON cannot carry a value.
        """
        other = replace(self, values=values)
        if set(other.values) != set(self.values):
            known = ", ".join(map(repr, self.values))
            problem = f"must have a value for each condition of {self.id!r}, and no other: {known}"
            raise ConfigError(problem, method="of", parameter="values")
        return other


def check_factors(factors: Iterable[Factor]) -> None:
    """Check that those with the same id are the same, as ``of`` makes them.

    Raises:
        ConfigError: They have other conditions, or are drawn in another way.
    """
    seen: dict[str, Factor] = {}
    for factor in factors:
        first = seen.setdefault(factor.id, factor)
        if (set(first.values), first.by, first.balance) != (set(factor.values), factor.by, factor.balance):
            fix = "give it another id, or make the one of the other with .of(...)"
            problem = f"{factor.id!r} is there twice, with other conditions, 'by' or 'balance'; {fix}"
            raise ConfigError(problem, method="Factor", parameter="id")
