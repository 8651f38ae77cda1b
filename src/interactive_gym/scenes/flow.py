"""The stager: which sequences of scenes make an experiment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.base import Scene
from interactive_gym.scenes.factor import Factor, check_factors
from interactive_gym.scenes.gym import GymScene
from interactive_gym.scenes.gym_parameters import LEAVE, NEXT
from interactive_gym.scenes.static import LastPage, StartScene
from interactive_gym.scenes.wrappers import Conditions, Draw, SceneWrapper, chosen_by, scenes_of, wrappers_of

_Path = tuple[tuple[SceneWrapper | None, int], ...]


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
    _check_ways(parts)
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


def _check_ways(parts: Sequence[Scene | SceneWrapper]) -> None:
    """Whoever finds no partners, or loses them, goes on to a scene that there is, for them."""
    places = dict(_places(parts))
    for scene in scenes_of(parts):
        for method, parameter, way in _ways(scene):
            problem = _problem_of(places, scene.id, way)
            if problem:
                raise ConfigError(problem, scene=scene.id, method=method, parameter=parameter)


def _ways(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """Method, parameter, and the scene that they name."""
    if not isinstance(scene, GymScene) or len(scene.humans) == 1:
        return
    if scene.waiting.way_to is not None:
        yield "waitroom", "on_timeout", scene.waiting.way_to
    if scene.left_behind not in (LEAVE, NEXT):
        yield "multiplayer", "left_behind", scene.left_behind


def _places(
    parts: Sequence[Scene | SceneWrapper], within: SceneWrapper | None = None, path: _Path = ()
) -> Iterator[tuple[str, _Path]]:
    """Of each scene: within what it is, and at which place in that; the outermost first."""
    for place, part in enumerate(parts):
        here = (*path, (within, place))
        if isinstance(part, Scene):
            yield part.id, here
        else:
            yield from _places(part.parts, part, here)


def _problem_of(places: Mapping[str, _Path], here: str, way: str) -> str | None:
    """Why not everybody who is in the scene ``here`` can go on to the scene ``way``."""
    missing = f"is no id of a scene after {here!r}: {way!r}"
    if way not in places or way == here:
        return missing
    steps = zip(places[here], places[way], strict=False)
    level = next(level for level, (one, other) in enumerate(steps) if one != other)
    (around, one), (_, other) = places[here][level], places[way][level]
    if around is None and other < one:
        return missing
    comes = around is None or around._follows(one, other)
    if comes and all(wrapper is None or wrapper._is_shown(place) for wrapper, place in places[way][level + 1 :]):
        return None
    return f"is a scene that does not come after {here!r} for everybody: {way!r}; choose one behind all that is drawn"


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
