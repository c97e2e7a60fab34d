"""autograd.Function, custom_vjp and checkpoint: alone, of higher order, compiled, under vmap."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn

X = pt.tensor([0.5, -1.0, 2.0], dtype=pt.float64)
BOTH = pytest.mark.parametrize("wrap", [lambda f: f, pt.compile], ids=["eager", "compiled"])


def close(a, b):
    a, b = (v.detach().numpy() if isinstance(v, pt.Tensor) else np.asarray(v) for v in (a, b))
    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


class Odd(pt.autograd.Function):
    """x ** 2 with a gradient that is none of it: 7 g x."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        [x] = ctx.saved_tensors
        return 7 * g * x


@pt.custom_vjp
def odd(x):
    return x * x


odd.defvjp(lambda x: (x * x, x), lambda x, g: (7 * g * x,))
EITHER = pytest.mark.parametrize("f", [Odd.apply, odd], ids=["Function", "custom_vjp"])


@EITHER
@BOTH
def test_the_gradient_is_the_users(f, wrap):
    close(f(X), X * X)
    close(wrap(pt.grad(lambda x: f(x).sum()))(X), 7 * X)
    close(wrap(pt.grad(lambda x: (f(x) * x).sum()))(X), 7 * X * X + X * X)
    x = X.clone().requires_grad_()
    wrap(f)(x).sum().backward()
    close(x.grad, 7 * X)


@EITHER
@BOTH
def test_second_order(f, wrap):
    second = pt.grad(lambda x: pt.grad(lambda x: (f(x) * x).sum())(x).sum())
    close(wrap(second)(X), 14 * X + 7 * X)
    close(wrap(pt.hessian(lambda x: f(x).sum()))(X), np.diag([7.0] * 3))


@EITHER
@BOTH
def test_under_vmap(f, wrap):
    xs = pt.stack([X, X + 1])
    close(wrap(pt.vmap(pt.grad(lambda x: f(x).sum())))(xs), 7 * xs)
    close(wrap(pt.grad(lambda xs: pt.vmap(f)(xs).sum()))(xs), 7 * xs)
    close(wrap(pt.grad(lambda x: pt.vmap(lambda y: f(x) * y)(xs).sum()))(X), 7 * X * xs.sum(0))
    both = pt.grad(lambda xs: pt.vmap(pt.vmap(f))(xs).sum())
    close(wrap(both)(xs), 7 * xs)
    twice = pt.grad(lambda xs: pt.grad(lambda xs: (pt.vmap(f)(xs) * xs).sum())(xs).sum())
    close(wrap(twice)(xs), 21 * xs)
    close(wrap(pt.jacrev(pt.vmap(f)))(xs).sum((2, 3)), 7 * xs)
    close(wrap(pt.jacfwd(f))(X), np.diag((7 * X).numpy()))


class Split(pt.autograd.Function):
    """Several arguments and results, in the style of setup_context."""

    @staticmethod
    def forward(x, scale, y):
        return x * scale, (y > 0), y * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.scale, y = inputs
        ctx.save_for_backward(x, y, output[2])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx, gx, none, gy):
        x, y, product = ctx.saved_tensors
        assert ctx.needs_input_grad == (True, False, False)
        assert product.requires_grad or not pt.is_grad_enabled()
        return gx * ctx.scale + gy * y, None, None


@BOTH
def test_several_results(wrap):
    y = X + 1

    def loss(x):
        a, mask, b = Split.apply(x, 3.0, y)
        assert not mask.requires_grad
        return (a + b * mask.to(pt.float64)).sum()

    close(wrap(pt.grad(loss))(X), 3 + y * (y > 0).to(pt.float64))
    only = lambda x: Split.apply(x, 3.0, y)[0].sum()  # noqa: E731
    close(wrap(pt.grad(only))(X), [3.0] * 3)


def test_in_place():
    class Double(pt.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, g):
            return 5 * g

    x = X.clone().requires_grad_()
    y = x * 1
    z = Double.apply(y)
    assert z is y
    z.sum().backward()
    close(x.grad, [5.0] * 3)


def test_absent_cotangents():
    seen = []

    class Two(pt.autograd.Function):
        @staticmethod
        def forward(ctx, x, keep):
            ctx.set_materialize_grads(keep)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            seen.append(b)
            return 2 * a, None

    for keep in (True, False):
        x = X.clone().requires_grad_()
        Two.apply(x, keep)[0].sum().backward()
    close(seen[0], np.zeros(3))
    assert seen[1] is None


