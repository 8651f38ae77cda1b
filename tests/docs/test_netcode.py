"""The netcode page has every setting and its default, what scenes set, and every event; its example runs."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from typing import get_args

from interactive_gym.game import matchconfig
from interactive_gym.netcode import Config, Event
from tests.docs.pages import in_backticks, page, section, table

PAGE = page("docs/explanation/netcode.md")
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|", re.MULTILINE)


def test_every_setting_is_told_with_its_default() -> None:
    documented = dict(ROW.findall(PAGE.split("## Session settings")[1].split("###")[0]))
    documented = {name: default.strip() for name, default in documented.items()}
    assert list(documented) == [field.name for field in fields(Config)]
    for field in fields(Config):
        if isinstance(field.default, str):
            assert documented[field.name] == f'`"{field.default}"`'
        elif isinstance(field.default, int | float):
            assert documented[field.name].removesuffix(" s") == f"{field.default:g}"


def test_what_scenes_set_is_told() -> None:
    told = table(section(PAGE, "### What scenes set"))
    code = ast.parse(page("src/interactive_gym/game/matchconfig.py"))
    (call,) = (node for node in ast.walk(code) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Config")
    assert set(told) == {keyword.arg for keyword in call.keywords}
    shown = {
        "pause_timeout": matchconfig.LOST["reconnection_timeout_s"],
        "return_timeout": matchconfig.LOST["return_timeout_s"],
    }
    shown |= {"server_timeout": matchconfig.SERVER_PATIENCE, "settle_timeout": matchconfig.SETTLE_PATIENCE}
    for name, seconds in shown.items():
        assert f"{seconds:g} s" in told[name][-1]
    assert {f'"{matchconfig.LOST[name]}"' for name in ("on_disconnect", "on_leave")} <= in_backticks(
        told["on_disconnect"][-1]
    )
    modes = in_backticks(told["prediction"][-1])
    assert {f'"{expected}"' for expected in matchconfig.PREDICTION.values()} <= modes
    assert all(any(f'"{mode}"' in word for word in modes) for mode in matchconfig.PREDICTION)


def test_every_event_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", PAGE.split("## Events")[1]))
    assert {kind.__name__ for kind in get_args(Event)} <= told


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(example, "netcode.md", "exec"), names)
    assert not names["report"].problems  # type: ignore[attr-defined]
