"""Everything that lasts: the store, and the files that a researcher opens.

from interactive_gym.data import load

study = load("data/my-study")
study.sessions, study.frames("game")
"""

from interactive_gym.data.loading import Loaded, load

__all__ = ["Loaded", "load"]
