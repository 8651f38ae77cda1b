"""Every error that Interactive Gym raises on purpose, sorted by whose fault it is.

    InteractiveGymError
    ├── ConfigError    the researcher: a scene, a parameter, an experiment file
    ├── EnvError       the environment: it did not import, reset, step or draw
    ├── ClientError    the browser: a message that is malformed or not allowed
    └── ServerError    us: a broken installation, a full disk

``str(error)`` is written for the person at fault and says what is wrong, where, and what to do about it.
"""

from __future__ import annotations


class InteractiveGymError(Exception):
    """Root of the tree; catch it to catch everything that this package raises on purpose."""


class ConfigError(InteractiveGymError):
    """The experiment's configuration is wrong. Raised while it is built, never while participants play.

    Args:
        problem: What is wrong and how to fix it, as a sentence.
        scene: Id of the scene, where the problem belongs to one.
        method: Method of the config that was called, such as ``"gameplay"``.
        parameter: Name of the parameter at fault.
    """

    def __init__(
        self, problem: str, *, scene: str | None = None, method: str | None = None, parameter: str | None = None
    ) -> None:
        self.problem = problem
        self.scene = scene
        self.method = method
        self.parameter = parameter
        super().__init__(f"{self._where()}{problem}")

    def _where(self) -> str:
        call = f".{self.method}({self.parameter or ''})" if self.method else self.parameter or ""
        place = " ".join(part for part in (f"scene {self.scene!r}" if self.scene else "", call) if part)
        return f"{place}: " if place else ""


class EnvError(InteractiveGymError):
    """The environment, its draw function or a policy failed.

    Args:
        problem: What happened, as a sentence.
        stage: Where it happened: ``"import"``, ``"make"``, ``"reset"``, ``"step"``, ``"draw"`` or ``"policy"``.
        detail: The traceback, for the log and the store; participants never see it.
    """

    def __init__(self, problem: str, *, stage: str, detail: str = "") -> None:
        self.problem = problem
        self.stage = stage
        self.detail = detail
        super().__init__(problem)


class ClientError(InteractiveGymError):
    """A browser sent something that is malformed, not allowed, or too late.

    Args:
        reason: Machine-readable, such as ``"not_your_session"``; stored with the event and sent back.
        problem: The same as a sentence.
    """

    def __init__(self, reason: str, problem: str) -> None:
        self.reason = reason
        self.problem = problem
        super().__init__(f"{reason}: {problem}")


class ServerError(InteractiveGymError):
    """Our own fault or our host's: a missing client build, an unwritable data folder."""
