"""What is known of a participant beside their answers: a few names with short values, which everybody may read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from interactive_gym.scenes.checks import LARGEST_WHOLE, shown
from interactive_gym.scenes.parameters import Parameters

MAX_ATTRIBUTES = 100
MAX_VALUE = 1_000
"""Characters of one value as JSON. Attributes travel with every change of one of them, and into every game."""

Value: TypeAlias = bool | int | float | str | None

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def attribute_name(value: object) -> str:
    """
    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        rule = "1 to 64 letters, digits, '-' and '_', beginning with a letter or '_'"
        raise ValueError(f"{shown(value)} is not the name of an attribute: {rule}")
    return value


def attribute_value(value: object) -> Value:
    """
    Raises:
        ValueError: It is not a short number, text, True, False or None.
    """
    plain = value.item() if hasattr(value, "item") else value  # of numpy
    if not (plain is None or isinstance(plain, (bool, int, float, str))):
        raise ValueError(f"{shown(value)} is not a number, text, True, False or None")
    if isinstance(plain, float) and plain - plain != 0:
        raise ValueError(f"{plain} cannot be sent as JSON; use a finite number")
    if isinstance(plain, int) and abs(plain) > LARGEST_WHOLE:
        raise ValueError(f"{shown(plain)} is beyond the whole numbers that browsers know")
    if len(json.dumps(plain, ensure_ascii=False)) > MAX_VALUE:
        raise ValueError(f"has more than {MAX_VALUE} characters")
    return plain


def attribute_values(value: object) -> dict[str, Value]:
    """Attributes by name.

    Raises:
        ValueError: A name or a value is none, or there are too many.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a dict of name -> number, text, True, False or None, not {shown(value)}")
    if len(value) > MAX_ATTRIBUTES:
        raise ValueError(f"has {len(value)} attributes, of which at most {MAX_ATTRIBUTES} are kept")
    return {attribute_name(name): attribute_value(item) for name, item in value.items()}


def renamed(value: object) -> dict[str, str]:
    """Names of something, each with the attribute that it becomes: a list of names that stay, or a dict.

    Raises:
        ValueError: It is neither, or what it becomes is no name, or is one twice.
    """
    if isinstance(value, str) or not isinstance(value, (list, tuple, Mapping)):
        raise ValueError(f"must be a list of names, or a dict of name -> attribute, not {shown(value)}")
    pairs = list(value.items()) if isinstance(value, Mapping) else [(name, name) for name in value]
    if wrong := [name for name, _ in pairs if not isinstance(name, str) or not name]:
        raise ValueError(f"{shown(wrong[0])} is not a name")
    kept = {name: attribute_name(attribute) for name, attribute in pairs}
    if len(kept) > MAX_ATTRIBUTES or len(set(kept.values())) < len(pairs):
        raise ValueError(f"names an attribute twice, or more than {MAX_ATTRIBUTES}")
    return kept


def attribute_names(value: object) -> frozenset[str]:
    """
    Raises:
        ValueError: It is not a list of names of attributes.
    """
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise ValueError(f"must be a list of names, not {shown(value)}")
    return frozenset(attribute_name(name) for name in value)


@dataclass(frozen=True)
class AttributeRules(Parameters):
    """Where a study's attributes come from, and who may see them; see ``Experiment.attributes``."""

    initial: Annotated[Mapping[str, Value], attribute_values] = field(default_factory=dict)
    from_query: Annotated[Mapping[str, str], renamed] = field(default_factory=dict)
    from_page: Annotated[frozenset[str], attribute_names] = frozenset()
    hidden: Annotated[frozenset[str], attribute_names] = frozenset()


@dataclass(frozen=True)
class AnswerAttributes(Parameters):
    """Which answers of a page become attributes."""

    from_answers: Annotated[Mapping[str, str], renamed] = field(default_factory=dict)
