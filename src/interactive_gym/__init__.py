"""Interactive Gym turns a Python environment into a browser experiment with human participants.

import interactive_gym as ig

experiment = ig.Experiment("my-study").scenes(ig.StartScene("welcome"), ..., ig.EndScene("thanks"))
experiment.run()
"""

from interactive_gym import hooks
from interactive_gym.errors import ClientError, ConfigError, EnvError, InteractiveGymError, ServerError
from interactive_gym.experiment import Experiment
from interactive_gym.matching import FIFO, Candidate, Group, Latency, Matcher, Reunion
from interactive_gym.policies import Human, TakeOver
from interactive_gym.rendering import Surface
from interactive_gym.scenes import (
    CompletionCodeScene,
    Conditions,
    Draw,
    EndScene,
    Factor,
    GymScene,
    RandomizeOrder,
    RepeatScene,
    SceneWrapper,
    StartScene,
    StaticScene,
    secret,
)

__all__ = [
    "FIFO",
    "Candidate",
    "ClientError",
    "CompletionCodeScene",
    "Conditions",
    "ConfigError",
    "Draw",
    "EndScene",
    "EnvError",
    "Experiment",
    "Factor",
    "Group",
    "GymScene",
    "Human",
    "InteractiveGymError",
    "Latency",
    "Matcher",
    "RandomizeOrder",
    "RepeatScene",
    "Reunion",
    "SceneWrapper",
    "ServerError",
    "StartScene",
    "StaticScene",
    "Surface",
    "TakeOver",
    "hooks",
    "secret",
]
