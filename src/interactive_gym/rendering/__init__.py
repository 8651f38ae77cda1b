"""Pictures as data."""

from interactive_gym.rendering.surface import Surface

__all__ = ["Surface"]
