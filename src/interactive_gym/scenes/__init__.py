"""The scenes that experiments are made of."""

from interactive_gym.scenes.base import Scene
from interactive_gym.scenes.gym import GymScene
from interactive_gym.scenes.secret import Secret, secret
from interactive_gym.scenes.static import CompletionCodeScene, EndScene, StartScene, StaticScene

__all__ = [
    "CompletionCodeScene",
    "EndScene",
    "GymScene",
    "Scene",
    "Secret",
    "StartScene",
    "StaticScene",
    "secret",
]
