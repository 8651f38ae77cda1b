"""The stager: which sequences of scenes make an experiment."""

from __future__ import annotations

from collections.abc import Sequence

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.base import Scene
from interactive_gym.scenes.checks import shown
from interactive_gym.scenes.static import LastPage, StartScene


def check_sequence(scenes: Sequence[object]) -> tuple[Scene, ...]:
    """The scenes of an experiment: a start first, a last page last, every id once, each scene complete.

    Raises:
        ConfigError: They are not; the error names the scene.
    """
    sequence = _only_scenes(scenes)
    _check_ends(sequence)
    _check_ids(sequence)
    for scene in sequence:
        scene.check()
    return sequence


def _only_scenes(scenes: Sequence[object]) -> tuple[Scene, ...]:
    for position, scene in enumerate(scenes, start=1):
        if not isinstance(scene, Scene):
            fix = "; call it with an id" if isinstance(scene, type) else ""
            raise _refused(f"argument {position} is not a scene but {shown(scene)}{fix}")
    return tuple(scene for scene in scenes if isinstance(scene, Scene))


def _check_ends(sequence: tuple[Scene, ...]) -> None:
    if not sequence:
        raise _refused("an experiment needs at least a StartScene and an EndScene or CompletionCodeScene")
    first, last = sequence[0], sequence[-1]
    if not isinstance(first, StartScene):
        raise _refused(f"the first scene must be a StartScene, not {type(first).__name__}; put one before it", first)
    if not isinstance(last, LastPage):
        needed = "an EndScene or a CompletionCodeScene"
        raise _refused(f"the last scene must be {needed}, not {type(last).__name__}; add one after it", last)
    for scene in sequence[1:-1]:
        if isinstance(scene, StartScene):
            raise _refused("a StartScene can only be the first scene; use a StaticScene here", scene)
        if isinstance(scene, LastPage):
            raise _refused(f"nothing can follow {type(scene).__name__}; move it to the end", scene)


def _check_ids(sequence: tuple[Scene, ...]) -> None:
    seen: dict[str, Scene] = {}
    for scene in sequence:
        # Ids become folders, and some file systems do not tell "Game" from "game".
        if other := seen.get(scene.id.lower()):
            raise _refused(f"{type(other).__name__} {other.id!r} has this id; give each scene its own", scene)
        seen[scene.id.lower()] = scene


def _refused(problem: str, scene: Scene | None = None) -> ConfigError:
    return ConfigError(problem, scene=scene.id if scene else None, method="scenes", parameter="scenes")
