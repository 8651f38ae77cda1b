"""An environment's state as bytes, put back into the very same environment.

Where the env has the hooks ``get_state()`` and ``set_state(state)``, they decide what its state is, but for ``agents``,
by which we know who acts; wrappers around it are still saved by us. Otherwise everything that can be reached from the
env is pickled, with these exceptions to what ``pickle`` and ``copy.deepcopy`` do:

    kept as they are         functions (local ones and lambdas too), classes, modules, loggers, locks, enum members,
                             our ``Surface``
    restored in place        the env and its wrappers, whatever has ``reset`` and ``step``, objects that a kept function
                             has captured, random generators, spaces (kept; only their own generator is state)
    restored by attributes   objects of classes that inherit ``EzPickle``, which would come back as new ones
    shared memory            a numpy view stays a view of its array

What a function hides in its closure, its defaults or its attributes is not saved: ``interactive-gym check`` finds it.
Global randomness and clocks are no state of an env (see ``determinism``).
"""

from __future__ import annotations

import io
import pickle
import traceback
from typing import Any, Literal

from interactive_gym.envs import reducers
from interactive_gym.envs.anatomy import path_to
from interactive_gym.envs.reducers import Shelf, is_hooked
from interactive_gym.errors import EnvError

PROTOCOL = 4  # 5 reads numpy arrays back half as fast


class Snapshot:
    """Saves and restores one environment.

    Bytes that :meth:`save` returned belong to this object, in this process, and to its last
    :data:`~interactive_gym.envs.reducers.MEMORY` saves.

    Attributes:
        method: ``"hooks"`` if the env has its own, else ``"reference"``.
    """

    def __init__(self, env: Any) -> None:
        self._env = env
        self._shelf = Shelf()
        self.method: Literal["hooks", "reference"] = "hooks" if _has_hooks(env) else "reference"

    def save(self) -> bytes:
        """Return the present state. The env is not changed.

        Raises:
            EnvError: Something in it cannot be saved; the text names it, ``stage`` is ``"step"``.
        """
        self._shelf.next_save()
        while True:
            known = self._shelf.anchored_count
            data = self._dump()
            if self._shelf.anchored_count == known:  # else a function held an object that is already in as a copy
                return data

    def load(self, data: bytes) -> None:
        """Put the env back to where it was when ``data`` was saved.

        Raises:
            EnvError: A hook or a class of the env raised, or ``data`` is too old; the env is unusable then.
        """
        try:
            _Loader(io.BytesIO(data), self._shelf).load()
        except Exception as error:
            problem = f"restoring the environment failed: {type(error).__name__}: {error}"
            raise EnvError(problem, stage="step", detail=traceback.format_exc()) from error

    def _dump(self) -> bytes:
        buffer = io.BytesIO()
        saver = _Saver(buffer, self._shelf)
        try:
            saver.dump(self._env)
        except Exception as error:
            raise EnvError(self._problem(saver.current, error), stage="step", detail=traceback.format_exc()) from error
        return buffer.getvalue()

    def _problem(self, culprit: object, error: Exception) -> str:
        place = path_to(self._env, culprit) or "something in the environment"
        return (
            f"{place} ({type(culprit).__name__}) cannot be saved: {error}. Give the environment get_state() and "
            "set_state(state), or keep this out of it"
        )


class _Saver(pickle.Pickler):
    """The C pickler, asked about every object that is not one of the plain builtin types."""

    def __init__(self, buffer: io.BytesIO, shelf: Shelf) -> None:
        super().__init__(buffer, PROTOCOL)
        self.current: object = None
        self._shelf = shelf
        self._reducers = shelf.reducers

    def reducer_override(self, obj: Any) -> Any:
        self.current = obj
        reduce = self._reducers.get(type(obj))
        if reduce is None:
            reduce = self._reducers[type(obj)] = reducers.reducer_for(type(obj))
        return reduce(obj, self._shelf)


class _Loader(pickle.Unpickler):
    """Only our own functions are found by name: all else that is global lies on the shelf."""

    def __init__(self, buffer: io.BytesIO, shelf: Shelf) -> None:
        super().__init__(buffer)
        self._shelf = shelf

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (reducers.__name__, reducers.kept.__name__):
            return self._shelf.take
        return super().find_class(module, name)


def _has_hooks(env: Any) -> bool:
    while env is not None:
        if is_hooked(type(env)):
            return True
        env = getattr(env, "__dict__", {}).get("env")
    return False
