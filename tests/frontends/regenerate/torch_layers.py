"""Write what PyTorch's modules make of the cases of tests/nn/cases.py.

Python 3.11 with torch 2.13:  python tests/frontends/regenerate/torch_layers.py
With Pentad beside it, it also checks that PyTorch's modules load the states that Pentad's have.
"""

import json
import os
import sys
import warnings

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "nn")
sys.path.insert(0, PLACE)

import cases  # noqa: E402


def small(array):
    """Floats as float32: six digits are compared."""
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def check_other_way(name):
    """PyTorch's module takes the state of Pentad's over, entry by entry."""
    import pentad as pt

    make, given, *rest = cases.CASES[name]
    rng = np.random.default_rng(0)
    mine, theirs = make(pt.nn), make(torch.nn)
    if not hasattr(mine, "state_dict"):
        return 0
    if rest and rest[0].get("lazy"):
        mine.double()(*[cases.operand(pt, rng, spec) for spec in given])
        theirs.double()(*[cases.operand(torch, rng, spec) for spec in given])
    state = {k: torch.from_numpy(np.array(v.numpy())) for k, v in mine.state_dict().items()}
    theirs.load_state_dict(state, strict=True)
    for key, value in theirs.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), mine.state_dict()[key].numpy(), name)
    return 1


def main():
    """Results, gradients, states after the call, layouts of states."""
    warnings.simplefilter("ignore")
    numbers, layouts = {}, {}
    for name in cases.CASES:
        found, layouts[name] = cases.evaluated(torch, name)
        numbers.update({f"{name}|{what}": small(value) for what, value in found.items()})
    numbers["layouts"] = np.frombuffer(json.dumps(layouts).encode(), np.uint8)
    path = os.path.join(PLACE, "numbers", "layers.npz")
    np.savez_compressed(path, **numbers)
    print(len(cases.CASES), len(numbers), os.path.getsize(path))
    print(sum(check_other_way(name) for name in cases.CASES), "states loaded by PyTorch")


if __name__ == "__main__":
    main()