def test_once_differentiable():
    class Once(pt.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @pt.autograd.once_differentiable
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    x = X.clone().requires_grad_()
    [g] = pt.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
    close(g, 2 * X)
    assert not g.requires_grad


def test_saved_values_are_watched():
    x = X.clone().requires_grad_()
    w = x * 1
    y = Odd.apply(w)
    w.add_(1)
    with pytest.raises(pt.AutogradError, match="changed in place"):
        y.sum().backward()
    y = Odd.apply(x)
    y.sum().backward()
    with pytest.raises(pt.AutogradError, match="a second time"):
        y.sum().backward()


def test_wrong_gradients_are_refused():
    def function(result):
        class Wrong(pt.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, g):
                return result(g)

        return Wrong.apply(X.clone().requires_grad_()).sum()

    with pytest.raises(pt.AutogradError, match="does not fit its argument"):
        function(lambda g: g[:2]).backward()
    with pytest.raises(pt.AutogradError, match="for each argument"):
        function(lambda g: (g, g)).backward()
    with pytest.raises(NotImplementedError, match="static method forward"):
        pt.autograd.Function.apply(X)


def test_custom_vjp_structures():
    @pt.custom_vjp
    def f(params, x):
        return {"y": params["w"] * x, "n": x.sum()}

    def forward(params, x):
        return f.fun(params, x), (params, x)

    def backward(residuals, g):
        params, x = residuals
        return {"w": g["y"] * x * 10, "v": None}, None

    f.defvjp(forward, backward)
    params = {"w": X, "v": X}
    found, of_x = pt.grad(lambda p, x: f(p, x)["y"].sum(), argnums=(0, 1))(params, X + 1)
    close(found["w"], (X + 1) * 10)
    close(found["v"], np.zeros(3))
    close(of_x, np.zeros(3))


def test_custom_vjp_constants_and_refusals():
    @pt.custom_vjp
    def lonely(x):
        return x

    with pytest.raises(pt.AutogradError, match="has no rules"):
        lonely(X)
    scaled = pt.custom_vjp(lambda n, x: x * n, nondiff_argnums=(0,))
    scaled.defvjp(lambda n, x: (x * n, None), lambda n, _, g: (g * n * 100,))
    close(pt.grad(lambda x: scaled(2.0, x).sum())(X), [200.0] * 3)
    lonely.defvjp(lambda x: x, lambda _, g: (g,))
    with pytest.raises(pt.ArgumentError, match="the forward rule"):
        pt.grad(lambda x: lonely(x).sum())(X)
    lonely.defvjp(lambda x: (x, None), lambda _, g: (g, g))
    with pytest.raises(pt.AutogradError, match="the backward rule"):
        pt.grad(lambda x: lonely(x).sum())(X)


# -- checkpoint ------------------------------------------------------------------------------------


def block(x):
    return (x.sin() * x).exp()


@BOTH
def test_checkpoint_has_the_same_gradients(wrap):
    plain = lambda x: (block(block(x)) * x).sum()  # noqa: E731
    kept = lambda x: (pt.checkpoint(block, pt.checkpoint(block, x)) * x).sum()  # noqa: E731
    x = X / 4
    close(wrap(pt.grad(kept))(x), pt.grad(plain)(x))
    close(wrap(pt.hessian(kept))(x), pt.hessian(plain)(x))
    xs = pt.stack([x, x / 2])
    close(wrap(pt.vmap(pt.grad(kept)))(xs), pt.vmap(pt.grad(plain))(xs))
    close(wrap(pt.grad(lambda xs: pt.vmap(kept)(xs).sum()))(xs), pt.vmap(pt.grad(plain))(xs))
    leaf = x.clone().requires_grad_()
    wrap(kept)(leaf).backward()
    close(leaf.grad, pt.grad(plain)(x))


@BOTH
def test_checkpoint_of_a_module(wrap):
    def gradients(call):
        pt.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 2))
        x = pt.randn(3, 4)

        def step(x):
            loss = (call(net, x) * 2).square().sum() + net[0].weight.sum()
            loss.backward()
            return loss

        loss = wrap(step)(x) if wrap is not pt.compile else pt.compile(step, keep_grads=True)(x)
        after = pt.rand(1)
        return [loss, after, *(p.grad for p in net.parameters())]

    for a, b in zip(
        gradients(pt.checkpoint), gradients(lambda f, x: f(x)), strict=True
    ):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_checkpoint_runs_again_and_keeps_nothing():
    calls = []

    def f(x):
        calls.append(1)
        return block(x)

    x = X.clone().requires_grad_()
    y = pt.checkpoint(f, x)
    assert len(calls) == 1
    assert [type(t) for t in y.grad_fn.saved] == [pt.Tensor]
    y.sum().backward()
    assert len(calls) == 2
    with pytest.raises(pt.AutogradError, match="a second time"):
        y.sum().backward()
    with pt.no_grad():
        assert not pt.checkpoint(f, x).requires_grad


def test_checkpoint_of_what_was_computed_outside():
    x = X.clone().requires_grad_()
    outer = x.sin()
    pt.checkpoint(lambda y: (y * outer, {"z": y + outer.exp()}), x)[0].sum().backward()
    z = X.clone().requires_grad_()
    (z * z.sin()).sum().backward()
    close(x.grad, z.grad)


def test_checkpoint_in_a_compiled_step_computes_twice():
    from pentad.passes.pipeline import run as passes

    def sines(f):
        compiled = pt.compile(pt.value_and_grad(lambda x: f(block, x).sum()))
        compiled(X)
        graph = passes(compiled._traced[0].program.graph)
        return sum(n.op.name == "sin" for n in graph.nodes)

    assert sines(lambda f, x: f(x)) == 1
    assert sines(pt.checkpoint) == 2


def test_checkpoint_of_complex_numbers():
    z = pt.complex(X, X + 1)
    f = lambda z: (z.sin() * z).abs().sum()  # noqa: E731
    kept = lambda z: pt.checkpoint(f, z)  # noqa: E731
    zs = pt.stack([z, z * 2])
    close(pt.compile(pt.grad(kept))(z), pt.grad(f)(z))
    close(pt.grad(lambda zs: pt.vmap(kept)(zs).sum())(zs), pt.vmap(pt.grad(f))(zs))
