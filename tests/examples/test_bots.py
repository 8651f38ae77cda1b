"""The scripted partners of the examples: what they are there for, they do."""

import random
from typing import Any

from interactive_gym.envs.adapter import adapt
from tests.examples.loading import loaded


def test_the_cook_serves_soups_beside_somebody_who_walks_about() -> None:
    with loaded("overcooked", with_bots=True) as example:
        random.seed(1)
        env = example.make_env()
        observations, _ = env.reset(seed=1)
        served = 0
        while env.agents:
            walk = random.randrange(4) if random.random() < 0.1 else example.STAY
            observations, rewards, *_ = env.step({0: walk, 1: example.cook(observations[1], 1)})
            served += rewards[0] >= 20
        assert served >= 2


def test_two_cooks_do_not_lock_each_other_out() -> None:
    with loaded("overcooked", with_bots=True) as example:
        random.seed(2)
        env = example.make_env()
        observations, _ = env.reset(seed=2)
        while env.agents:
            observations, *_ = env.step({agent: example.cook(observations[agent], agent) for agent in (0, 1)})
        assert env.cumulative_score / 2 >= 100


def test_the_slime_wins_against_somebody_who_stands_still() -> None:
    with loaded("slime_volley", with_bots=True) as example:
        adapter = adapt(example.make_env())
        step: Any = adapter.reset(seed=3)
        points, over = 0.0, False
        while not over:
            chosen = example.defend(step.observations["agent_right"], "agent_right")
            step = adapter.step({"agent_left": example.STAY, "agent_right": chosen})
            points, over = points + step.rewards["agent_right"], step.over
        assert points > 0


def test_the_scripted_players_catch_each_other_all() -> None:
    with loaded("tag", with_bots=True) as example:
        env = example.Tag()
        observations, _ = env.reset(seed=4)
        its = set()
        for _ in range(example.STEPS):
            acting = {agent: example.chase_or_run(observations[agent], agent) for agent in env.agents}
            observations, rewards, *_ = env.step(acting)
            its.add(env.it)
            assert set(rewards.values()) <= {0, 1}
        assert its == set(env.agents)
        assert all(player.points > 0 for player in env.players.values())


def test_a_dash_needs_a_rest() -> None:
    with loaded("tag") as example:
        player = example.Player(100, 100)
        right = example.WAYS.index((1, 0))
        player.move(example.DASH + right, 1)
        assert player.rest == example.REST and player.vx == 9
        player.move(example.DASH + right, 1)
        assert player.vx < 9
