"""What the participant sees of a frame: draw commands or pixels, and a line of text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from interactive_gym.browser.hud import Hud
from interactive_gym.browser.spec import Spec
from interactive_gym.envs.adapter import adapt
from interactive_gym.errors import EnvError
from interactive_gym.game.calling import called
from interactive_gym.rendering import Surface
from interactive_gym.rendering.perspective import takes_agent


class View(NamedTuple):
    """A frame's picture: ``draw`` is a Surface packet; or ``pixels`` are RGBA, ``size`` their (width, height)."""

    draw: dict[str, Any] | None = None
    size: tuple[int, int] | None = None
    pixels: Any = None


class Picture:
    """Takes the pictures of one episode, with ``draw(env, surface)`` or by ``env.render()``.

    Either gets the agent for whose player it is, if it takes one: ``draw(env, surface, agent)``, ``render(agent=...)``.

    Args:
        agent: The environment's own name or number of it.
    """

    def __init__(self, spec: Spec, agent: Any) -> None:
        self._agent = agent
        self._draw = spec.draw
        self._extra = (agent,) if spec.draw is not None and takes_agent(spec.draw, "env", "surface") else ()
        self._options: Mapping[str, Any] | None = None
        self._surface = Surface(spec.width, spec.height, spec.assets)
        self._rendered: Surface | None = None
        self._rgba: Any = None
        self._fresh = True

    def take(self, env: Any) -> View:
        """The picture of ``env`` as it is now; the first one is whole.

        Raises:
            EnvError: The researcher's code raised, or rendered something that cannot be shown.
        """
        view = self._of_draw(env, self._draw) if self._draw is not None else self._of_render(env)
        self._fresh = False
        return view

    def _of_draw(self, env: Any, draw: Callable[..., object]) -> View:
        called("draw", draw, env, self._surface, *self._extra)
        return View(draw=self._surface.packet(full=self._fresh))

    def _of_render(self, env: Any) -> View:
        if self._options is None:
            self._options = {"agent": self._agent} if _names_agent(env.render) else {}
        rendered = called("draw", env.render, **self._options)
        if isinstance(rendered, Surface):
            full = self._fresh or rendered is not self._rendered  # another one does not know what the page shows
            self._rendered = rendered
            return View(draw=rendered.packet(full=full))
        if isinstance(rendered, dict) and "set" in rendered:
            return View(draw=rendered)
        return self._of_array(rendered)

    def _of_array(self, rendered: Any) -> View:
        shape: tuple[int, ...] = getattr(rendered, "shape", ())
        if len(shape) != 3 or shape[2] != 3 or str(rendered.dtype) != "uint8" or 0 in shape:
            raise EnvError(_render_problem(rendered), stage="draw")
        height, width, _ = shape
        if self._rgba is None or self._rgba.shape[:2] != (height, width):
            self._rgba = _opaque(height, width)
        self._rgba[:, :, :3] = rendered
        return View(size=(int(width), int(height)), pixels=self._rgba)


def look_of(spec: Spec) -> Callable[[Any], None]:
    """What does to an environment all that showing it to its players does."""
    views: list[tuple[Picture, Hud]] = []

    def look(env: Any) -> None:
        if not views:
            native = adapt(env).native
            humans = [agent for agent in spec.agents if agent in spec.humans]
            views.extend((Picture(spec, native(agent)), Hud(spec, agent, native(agent))) for agent in humans)
        for picture, hud in views:
            picture.take(env)
            hud.look(env)

    return look


def _names_agent(render: Callable[..., object]) -> bool:
    try:
        return "agent" in inspect.signature(render).parameters
    except (TypeError, ValueError):  # not written in Python
        return False


def _opaque(height: int, width: int) -> Any:
    import numpy  # somebody rendered an array, so it is there

    return numpy.full((height, width, 4), 255, numpy.uint8)


def _render_problem(rendered: Any) -> str:
    if rendered is None:
        return "render() returned nothing: make the environment with render_mode='rgb_array', or give rendering(draw=)"
    shape = getattr(rendered, "shape", None)
    kind = type(rendered).__name__ if shape is None else f"an array of shape {shape} and dtype {rendered.dtype}"
    return f"render() returned {kind}; a picture is an array of shape (height, width, 3) and dtype uint8, or a Surface"
