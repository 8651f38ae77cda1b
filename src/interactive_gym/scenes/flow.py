"""The stager: which sequences of scenes make an experiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.base import Scene
from interactive_gym.scenes.factor import Factor, check_factors
from interactive_gym.scenes.gym import GymScene
from interactive_gym.scenes.gym_parameters import LEAVE, NEXT
from interactive_gym.scenes.static import LastPage, StartScene
from interactive_gym.scenes.wrappers import Conditions, Draw, SceneWrapper, chosen_by, scenes_of, wrappers_of


def check_flow(parts: Sequence[Scene | SceneWrapper]) -> tuple[Scene, ...]:
    """The scenes of an experiment: a start first, a last page last, every id once, each scene complete.

    Returns:
        All scenes that anybody may see, as they are written.

    Raises:
        ConfigError: They are not; the error names the scene.
    """
    catalogue = tuple(scenes_of(parts))
    _check_ends(parts)
    _check_ids(catalogue)
    for scene in catalogue:
        scene.check()
    for wrapper in wrappers_of(parts):
        _check_wrapper(wrapper)
    check_factors(factors_of(parts))
    _check_ways(catalogue)
    return catalogue


def factors_of(parts: Sequence[Scene | SceneWrapper]) -> Iterator[Factor]:
    """Of its conditions, and of what differs within its games."""
    yield from (wrapper.factor for wrapper in wrappers_of(parts) if isinstance(wrapper, Conditions))
    for scene in scenes_of(parts):
        if isinstance(scene, GymScene):
            yield from scene.differing.values()


def _check_ends(parts: Sequence[Scene | SceneWrapper]) -> None:
    if not parts:
        raise _refused("an experiment needs at least a StartScene and an EndScene or CompletionCodeScene")
    first, last = parts[0], parts[-1]
    if not isinstance(first, StartScene):
        raise _refused(f"the first scene must be a StartScene, not {type(first).__name__}; put one before it", first)
    if not isinstance(last, LastPage):
        needed = "an EndScene or a CompletionCodeScene"
        raise _refused(f"the last scene must be {needed}, not {type(last).__name__}; add one after it", last)
    for scene in scenes_of(parts[1:-1]):
        if isinstance(scene, StartScene):
            raise _refused("a StartScene can only be the first scene; use a StaticScene here", scene)
        if isinstance(scene, LastPage):
            raise _refused(f"nothing can follow {type(scene).__name__}; move it to the end", scene)


def _check_wrapper(wrapper: SceneWrapper) -> None:
    """That it chooses as it should, as far as one try tells: a participant would be the first to see it otherwise."""
    if not wrapper.parts:
        raise ConfigError("has no scenes", method=type(wrapper).__name__, parameter="scenes")
    try:
        chosen_by(wrapper, Draw(Random(0), lambda factor: next(iter(factor.values))))
    except ConfigError:
        raise
    except Exception as problem:
        kind = type(problem).__name__
        raise ConfigError(f"{type(wrapper).__name__} raises {kind}: {problem}", method="choose") from problem


def _check_ways(catalogue: Sequence[Scene]) -> None:
    """Whoever finds no partners, or loses them, goes on to a scene that there is."""
    for place, scene in enumerate(catalogue):
        later = {scene.id for scene in catalogue[place + 1 :]}
        for method, parameter, way in _ways(scene):
            if way not in later:
                problem = f"is no id of a scene after {scene.id!r}: {way!r}"
                raise ConfigError(problem, scene=scene.id, method=method, parameter=parameter)


def _ways(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """Method, parameter, and the scene that they name."""
    if not isinstance(scene, GymScene) or len(scene.humans) == 1:
        return
    if scene.waiting.way_to is not None:
        yield "waitroom", "on_timeout", scene.waiting.way_to
    if scene.left_behind not in (LEAVE, NEXT):
        yield "multiplayer", "left_behind", scene.left_behind


def _check_ids(sequence: tuple[Scene, ...]) -> None:
    seen: dict[str, Scene] = {}
    for scene in sequence:
        # Ids become folders, and some file systems do not tell "Game" from "game".
        if other := seen.get(scene.id.lower()):
            raise _refused(f"{type(other).__name__} {other.id!r} has this id; give each scene its own", scene)
        seen[scene.id.lower()] = scene


def _refused(problem: str, scene: Scene | SceneWrapper | None = None) -> ConfigError:
    place = scene.id if isinstance(scene, Scene) else None
    return ConfigError(problem, scene=place, method="scenes", parameter="scenes")
