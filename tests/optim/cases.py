"""Optimisers and schedules that PyTorch and Pentad both run, for test_parity.py.

`lib` is either framework: what is written here is spelled alike in both. The numbers of PyTorch
are in numbers/, made by tests/frontends/regenerate/torch_optim.py.
"""

import numpy as np

STEPS = 50
SEEN = (1, 2, 10, 50)
SHAPES = ((3, 4), (5,), (2, 3, 2))

SPREAD = {"lr": 0.1, "weight_decay": 0.1}
MOMENTS = {"lr": 0.05, "betas": (0.7, 0.95), "eps": 1e-3}
OPTIONS = {
    "SGD": [
        {"lr": 0.1, "momentum": 0.9}, {"lr": 0.1}, {**SPREAD, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "maximize": True},
    ],
    "Adam": [
        {}, {**SPREAD, "amsgrad": True}, MOMENTS, {"lr": 0.01, "maximize": True},
        {**SPREAD, "decoupled_weight_decay": True},
    ],
    "AdamW": [{}, {**SPREAD, "amsgrad": True, "maximize": True}, MOMENTS],
    "Adamax": [{}, SPREAD, {**MOMENTS, "maximize": True}],
    "NAdam": [
        {}, SPREAD, {**SPREAD, "decoupled_weight_decay": True, "momentum_decay": 0.1},
        {**MOMENTS, "maximize": True},
    ],
    "RAdam": [
        {}, SPREAD, {**SPREAD, "decoupled_weight_decay": True, "betas": (0.5, 0.8)},
        {**MOMENTS, "maximize": True},
    ],
    "RMSprop": [
        {}, {**SPREAD, "momentum": 0.9}, {"centered": True, "momentum": 0.5, "alpha": 0.8},
        {"lr": 0.01, "maximize": True},
    ],
    "Adagrad": [
        {}, {**SPREAD, "lr_decay": 0.1, "initial_accumulator_value": 0.5},
        {"lr": 0.1, "maximize": True, "eps": 1e-3},
    ],
    "Adadelta": [{}, {**SPREAD, "rho": 0.5}, {"maximize": True, "eps": 1e-3}],
    "Adafactor": [
        {}, {**SPREAD, "beta2_decay": -0.5, "d": 2.0}, {"eps": (1e-4, 0.1), "maximize": True},
    ],
    "ASGD": [
        {}, {**SPREAD, "t0": 20.0}, {"lambd": 0.01, "alpha": 0.5, "t0": 5, "maximize": True},
    ],
    "Rprop": [
        {}, {"lr": 0.1, "etas": (0.3, 1.7), "step_sizes": (1e-3, 0.3)}, {"maximize": True},
    ],
    "LBFGS": [
        {"max_iter": 3, "lr": 0.5}, {"line_search_fn": "strong_wolfe", "history_size": 4},
        {"line_search_fn": "strong_wolfe", "max_iter": 5, "max_eval": 7},
    ],
}
CASES = {f"{name}/{i}": (name, options) for name, each in OPTIONS.items()
         for i, options in enumerate(each)}
CASES["float32/Adam"] = ("Adam", {"lr": 0.01})
CASES["float32/RAdam"] = ("RAdam", {"lr": 0.01})
CASES["float32/Adafactor"] = ("Adafactor", {})


def arrays(seed, dtype):
    """One array for each parameter."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in SHAPES]


def dtype_of(case):
    """The element type of a case's parameters."""
    return "float32" if case.startswith("float32") else "float64"


def made(lib, case):
    """(parameters, optimiser) of a case."""
    name, options = CASES[case]
    params = [lib.nn.Parameter(lib.tensor(a)) for a in arrays(0, dtype_of(case))]
    return params, getattr(lib.optim, name)(params, **options)


def loss_of(lib, params, noise, targets):
    """Distances from moving targets, steeper in some directions, not quadratic."""
    total = 0
    for p, n, target in zip(params, noise, targets):
        away = p - target
        total = total + (away * away * 0.7 + lib.sin(p * 1.5) * 0.2 + p * n).sum()
    return total


def stepper(lib, params, optimizer, dtype):
    """step(t): one step with the noise of step t."""
    targets = [lib.tensor(a) for a in arrays(1, dtype)]
    steady = type(optimizer).__name__ == "LBFGS"

    def step(noise):
        def closure():
            optimizer.zero_grad()
            loss = loss_of(lib, params, noise, targets)
            loss.backward()
            return loss

        if steady:
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()

    return step


def noise_at(lib, t, dtype, steady=False):
    """The noise of a step; none where a method looks several times."""
    return [lib.tensor(a * (0 if steady else 0.3)) for a in arrays(100 + t, dtype)]


def run(lib, case, wrap=lambda step: step, begin=0, end=STEPS, start=None):
    """{step: values of all parameters} of a case, and its optimiser."""
    params, optimizer = made(lib, case)
    if start is not None:
        start(params, optimizer)
    dtype = dtype_of(case)
    step = wrap(stepper(lib, params, optimizer, dtype))
    steady = CASES[case][0] == "LBFGS"
    found = {}
    for t in range(begin + 1, end + 1):
        step(noise_at(lib, t, dtype, steady))
        if t in SEEN:
            found[t] = np.concatenate([p.detach().numpy().ravel() for p in params])
    return found, optimizer


def layout(state):
    """{name: [kind, shape]} of one parameter's saved state."""
    found = {}
    for name, value in state.items():
        if hasattr(value, "shape"):
            found[name] = [str(value.dtype).rpartition(".")[2], list(value.shape)]
        else:
            found[name] = [type(value).__name__, None]
    return found


