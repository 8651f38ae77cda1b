"""Values that must not stand in an experiment's file, because participants receive that file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from interactive_gym.errors import ConfigError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Secret:
    """The name of an environment variable. The value is read where it is needed, on the server, and never printed."""

    name: str

    def value(self) -> str:
        """The secret itself.

        Raises:
            ConfigError: The variable is not set, or empty.
        """
        found = os.environ.get(self.name, "")
        if not found:
            raise ConfigError(
                f"the environment variable {self.name} is not set; start with {self.name}=... in the environment",
                method="secret",
                parameter="name",
            )
        return found


def secret(name: str) -> Secret:
    """A value that the server reads from the environment variable ``name`` when it needs it.

    Raises:
        ConfigError: ``name`` is not the name of an environment variable.
    """
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        # The wrong value is not repeated: it may well be the secret itself.
        raise ConfigError(
            "must be the name of an environment variable, such as 'STUDY_CODE', not the secret itself",
            method="secret",
            parameter="name",
        )
    return Secret(name)
