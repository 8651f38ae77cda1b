"""The scenes that experiments are made of."""

from interactive_gym.scenes.base import Scene
from interactive_gym.scenes.factor import Factor
from interactive_gym.scenes.gym import GymScene
from interactive_gym.scenes.secret import Secret, secret
from interactive_gym.scenes.static import CompletionCodeScene, EndScene, StartScene, StaticScene
from interactive_gym.scenes.wrappers import Conditions, Draw, RandomizeOrder, RepeatScene, SceneWrapper

__all__ = [
    "CompletionCodeScene",
    "Conditions",
    "Draw",
    "EndScene",
    "Factor",
    "GymScene",
    "RandomizeOrder",
    "RepeatScene",
    "Scene",
    "SceneWrapper",
    "Secret",
    "StartScene",
    "StaticScene",
    "secret",
]
