"""vmap against a loop over the examples: dimensions, structures, randomness, composition."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn

RNG = np.random.default_rng(7)


def rand(*shape):
    return pt.tensor(RNG.standard_normal(shape))


W, X, Y = rand(4, 3), rand(5, 3), rand(5, 3)


def close(a, b, tolerance=1e-10):
    a, b = (v.detach().numpy() if isinstance(v, pt.Tensor) else np.asarray(v) for v in (a, b))
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def loop(f, *xs):
    return pt.stack([f(*parts) for parts in zip(*(x.unbind(0) for x in xs), strict=True)])


def model(x):
    return (W @ x).sin() * (W @ x).sum()


def loss(x):
    return model(x).tanh().sum()


FUNCTIONS = {
    "elementwise": lambda x: x.sin() * 2 + 1,
    "reduction": lambda x: x.sum() + x.max() * x.prod(),
    "shared matrix": model,
    "softmax": lambda x: x.softmax(0).log() * x,
    "views": lambda x: x.reshape(3, 1).expand(3, 2).T.flip(1)[0, 1:],
    "indices": lambda x: x[pt.tensor([2, 0])] + x[-1:].sum(),
    "sort": lambda x: x.sort()[0] * pt.arange(3, dtype=pt.float64),
    "outer": lambda x: x[:, None] * x,
    "cat": lambda x: pt.cat([x, x * 2, W[0]]),
    "norm": lambda x: nn.functional.layer_norm(x, (3,)),
    "constant": lambda x: pt.ones(2),
    "of integers": lambda x: (x > 0).long(),
    "in place": lambda x: x.clone().add_(1).mul_(x),
    "added at indices": lambda x: W[0].index_add(0, pt.tensor([1, 1, 0]), x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("wrap", [lambda f: f, pt.compile], ids=["eager", "compiled"])
def test_equals_a_loop(name, wrap):
    f = FUNCTIONS[name]
    close(wrap(pt.vmap(f))(X), loop(f, X))


TRANSFORMS = {
    "grad": pt.grad,
    "jacrev": lambda f: pt.jacrev(f),
    "jacfwd": lambda f: pt.jacfwd(f),
    "hessian": pt.hessian,
    "jvp": lambda f: lambda x: pt.jvp(f, (x,), (x.cos(),))[1],
    "vjp": lambda f: lambda x: pt.vjp(f, x)[1](f(x) * 2)[0],
    "compile": pt.compile,
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_of_a_transform(name):
    f = TRANSFORMS[name](loss)
    close(pt.vmap(f)(X), loop(f, X))


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("wrap", [lambda f: f, pt.compile], ids=["eager", "compiled"])
def test_inside_a_transform(name, wrap):
    """A derivative of the mapped function equals that of the loop."""
    mapped = TRANSFORMS[name](lambda x: pt.vmap(model)(x).sin().sum())
    looped = TRANSFORMS[name](lambda x: loop(model, x).sin().sum())
    close(wrap(mapped)(X), looped(X))


PAIRS = [("grad", "grad"), ("grad", "jacfwd"), ("jacfwd", "grad"), ("hessian", "grad")]


@pytest.mark.parametrize("first,second", [*PAIRS, ("jacfwd", "jacfwd")])
def test_between_two_transforms(first, second):
    inner = TRANSFORMS[first](loss)
    mapped = TRANSFORMS[second](lambda x: pt.vmap(inner)(x).sin().sum())
    looped = TRANSFORMS[second](lambda x: loop(inner, x).sin().sum())
    close(mapped(X[:2]), looped(X[:2]))


def test_of_itself():
    pairs = pt.vmap(pt.vmap(lambda x, y: (x - y).norm(), (None, 0)), (0, None))
    close(pairs(X, Y[:4]), pt.stack([pt.stack([(x - y).norm() for y in Y[:4]]) for x in X]))
    assert pairs(X, Y[:4]).shape == (5, 4)
    close(pt.compile(pairs)(X, Y[:4]), pairs(X, Y[:4]))


def test_dimensions():
    f = pt.vmap(lambda x, y: (x * y, x.sum()), in_dims=(1, -1), out_dims=(-1, 0))
    products, sums = f(X.T, Y.T)
    close(products, (X * Y).T)
    close(sums, X.sum(1))
    shared = pt.vmap(lambda x, c: (x * c, c + 1), in_dims=(0, None), out_dims=(0, None))
    a, b = shared(X, W[0])
    close(a, X * W[0])
    close(b, W[0] + 1)


def test_structures():
    def f(inputs, weights):
        return {"a": [inputs["x"] * weights[0]], "b": (weights[1],)}

    made = pt.vmap(f, in_dims=({"x": 0}, None))({"x": X}, (W[0], W[1]))
    close(made["a"][0], X * W[0])
    close(made["b"][0], pt.stack([W[1]] * 5))
    assert pt.vmap(lambda x, *, k: x * k)(X, k=2.0).shape == X.shape


@pytest.mark.parametrize("size", [1, 2, 5, 7])
def test_chunks(size):
    f = lambda x, y: (model(x), (x * y).sum())  # noqa: E731
    whole, parts = pt.vmap(f, out_dims=(1, 0)), pt.vmap(f, out_dims=(1, 0), chunk_size=size)
    for a, b in zip(whole(X, Y), parts(X, Y), strict=True):
        close(a, b)


def test_gradients_flow_to_what_all_share():
    w = W.clone().requires_grad_()
    pt.vmap(lambda x: (w @ x).sin().sum())(X).sum().backward()
    v = W.clone().requires_grad_()
    loop(lambda x: (v @ x).sin().sum(), X).sum().backward()
    close(w.grad, v.grad)
    inner = pt.vmap(pt.grad(lambda x: (w @ x).sin().sum()))(X)
    [g] = pt.autograd.grad(inner.tanh().sum(), w)
    [h] = pt.autograd.grad(loop(pt.grad(lambda x: (v @ x).sin().sum()), X).tanh().sum(), v)
    close(g, h)


def test_what_is_cut_stays_cut():
    x = X.clone().requires_grad_()

    def f(x):
        with pt.no_grad():
            y = x.sin() + x.reshape(3, 1)[:, 0]
        return (x * y * x.detach().exp()).sum()

    pt.vmap(f)(x).sum().backward()
    z = X.clone().requires_grad_()
    loop(f, z).sum().backward()
    close(x.grad, z.grad)
    assert not pt.vmap(lambda x: x.detach() * 2)(x).requires_grad
    with pt.no_grad():
        assert not pt.vmap(model)(x).requires_grad
    both = pt.vmap(lambda x: (x * 2, x.detach()))(x)
    assert [t.requires_grad for t in both] == [True, False]


def test_random_numbers():
    draw = lambda x: x + pt.randn(3, dtype=pt.float64)  # noqa: E731
    with pytest.raises(pt.CaptureError, match="a random operation under vmap"):
        pt.vmap(draw)(X)
    pt.manual_seed(3)
    expected = loop(draw, X)
    pt.manual_seed(3)
    close(pt.vmap(draw, randomness="different")(X), expected)
    after = pt.rand(1)
    pt.manual_seed(3)
    loop(draw, X)
    close(after, pt.rand(1))
    same = pt.vmap(draw, randomness="same")(X) - X
    close(same, pt.stack([same[0]] * 5))
    step = pt.compile(pt.vmap(draw, randomness="different"))
    pt.manual_seed(3)
    close(step(X), expected)
    twice = pt.vmap(pt.vmap(lambda x: pt.rand(()), randomness="different"), randomness="different")
    assert len(set(twice(X).flatten().tolist())) == 15
    drop = pt.vmap(lambda x: nn.functional.dropout(x, 0.5), randomness="different")
    assert set((drop(pt.ones(8, 8)) == 0).sum(1).tolist()) != {0}


def test_writes_reach_the_arguments():
    x = X.clone()
    close(pt.vmap(lambda x: x.add_(1).sum())(x), (X + 1).sum(1))
    close(x, X + 1)
    shared = pt.zeros(3, dtype=pt.float64)
    pt.vmap(lambda x: x + shared.add_(1))(X)
    close(shared, np.ones(3))
    with pytest.raises(pt.CaptureError, match="values that differ between examples are written"):
        pt.vmap(lambda x: shared.add_(x))(X)


def test_modules():
    head = nn.Linear(27, 2)
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), head)
    images = pt.randn(4, 1, 2, 8, 8)
    close(pt.vmap(net)(images)[:, 0], net(images[:, 0]), 1e-5)
    labels = pt.tensor([0, 1, 1, 0])
    entropy = nn.functional.cross_entropy
    close(pt.vmap(entropy)(net(images[:, 0]), labels),
          entropy(net(images[:, 0]), labels, reduction="none"), 1e-5)


def test_tensors_of_the_outside_may_be_branched_on():
    flag = pt.tensor(True)
    close(pt.vmap(lambda x: x * 2 if flag else x)(X), X * 2)
    close(pt.vmap(lambda x: x * W.shape[0] * Y.tolist()[0][0])(X), X * 4 * Y[0, 0])


def test_no_examples():
    assert pt.vmap(model)(X[:0]).shape == (0, 4)
    assert pt.vmap(pt.grad(loss))(X[:0]).shape == (0, 3)


def test_equal_graphs_are_made_runnable_once():
    from pentad.tensor.transforms import vmap as module

    f = pt.vmap(lambda x: x * 3 + W[0])
    f(X)
    before = len(module._specs)
    f(X + 1)
    pt.vmap(lambda y: y * 3 + W[0])(X)
    assert len(module._specs) == before


REFUSALS = [
    (lambda: pt.vmap(lambda x: x if x.sum() > 0 else -x)(X), pt.CaptureError, "a branch needs"),
    (lambda: pt.vmap(lambda x: x.sum().item())(X), pt.CaptureError, "needs the values"),
    (lambda: pt.vmap(lambda x: x.nonzero())(X), pt.CaptureError, "nonzero"),
    (lambda: pt.vmap(lambda x: x[x > 0])(X), pt.CaptureError, "mask"),
    (lambda: pt.vmap(lambda x: 1.0)(X), pt.ArgumentError, "a result is no tensor"),
    (lambda: pt.vmap(model)(2.0), pt.ArgumentError, "an argument that is no tensor"),
    (lambda: pt.vmap(model, in_dims=None)(X), pt.ArgumentError, "nothing to map over"),
    (lambda: pt.vmap(model, in_dims=2)(X), pt.ArgumentError, "in_dims is out of range"),
    (lambda: pt.vmap(model, in_dims=(0, 0))(X), pt.ArgumentError, "does not fit the arguments"),
    (lambda: pt.vmap(model, in_dims="0")(X), pt.ArgumentError, "in_dims"),
    (lambda: pt.vmap(model, in_dims=({"x": 0},))([X]), pt.ArgumentError, "does not fit"),
    (lambda: pt.vmap(model, out_dims=5)(X), pt.ArgumentError, "out_dims is out of range"),
    (lambda: pt.vmap(model, out_dims=None)(X), pt.ArgumentError, "out_dims is None"),
    (lambda: pt.vmap(lambda x, y: x)(X, W), pt.ShapeError, "not equally many"),
    (lambda: pt.vmap(model, randomness="maybe"), pt.ArgumentError, "randomness"),
    (lambda: pt.vmap(model, chunk_size=0), pt.ArgumentError, "chunk_size"),
    (
        lambda: pt.vmap(lambda x: x.clone().requires_grad_().sum().backward())(X),
        pt.AutogradError,
        ".grad under vmap",
    ),
]


@pytest.mark.parametrize("call,error,text", REFUSALS, ids=[r[2] for r in REFUSALS])
def test_refusals(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert "expected:" in str(caught.value)


def test_a_stand_in_that_leaks_is_refused():
    kept = []
    pt.vmap(lambda x: kept.append(x) or x)(X)
    with pytest.raises(pt.CaptureError, match="kept and used after tracing"):
        kept[0] + 1


def test_the_number_of_examples_may_vary_in_a_compiled_function():
    f = pt.compile(pt.vmap(pt.grad(loss)))
    for n in (2, 3, 4, 5):
        close(f(X[:n].clone()), loop(pt.grad(loss), X[:n]))
    assert f.traces <= 3
