"""The one error of a build."""

from __future__ import annotations


class BuildError(Exception):
    """A step of the build failed; the text says which, why and what to do, and is all that the user is shown."""
