"""The environment's state as it is recorded: what of it is plain data, and a digest of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interactive_gym.envs.reducers import is_hooked
from interactive_gym.envs.state_digest import StateDigest
from interactive_gym.errors import EnvError
from interactive_gym.game.calling import called
from interactive_gym.game.setup import Setup
from interactive_gym.netcode.config import DIGEST_EVERY
from interactive_gym.records import NotCanonical, encode

WHOLE = "get_state()"  # the name of a state that is no dict of parts


class NoState(EnvError):
    """Nothing of the environment's state can be recorded."""


class States:
    """Looks at the states of a game's environments.

    Attributes:
        left_out: Names of what is no plain data and so not recorded, and why; of all states so far.
    """

    def __init__(self, setup: Setup) -> None:
        self.left_out: dict[str, str] = {}
        self._is_recorded = setup.record_states
        self._is_hashed = len(setup.humans) > 1
        self._no_state = setup.no_state
        self._digest = StateDigest(setup.no_state)

    def recorded(self, env: Any, frame: int) -> dict[str, Any] | None:
        """What is recorded of the state after ``frame``: its parts by name, not copied. None if nobody wants it.

        Raises:
            EnvError: Its ``get_state()`` raised.
            NoState: After the reset.
        """
        if not self._is_recorded:
            return None
        stage = "reset" if frame < 0 else "step"
        there, left_out = self.parts(env, stage)
        self.left_out |= left_out
        if frame < 0 and not there:
            raise NoState(_nothing(env, left_out), stage=stage)
        return there

    def recorded_hash(self, env: Any, frame: int, *, is_last: bool) -> str | None:
        """The hash that is recorded of the state after ``frame``; None where none is taken.

        Which frames have one is decided by their number alone, so that all who play together record it of the same
        ones. They are those whose states the netcode compares between the players.
        """
        is_taken = self._is_hashed and (is_last or (frame + 1) % DIGEST_EVERY == 0)
        return self.digest(env).hex() if is_taken else None

    def digest(self, env: Any) -> bytes:
        """Of all of the state."""
        return self._digest.of(env)

    def parts(self, env: Any, stage: str = "step") -> tuple[dict[str, Any], dict[str, str]]:
        """The state by name: what ``get_state()`` gives, or else the attributes of the innermost environment.

        Returns:
            What is plain data; and why the rest of it cannot be recorded.

        Raises:
            EnvError: ``get_state()`` raised.
        """
        inner = _innermost(env)
        ignored = {name for cls, name in self._no_state if cls == type(inner).__qualname__}
        there: dict[str, Any] = {}
        left_out: dict[str, str] = {}
        for name, value in _named(_state(inner, stage)).items():
            if name not in ignored:
                try:
                    encode({name: value})
                except NotCanonical as error:
                    left_out[name] = error.reason
                else:
                    there[name] = value
        return there, left_out


def _state(inner: Any, stage: str) -> Any:
    return called(stage, inner.get_state) if is_hooked(type(inner)) else getattr(inner, "__dict__", {})


def _named(state: Any) -> Mapping[str, Any]:
    if isinstance(state, Mapping):
        named = {str(name): value for name, value in state.items()}
        if len(named) == len(state):
            return named
    return {WHOLE: state}


def _innermost(env: Any) -> Any:
    """What wrappers are around; they have no state that is worth a look."""
    while not is_hooked(type(env)) and "env" in getattr(env, "__dict__", {}):
        env = env.env
    return env


def _nothing(env: Any, left_out: Mapping[str, str]) -> str:
    inner = _innermost(env)
    how = "get_state() gives" if is_hooked(type(inner)) else "it has"
    what = ", ".join(f"{name} ({reason})" for name, reason in sorted(left_out.items())[:3]) or "no attributes"
    return (
        f"nothing of the state of {type(inner).__name__} can be recorded; {how} {what}. "
        "Give it get_state() and set_state(state), with a dict of numbers, text, lists, dicts or numpy arrays, or "
        "do not ask for record_states"
    )
