"""For whom a picture is: ``draw(env, surface)`` shows everybody the same, ``draw(env, surface, agent)`` need not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def takes_agent(function: Callable[..., Any], *before: str) -> bool:
    """Whether ``function`` is to be called with the agent after the arguments ``before``.

    It is if it cannot be called without one more argument, or if it calls the next one ``agent``.

    Raises:
        TypeError: It takes neither ``before`` nor that and the agent.
    """
    signature = inspect.signature(function)
    names = list(signature.parameters)[len(before) : len(before) + 1]
    if names != ["agent"] and _binds(signature, *before):
        return False
    signature.bind(*before, "agent")
    return True


def _binds(signature: inspect.Signature, *arguments: str) -> bool:
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True
