"""The page about the netcode has every setting, with its default, and every event; and its example runs."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import get_args

from interactive_gym.netcode import Config, Event
from tests.docs.pages import page

PAGE = page("docs/explanation/netcode.md")
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|", re.MULTILINE)


def test_every_setting_is_told_with_its_default() -> None:
    documented = dict(ROW.findall(PAGE.split("## Session settings")[1].split("## Events")[0]))
    documented = {name: default.strip() for name, default in documented.items()}
    assert list(documented) == [field.name for field in fields(Config)]
    for field in fields(Config):
        if isinstance(field.default, str):
            assert documented[field.name] == f'`"{field.default}"`'
        elif isinstance(field.default, int | float):
            assert documented[field.name].removesuffix(" s") == f"{field.default:g}"


def test_every_event_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", PAGE.split("## Events")[1]))
    assert {kind.__name__ for kind in get_args(Event)} <= told


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(example, "netcode.md", "exec"), names)
    assert not names["report"].problems  # type: ignore[attr-defined]
