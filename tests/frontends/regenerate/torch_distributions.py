"""Write what PyTorch computes of the cases in tests/distributions/cases.py.

With torch 2.13:  python -m tests.frontends.regenerate.torch_distributions
"""

from __future__ import annotations

import contextlib
import json
import warnings
from pathlib import Path

import torch
import torch.distributions as D

from tests.distributions.cases import (
    DISTRIBUTIONS,
    EXCEPT,
    ONE,
    PAIR_PARAMETERS,
    PAIRS,
    QUANTITIES,
    TRANSFORMS,
)

PLACE = Path(__file__).parents[2] / "distributions" / "torch.json"


def _tensor(values, grad=False):
    return torch.tensor(values, dtype=torch.float64, requires_grad=grad)


def _numbers(x):
    return x.detach().tolist()


def _slopes(value, tensors):
    if not value.requires_grad:
        return [None] * len(tensors)
    found = torch.autograd.grad(value.sum(), tensors, allow_unused=True, retain_graph=True)
    return [None if g is None or not torch.isfinite(g).all() else _numbers(g) for g in found]


def _distribution(name, case):
    parameters = [_tensor(p, True) for p in case.parameters]
    made = case.make(D, *parameters)
    value = _tensor(case.value, made.support is not None and not made.support.is_discrete)
    log = made.log_prob(value)
    wanted = [*parameters, value] if value.requires_grad else parameters
    found = {"log_prob": _numbers(log), "log_prob.slopes": _slopes(log, wanted),
             "shapes": [list(made.batch_shape), list(made.event_shape)]}
    for what in QUANTITIES:
        if (name, what) in EXCEPT:
            continue
        try:
            got = getattr(made, what)
            got = got() if what == "entropy" else got
        except (NotImplementedError, AttributeError):
            continue
        found[what] = _numbers(got)
        if what == "entropy":
            found["entropy.slopes"] = _slopes(got, parameters)
    for what, at in (("cdf", value), ("icdf", None)):
        try:
            at = torch.full(tuple(made.batch_shape), 0.3, dtype=torch.float64) if at is None else at
            found[what] = _numbers(getattr(made, what)(at))
        except NotImplementedError:
            continue
    return found


def _pair(p, q):
    (a, b), (c, d) = ([_tensor(x, True) for x in pair] for pair in PAIR_PARAMETERS)
    found = D.kl_divergence(ONE[p](D, a, b), ONE[q](D, c, d))
    return [_numbers(found), _slopes(found, [a, b, c, d])]


def _transform(make, x):
    transform, x = make(D), _tensor(x)
    y = transform(x)
    found = {"y": _numbers(y), "x": _numbers(transform.inv(y))}
    with contextlib.suppress(NotImplementedError):
        found["log"] = _numbers(transform.log_abs_det_jacobian(x, y))
    return found


def main():
    warnings.simplefilter("ignore")
    torch.set_default_dtype(torch.float64)
    made = {
        "distributions": {n: _distribution(n, case) for n, case in DISTRIBUTIONS.items()},
        "divergences": {f"{p} {q}": _pair(p, q) for p, q in PAIRS},
        "transforms": {n: _transform(*case) for n, case in TRANSFORMS.items()},
        "pairs": sorted(f"{p.__name__} {q.__name__}" for p, q in D.kl._KL_REGISTRY),
        "names": sorted(n for n in D.__all__),
    }
    PLACE.write_text(json.dumps(made, separators=(",", ":")) + "\n")
    print(PLACE, PLACE.stat().st_size)


if __name__ == "__main__":
    main()
