"""Interactive Gym turns a Python environment into a browser experiment with human participants.

import interactive_gym as ig

experiment = ig.Experiment("my-study").scenes(ig.StartScene("welcome"), ..., ig.EndScene("thanks"))
experiment.run()
"""

from interactive_gym.errors import ClientError, ConfigError, EnvError, InteractiveGymError, ServerError
from interactive_gym.experiment import Experiment
from interactive_gym.policies import Human
from interactive_gym.rendering import Surface
from interactive_gym.scenes import CompletionCodeScene, EndScene, GymScene, StartScene, StaticScene, secret

__all__ = [
    "ClientError",
    "CompletionCodeScene",
    "ConfigError",
    "EndScene",
    "EnvError",
    "Experiment",
    "GymScene",
    "Human",
    "InteractiveGymError",
    "ServerError",
    "StartScene",
    "StaticScene",
    "Surface",
    "secret",
]
