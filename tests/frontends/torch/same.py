"""What makes two frameworks train alike: the same initial weights, the same random numbers."""

from __future__ import annotations

import importlib
import runpy
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

PROGRAMS = Path(__file__).parent / "programs"
NAMES = ("mnist", "vae", "dcgan", "word_language_model", "word_transformer", "reinforce",
         "actor_critic", "super_resolution", "time_sequence", "regression", "siamese",
         "vision_transformer", "gcn")


def initialize(model: Any) -> None:
    """Give each weight values that depend on its name and shape alone."""
    torch = importlib.import_module("torch")
    with torch.no_grad():
        for name, weight in model.named_parameters():
            rng = np.random.RandomState(zlib.crc32(name.encode()))
            shape = tuple(weight.shape)
            bound = 1 / np.sqrt(max(np.prod(shape[1:]), 1))
            values = rng.uniform(-bound, bound, shape)
            if len(shape) == 1 and name.endswith("weight"):
                values += 1  # the scale of a normalisation
            weight.copy_(torch.from_numpy(np.asarray(values, np.float32)))


@contextmanager
def same_random_numbers() -> Iterator[None]:
    """torch.randn, torch.randn_like and Categorical.sample by NumPy, in whichever torch it is."""
    torch = importlib.import_module("torch")
    categorical = importlib.import_module("torch.distributions").Categorical
    rng = np.random.RandomState(17)

    def randn(*size: Any, **kwargs: Any) -> Any:
        shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
        return torch.from_numpy(rng.standard_normal(tuple(shape)).astype(np.float32))

    def sample(self: Any, sample_shape: Any = ()) -> Any:
        sums = self.probs.detach().numpy().cumsum(-1)
        return torch.tensor((rng.rand(*sums.shape[:-1], 1) > sums[..., :-1]).sum(-1))

    kept = torch.randn, torch.randn_like, categorical.sample
    torch.randn, torch.randn_like = randn, lambda t, **kwargs: randn(*t.shape)
    categorical.sample = sample
    try:
        yield
    finally:
        torch.randn, torch.randn_like, categorical.sample = kept


def losses(name: str, steps: int) -> list[float]:
    """The losses of a program's first steps, then what it measures at the end."""
    before = set(sys.modules)
    sys.path.insert(0, str(PROGRAMS))
    try:
        run = runpy.run_path(str(PROGRAMS / f"{name}.py"))["run"]
        with same_random_numbers():
            return list(map(float, run(steps, initialize)))
    finally:
        sys.path.remove(str(PROGRAMS))
        for module in set(sys.modules) - before:
            place = getattr(sys.modules[module], "__file__", None) or ""
            if Path(place).parent == PROGRAMS:
                del sys.modules[module]
