"""autocast: dtypes by the policy, gradients, compiled functions; float32 sums of 16-bit values."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.tensor.autocast import LOW, WIDE
from pentad.tensor.dispatch import Surface

F = nn.functional
HALVES = pytest.mark.parametrize("dtype", [pt.bfloat16, pt.float16], ids=str)
BOTH = pytest.mark.parametrize("wrap", [lambda f: f, pt.compile], ids=["eager", "compiled"])
RNG = np.random.default_rng(5)


def rand(*shape, dtype=pt.float32):
    return pt.tensor(RNG.standard_normal(shape).astype(np.float32)).to(dtype)


X, W, B = rand(4, 6), rand(5, 6), rand(5)
IMAGES, KERNELS = rand(2, 3, 8, 8), rand(4, 3, 3, 3)

IN_LOW = {
    "matmul": lambda: X @ W.T,
    "mm": lambda: pt.mm(X, W.T),
    "bmm": lambda: pt.bmm(X[None], W.T[None]),
    "mv": lambda: X.mv(W[0]),
    "addmm": lambda: pt.addmm(B, X, W.T),
    "einsum": lambda: pt.einsum("ij,kj->ik", X, W),
    "linear": lambda: F.linear(X, W, B),
    "module": lambda: nn.Linear(6, 2)(X),
    "conv2d": lambda: F.conv2d(IMAGES, KERNELS),
    "conv_transpose2d": lambda: F.conv_transpose2d(IMAGES, KERNELS.transpose(0, 1)),
    "attention": lambda: F.scaled_dot_product_attention(X[None], X[None], X[None]),
}
SHORT = X.bfloat16()
IN_SINGLE = {
    "softmax": lambda: SHORT.softmax(1),
    "log_softmax": lambda: F.log_softmax(SHORT, 1),
    "sum": lambda: SHORT.sum(),
    "mean": lambda: SHORT.mean(0),
    "layer_norm": lambda: F.layer_norm(SHORT, (6,)),
    "group_norm": lambda: F.group_norm(SHORT, 2),
    "batch_norm": lambda: F.batch_norm(SHORT, None, None, training=True),
    "cross_entropy": lambda: F.cross_entropy(SHORT, pt.tensor([0, 1, 2, 3])),
    "mse_loss": lambda: F.mse_loss(SHORT, X),
    "norm": lambda: SHORT.norm(),
}
AS_GIVEN = {
    "relu": (lambda: SHORT.relu(), pt.bfloat16),
    "add": (lambda: SHORT + X, pt.float32),
    "number": (lambda: SHORT * 2.0, pt.bfloat16),
    "double": (lambda: X.double() @ W.T.double(), pt.float64),
    "integers": (lambda: pt.arange(3).sum(), pt.int64),
}


@HALVES
@BOTH
@pytest.mark.parametrize("name", IN_LOW)
def test_products_in_low_precision(name, dtype, wrap):
    plain = IN_LOW[name]()
    if name == "module":
        plain = None
    with pt.autocast("cpu", dtype):
        found = wrap(IN_LOW[name])()
    assert found.dtype is dtype
    assert IN_LOW[name]().dtype is pt.float32
    if plain is not None:
        np.testing.assert_allclose(
            found.float().numpy(), plain.numpy(), rtol=0.03, atol=0.08
        )


@BOTH
@pytest.mark.parametrize("name", IN_SINGLE)
def test_sensitive_operations_in_single_precision(name, wrap):
    with pt.autocast():
        found = wrap(IN_SINGLE[name])()
    assert found.dtype is pt.float32


@pytest.mark.parametrize("name", AS_GIVEN)
def test_what_is_left_alone(name):
    call, expected = AS_GIVEN[name]
    with pt.autocast():
        assert call().dtype is expected


def test_the_policy_names_operations_that_exist():
    import gc

    assert all(hasattr(pt, name) for name in pt.__all__)  # imported when first used
    names = {o.name for o in gc.get_objects() if issubclass(type(o), Surface)}
    assert {*LOW, *WIDE} - names == set()


def test_modes_nest_and_end():
    assert not pt.is_autocast_enabled()
    assert pt.get_autocast_dtype() is pt.bfloat16
    with pt.autocast(dtype=pt.float16):
        assert pt.is_autocast_enabled()
        assert (X @ W.T).dtype is pt.float16
        with pt.amp.autocast("cpu", enabled=False):
            assert (X @ W.T).dtype is pt.float32
        with pt.autocast():
            assert (X @ W.T).dtype is pt.bfloat16
        assert pt.get_autocast_dtype() is pt.float16
    with pytest.raises(ZeroDivisionError), pt.autocast():
        1 / 0  # noqa: B018
    assert (X @ W.T).dtype is pt.float32

    @pt.autocast("cpu")
    def product(x):
        return x @ W.T

    assert product(X).dtype is pt.bfloat16
    assert not pt.is_autocast_enabled()


def test_refusals():
    with pytest.raises(pt.ArgumentError, match="device_type"):
        pt.autocast("tpu")
    with pytest.raises(pt.DTypeError, match="bfloat16 or float16"):
        pt.autocast("cpu", pt.float32)


@BOTH
def test_parameters_and_their_gradients_stay_single(wrap):
    def gradients(enabled):
        pt.manual_seed(0)
        net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))

        def step(x, y):
            with pt.autocast("cpu", enabled=enabled):
                logits = net(x)
                loss = F.cross_entropy(logits, y)
            assert logits.dtype is (pt.bfloat16 if enabled else pt.float32)
            loss.backward()
            return loss

        if wrap is pt.compile:
            step = pt.compile(step, keep_grads=True)
        loss = step(X, pt.tensor([0, 1, 2, 0]))
        assert loss.dtype is pt.float32
        return [p.grad for p in net.parameters()]

    for g, h in zip(gradients(True), gradients(False), strict=True):
        assert g.dtype is pt.float32
        np.testing.assert_allclose(g.numpy(), h.numpy(), atol=0.03)


def test_compiled_functions_notice_the_mode():
    f = pt.compile(lambda x: x @ W.T)
    for _ in range(2):
        assert f(X).dtype is pt.float32
    for _ in range(2):
        with pt.autocast():
            assert f(X).dtype is pt.bfloat16
        assert f(X).dtype is pt.float32
    with pt.autocast(dtype=pt.float16):
        assert f(X).dtype is pt.float16
    assert f.traces == 3
    assert "autocast" in f.recompiles[0]


def test_under_transforms():
    with pt.autocast():
        assert pt.vmap(lambda x: W @ x)(X).dtype is pt.bfloat16
        g = pt.grad(lambda w: (X @ w.T).float().sum())(W)
    assert g.dtype is pt.float32
    np.testing.assert_allclose(g.numpy(), np.tile(X.numpy().sum(0), (5, 1)), atol=0.05)


def test_checkpoint_computes_again_in_the_same_mode():
    w = W.clone().requires_grad_()
    with pt.autocast():
        y = pt.checkpoint(lambda x: (x @ w.T).float().exp(), X)
    y.sum().backward()
    v = W.clone().requires_grad_()
    with pt.autocast():
        z = (X @ v.T).float().exp()
    z.sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), v.grad.numpy())


# -- sums in float32 -------------------------------------------------------------------------------

N = 4096
EPS = {pt.bfloat16: 2.0**-8, pt.float16: 2.0**-11}
SUMS = {
    "sum": (lambda x: x.sum(), lambda a: a.sum()),
    "mean": (lambda x: x.mean(), lambda a: a.mean()),
    "dot": (lambda x: x @ x, lambda a: a @ a),
    "row times matrix": (lambda x: (x[None] @ x[:, None].expand(N, 24))[0, 5], lambda a: a @ a),
    "matrices": (
        lambda x: (x.expand(24, N) @ x[:, None].expand(N, 24))[3, 4], lambda a: a @ a
    ),
    "conv": (
        lambda x: F.conv2d(x.reshape(1, 64, 8, 8), x.reshape(1, 64, 8, 8)), lambda a: a @ a
    ),
    "softmax": (
        lambda x: (x * 0).softmax(0).float().sum(), lambda a: np.asarray(1.0)
    ),
    "norm": (lambda x: (x * x).sum().sqrt(), lambda a: np.sqrt((a * a).sum())),
    "cumsum": (lambda x: x.cumsum(0)[-1], lambda a: a.sum()),
}


@HALVES
@BOTH
@pytest.mark.parametrize("name", SUMS)
def test_sums_of_short_values_are_accurate(name, dtype, wrap):
    """With sums in 16 bits, 4096 terms of like size would stop growing at 1 / eps terms."""
    x = (pt.tensor(RNG.random(N).astype(np.float32)) * 0.25 + 0.1).to(dtype)
    call, exact = SUMS[name]
    found = float(wrap(call)(x).float().item())
    expected = float(exact(x.double().numpy()))
    assert abs(found - expected) <= 2 * EPS[dtype] * abs(expected)
    total = np.float32(0)
    for v in x.float().numpy():
        total = np.float32(pt.tensor(total + v).to(dtype).float().item())
    assert abs(total - x.double().numpy().sum()) > 8 * EPS[dtype] * total


@HALVES
def test_modules_of_short_parameters(dtype):
    net = nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.Linear(8, 3))
    net = net.half() if dtype is pt.float16 else net.bfloat16()
    assert {p.dtype for p in net.parameters()} == {dtype}
    y = net(X.to(dtype))
    assert y.dtype is dtype
    y.float().sum().backward()
    assert {p.grad.dtype for p in net.parameters()} == {dtype}
