"""Libraries that not everybody has."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from interactive_gym.errors import ConfigError


def wanted(extra: str, *modules: str) -> list[Any]:
    """These modules.

    Raises:
        ConfigError: One of them is not installed; the text names the ``extra`` of the package that brings it.
    """
    try:
        return [import_module(name) for name in modules]
    except ImportError as error:
        fix = f'install them with: pip install "interactive-gym[{extra}]"'
        raise ConfigError(f"This needs libraries that are not installed ({error}); {fix}") from error
