"""Write what PyTorch's optimisers and schedules do in the cases of tests/optim/cases.py.

Python 3.11 with torch 2.13:  python tests/frontends/regenerate/torch_optim.py
With Pentad beside it, it also checks that PyTorch goes on from states that Pentad saved.
"""

import json
import os
import sys
import warnings

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "optim")
sys.path.insert(0, PLACE)

import cases  # noqa: E402


def saved(optimizer):
    """The tensors of an optimiser's state, and the layout of the first parameter's."""
    state = optimizer.state_dict()["state"]
    values = {f"{index}/{key}": np.asarray(value.detach() if hasattr(value, "detach") else value)
              for index, own in state.items() for key, value in own.items()}
    return values, cases.layout(state[0])


def check_other_way(case, numbers):
    """PyTorch goes on from Pentad's state after half of the steps."""
    import pentad as pt

    half, first = {}, cases.STEPS // 2

    def keep(params, optimizer):
        half.update(params=params, optimizer=optimizer)

    cases.run(pt, case, end=first, start=keep)
    state = half["optimizer"].state_dict()

    def as_torch(x):
        return torch.from_numpy(np.array(x.numpy())) if hasattr(x, "numpy") else x

    state["state"] = {k: {n: as_torch(v) for n, v in own.items()}
                      for k, own in state["state"].items()}

    def start(params, optimizer):
        with torch.no_grad():
            for p, q in zip(params, half["params"]):
                p.copy_(as_torch(q.detach()))
        optimizer.load_state_dict(state)

    found, _ = cases.run(torch, case, begin=first, start=start)
    tight = {"rtol": 1e-9, "atol": 1e-9} if cases.dtype_of(case) == "float64" else {
        "rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(found[50], numbers[f"{case}/50"], err_msg=case, **tight)


def main():
    """Values at some steps, states after half of them, rates of schedules."""
    warnings.simplefilter("ignore")
    numbers, layouts = {}, {}
    for case in cases.CASES:
        found, _ = cases.run(torch, case)
        numbers.update({f"{case}/{t}": values for t, values in found.items()})
        if case.endswith("/0") and not case.startswith("LBFGS"):
            middle = {}

            def keep(params, optimizer, middle=middle):
                middle["params"] = params

            _, optimizer = cases.run(torch, case, end=cases.STEPS // 2, start=keep)
            values, layouts[case] = saved(optimizer)
            numbers.update({f"state/{case}/{key}": value for key, value in values.items()})
            for i, p in enumerate(middle["params"]):
                numbers[f"state/{case}/p{i}"] = p.detach().numpy()
    for name in cases.SCHEDULES:
        for beta in (False, True):
            found, schedule = cases.rates(torch, name, beta)
            numbers[f"rates/{name}/{int(beta)}"] = found
        layouts[name] = sorted(set(schedule.state_dict()) - {"_get_lr_called_within_step"})
    for maximize in (False, True):
        found, layouts["SparseAdam"] = cases.run_sparse(torch, maximize=maximize)
        numbers[f"SparseAdam/{int(maximize)}"] = found
    for case in cases.MUONS:
        numbers[case], layouts["Muon"] = cases.run_muon(torch, case)
    numbers["layouts"] = np.frombuffer(json.dumps(layouts).encode(), np.uint8)
    path = os.path.join(PLACE, "numbers", "optimizers.npz")
    np.savez_compressed(path, **numbers)
    print(len(cases.CASES), len(cases.SCHEDULES), len(numbers), os.path.getsize(path))
    for case in cases.CASES:
        if not case.startswith("LBFGS"):
            check_other_way(case, numbers)
    print("PyTorch goes on from Pentad's states")


if __name__ == "__main__":
    main()
