"""The code on the page on orders and conditions does what the page says."""

from __future__ import annotations

import re
from typing import Any

import interactive_gym as ig
from interactive_gym.scenes.wrappers import drawn
from tests.docs.pages import page
from tests.scenes import kitchen

STUDY, OPTIONS, BRIEFED, OWN = re.findall(
    r"```python\n(.*?)```", page("docs/how-to/order-and-conditions.md"), re.DOTALL
)


def scenes_of(parts: Any, *, briefing: str = "told", seed: str = "p-1") -> list[str]:
    return [scene.id for scene in drawn(parts, seed, lambda factor: briefing)]


def test_the_study() -> None:
    more = '.policies({0: ig.Human, 1: ig.Human}).rendering(draw=draw).gameplay(actions={"a": 0}, default_action=1)'
    names: dict[str, Any] = {"make_env": kitchen.make_env, "draw": kitchen.draw}
    exec(STUDY.replace("...\n", f"{more}\n"), names)
    found = scenes_of(names["experiment"].parts)
    assert found[:5] == ["welcome", "strategy", "kitchen-1", "kitchen-2", "kitchen-3"]
    assert sorted(found[5:-1]) == ["effort", "mood", "trust"]
    assert scenes_of(names["experiment"].parts, briefing="untold")[1] == "kitchen-1"


def test_what_differs_together() -> None:
    for text, factor, condition in ((OPTIONS, "size", "large"), (BRIEFED, "briefing", "untold")):
        names: dict[str, Any] = {"ig": ig}
        exec(text, names)
        values = {name: value.values[condition] for name, value in names["options"].items()}
        assert values == ({"size": 9, "seconds": 90} if factor == "size" else {"hints": False})
        assert {value.id for value in names["options"].values()} == {factor}


def test_an_order_of_your_own() -> None:
    names: dict[str, Any] = {"ig": ig}
    exec(OWN, names)
    one_each = names["OneEach"]([ig.StaticScene(id) for id in "ab"], [ig.StaticScene(id) for id in "cde"])
    found = {tuple(scenes_of([ig.RepeatScene(one_each, n=2)], seed=f"p-{number}")) for number in range(200)}
    assert len(found) == 36
    assert ("a-1", "e-1", "b-2", "c-2") in found
