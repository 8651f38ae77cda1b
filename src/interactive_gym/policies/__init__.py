"""Who plays an agent: a human, or a function."""

from interactive_gym.policies.roster import Human, Policy, roster

__all__ = ["Human", "Policy", "roster"]
