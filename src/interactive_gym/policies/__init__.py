"""Who plays an agent: a human, or a function."""

from interactive_gym.policies.roster import Human, Player, Policy, TakeOver, roster

__all__ = ["Human", "Player", "Policy", "TakeOver", "roster"]
