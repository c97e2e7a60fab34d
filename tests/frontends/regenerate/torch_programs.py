"""Write the losses that real PyTorch has in the programs of tests/frontends/torch/programs.

With torch 2.13, from the top of the repository:

    python tests/frontends/regenerate/torch_programs.py [program ...]           writes 100 steps
    python tests/frontends/regenerate/torch_programs.py --check [program ...]   compares Pentad's

The check runs Pentad for all 100 steps, and fails where a loss differs by more than 1e-4.
"""

import contextlib
import io
import json
import os
import sys

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path[:0] = [ROOT, os.path.join(ROOT, "src")]

from tests.frontends.torch import same  # noqa: E402

NUMBERS = os.path.join(ROOT, "tests", "frontends", "torch", "numbers", "programs.json")
STEPS = 100
LIMIT = 1e-4


def losses(name):
    with contextlib.redirect_stdout(io.StringIO()):
        return same.losses(name, STEPS)


def write(names):
    """The losses of real PyTorch, after those that stand in the file already."""
    import torch

    torch.set_num_threads(1)
    found = {}
    if os.path.exists(NUMBERS):
        with open(NUMBERS) as file:
            found = json.load(file)
    for name in names:
        found[name] = losses(name)
        print(name, len(found[name]), found[name][0], found[name][-1])
    with open(NUMBERS, "w") as file:
        rows = [f'"{k}": {json.dumps([float(f"{x:.9g}") for x in found[k]])}'
                for k in sorted(found)]
        file.write("{" + ",\n".join(rows) + "}\n")


def check(names):
    """The greatest relative difference of each program."""
    from pentad.frontends.serving import serve

    serve(["torch"])
    with open(NUMBERS) as file:
        wanted = json.load(file)
    worst = 0.0
    for name in names:
        a, b = np.array(losses(name)), np.array(wanted[name])
        # Losses that are sums of both signs may cross zero: their size is what they are on average.
        apart = np.abs(a - b) / np.maximum(np.abs(b), 0.1 * np.abs(b).mean())
        print(f"{name:24} {apart.max():.2e} at step {apart.argmax()}")
        worst = max(worst, apart.max())
    return int(worst > LIMIT)


if __name__ == "__main__":
    asked = [a for a in sys.argv[1:] if not a.startswith("-")] or same.NAMES
    sys.exit(check(asked) if "--check" in sys.argv else write(asked))
