"""Write what real PyTorch makes of the cases in tests/frontends/torch/cases*.py.

With PyTorch 2.13 (CPU), from the root of the project:
    python -m tests.frontends.regenerate.torch_cases
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import torch

import tests.frontends.torch.cases_distributions
import tests.frontends.torch.cases_layers
import tests.frontends.torch.cases_nn
import tests.frontends.torch.cases_rest
import tests.frontends.torch.cases_tensor  # noqa: F401
from tests.frontends.torch.cases import CASES, evaluated, packed

PLACE = Path(__file__).parent.parent / "torch" / "numbers" / "cases.npz"


def main() -> None:
    """One array for each value, and for each gradient."""
    torch.distributions.Distribution.set_default_validate_args(False)
    found = {}
    for name in CASES:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values, slope = evaluated(torch, name)
        except Exception as error:
            sys.stdout.write(f"{name} {type(error).__name__} {str(error)[:300]}\n")
            continue
        for i, value in enumerate(values):
            found[f"{name}/{i}"] = value
        if slope is not None and np.isfinite(slope).all():
            found[f"{name}/slope"] = slope
    np.savez_compressed(PLACE, **packed(found))
    sys.stdout.write(f"{len(CASES)} cases, {PLACE.stat().st_size} bytes\n")


main()
