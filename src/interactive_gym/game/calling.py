"""Calling what researchers wrote."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from interactive_gym.errors import EnvError


def called(stage: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call the researcher's ``function``.

    Raises:
        EnvError: It raised; the text names it and ``stage`` says what it was called for.
    """
    try:
        return function(*arguments, **options)
    except Exception as error:
        name = getattr(function, "__qualname__", repr(function))
        problem = f"{name}() raised {type(error).__name__}: {error}"
        raise EnvError(problem, stage=stage, detail=traceback.format_exc()) from error
