"""An environment: keep a pole from falling by pushing its cart to the left or to the right."""

import math

import numpy as np


class Cart:
    """Four numbers of state, two actions, a reward of 1 until the pole falls."""

    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)

    def reset(self):
        self.state = self.rng.uniform(-0.05, 0.05, 4)
        self.steps = 0
        return self.state.astype(np.float32)

    def step(self, action):
        x, v, angle, spin = self.state
        force = 10.0 if action == 1 else -10.0
        sine, cosine = math.sin(angle), math.cos(angle)
        pushed = (force + 0.05 * spin * spin * sine) / 1.1
        turning = (9.8 * sine - cosine * pushed) / (0.5 * (4 / 3 - 0.1 * cosine * cosine / 1.1))
        moving = pushed - 0.05 * turning * cosine / 1.1
        change = np.array([v, moving, spin, turning])
        self.state = self.state + 0.02 * change
        self.steps += 1
        done = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 0.2 or self.steps >= 30
        return self.state.astype(np.float32), 1.0, bool(done)