def run_sparse(lib, **options):
    """The table of an embedding after 20 steps in which some rows are not looked up."""
    table = np.random.default_rng(4).standard_normal((6, 3))
    layer = lib.nn.Embedding(6, 3, sparse=True, _weight=lib.tensor(table))
    optimizer = lib.optim.SparseAdam(layer.parameters(), lr=0.05, **options)
    rng = np.random.default_rng(5)
    for _ in range(20):
        rows = lib.tensor(rng.integers(0, 5, 3))
        slope = lib.tensor(rng.standard_normal((3, 3)))
        optimizer.zero_grad()
        (layer(rows) * slope).sum().backward()
        optimizer.step()
    return layer.weight.detach().numpy(), layout(optimizer.state_dict()["state"][0])


MUONS = {
    "Muon/0": {"lr": 0.02}, "Muon/1": {"lr": 0.1, "nesterov": False, "weight_decay": 0.0},
    "Muon/2": {"lr": 0.02, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3},
}


def run_muon(lib, case):
    """A tall and a wide matrix after 10 steps along the nearest orthogonal matrices."""
    rng = np.random.default_rng(6)
    shapes = ((8, 3), (3, 5))
    params = [lib.nn.Parameter(lib.tensor(rng.standard_normal(s).astype("float32")))
              for s in shapes]
    optimizer = lib.optim.Muon(params, **MUONS[case])
    for _ in range(10):
        optimizer.zero_grad()
        slopes = [lib.tensor(rng.standard_normal(s).astype("float32")) for s in shapes]
        sum((p * s).sum() for p, s in zip(params, slopes)).backward()
        optimizer.step()
    values = np.concatenate([p.detach().numpy().ravel() for p in params])
    return values, layout(optimizer.state_dict()["state"][0])


# -- schedules -------------------------------------------------------------------------------------


def halves(step):
    """A function of the step."""
    return 0.5 ** (step // 10)


def slower(step):
    """Another one."""
    return 0.97


SCHEDULES = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, halves),
    "LambdaLR/each": lambda s, o: s.LambdaLR(o, [halves, slower]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, slower),
    "StepLR": lambda s, o: s.StepLR(o, 7, 0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [20, 5, 20], 0.3),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.93),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.2, 9),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.1, 0.7, 13),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 30, 1.7),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 12, 0.001),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 7),
    "CosineAnnealingWarmRestarts/2": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.01),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 6, 11),
    "CyclicLR/each": lambda s, o: s.CyclicLR(o, [0.01, 0.02], [0.3, 0.1], 5, mode="triangular2",
                                             base_momentum=0.5, max_momentum=0.8),
    "CyclicLR/exp": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 6, mode="exp_range", gamma=0.95,
                                            cycle_momentum=False),
    "CyclicLR/scale": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 6, scale_fn=halves,
                                              scale_mode="iterations"),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=60),
    "OneCycleLR/three": lambda s, o: s.OneCycleLR(o, [0.5, 0.2], epochs=6, steps_per_epoch=10,
                                                  three_phase=True, anneal_strategy="linear"),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9), s.LinearLR(o, 0.5)], [6, 20]),
    "SequentialLR/cosine": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, 1.0, 5), s.CosineAnnealingLR(o, 20)], [5]),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9), s.StepLR(o, 11)]),
    "SequentialLR/chained": lambda s, o: s.SequentialLR(
        o, [s.ChainedScheduler([s.ConstantLR(o, 0.5, 3), s.ExponentialLR(o, 0.9)]),
            s.StepLR(o, 5)], [9]),
    "ReduceLROnPlateau": lambda s, o: s.ReduceLROnPlateau(o, patience=2, factor=0.5, cooldown=1,
                                                          min_lr=[0.01, 0.001]),
    "ReduceLROnPlateau/max": lambda s, o: s.ReduceLROnPlateau(
        o, "max", patience=1, threshold=0.05, threshold_mode="abs"),
    "SWALR": lambda s, o: o.lib.swa_utils.SWALR(o, [0.05, 0.01], 8),
    "SWALR/linear": lambda s, o: o.lib.swa_utils.SWALR(o, 0.3, 5, "linear"),
}


def two_groups(lib, beta=False):
    """An optimiser with a rate for each of its two groups."""
    params = [lib.nn.Parameter(lib.tensor([1.0])) for _ in range(2)]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.02}]
    if beta:
        optimizer = lib.optim.Adam(groups, lr=0.1)
    else:
        optimizer = lib.optim.SGD(groups, lr=0.1, momentum=0.9)
    optimizer.lib = lib.optim
    return optimizer


def rates(lib, name, beta=False, saved_at=None):
    """(rates and momenta of both groups at each step, the schedule); saved and loaded between."""
    optimizer = two_groups(lib, beta)
    schedule = SCHEDULES[name](lib.optim.lr_scheduler, optimizer)
    worth = np.random.default_rng(3).random(STEPS)
    found = []
    for t in range(STEPS):
        optimizer.step()
        row = [group["lr"] for group in optimizer.param_groups]
        row += [g["betas"][0] if beta else g["momentum"] for g in optimizer.param_groups]
        found.append(row)
        if name.startswith("ReduceLROnPlateau"):
            schedule.step(worth[t])
        else:
            schedule.step()
        if t == saved_at:
            state, rest = schedule.state_dict(), optimizer.state_dict()
            optimizer = two_groups(lib, beta)
            schedule = SCHEDULES[name](lib.optim.lr_scheduler, optimizer)
            optimizer.load_state_dict(rest)
            schedule.load_state_dict(state)
    return np.array(found), schedule
