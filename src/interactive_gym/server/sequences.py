"""Which scene follows for a participant who has an order of their own. No clock, store or chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interactive_gym.scenes import Scene


def joined(visited: Iterable[str], drawn: Iterable[str]) -> list[str]:
    """The order of somebody for whom one is drawn after they have been in the ``visited`` scenes."""
    return list(dict.fromkeys([*visited, *drawn]))


def present(catalogue: Sequence[Scene], order: Sequence[str]) -> Sequence[Scene]:
    """The scenes of ``order`` that there still are; all of ``catalogue`` where no order was drawn.

    The researcher may have changed the file since. Whatever it says now, the way leads to its last page.
    """
    if not order:
        return catalogue
    known = {scene.id: scene for scene in catalogue[:-1]}
    return [*(known[name] for name in order if name in known), catalogue[-1]]


def onward(catalogue: Sequence[Scene], drawn: Sequence[str], visited: Iterable[str], gone: str) -> Scene:
    """Where somebody goes on whose scene ``gone`` there is no more: the next one of their order that there still is.

    Args:
        drawn: Their order, if one was drawn; else the next one is that after all in which they have been.
    """
    order, been = present(catalogue, drawn), {*visited}
    if gone in drawn:
        later = drawn[drawn.index(gone) :]
        return next((scene for scene in order[:-1] if scene.id in later), order[-1])
    reached = max((place for place, scene in enumerate(order[:-1]) if scene.id in been), default=-1)
    return order[reached + 1]


def following(order: Sequence[Scene], scene: Scene) -> Scene:
    """What comes after ``scene``. One that is in nobody's order any more is followed by the last page."""
    places = [place for place, known in enumerate(order) if known.id == scene.id]
    return order[places[0] + 1] if places else order[-1]
