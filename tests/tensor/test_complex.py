"""Complex tensors: dtypes, parts, views, in-place writes, gradients, compiled calls, files."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import pentad as pt
from pentad.graph.errors import AutogradError, DTypeError, ShapeError


def z(*shape: int, seed: int = 0, dtype: type = np.complex128) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def t(array: np.ndarray) -> pt.Tensor:
    return pt.from_numpy(array.copy())


# -- dtypes, creation, conversion ------------------------------------------------------------------


def test_dtypes() -> None:
    assert pt.tensor(1j).dtype is pt.complex64
    assert pt.tensor([1, 2j]).tolist() == [1, 2j]
    assert pt.zeros(2, dtype=complex).dtype is pt.complex64
    assert pt.full((2,), 1 + 2j).tolist() == [1 + 2j] * 2
    assert pt.ones(2, dtype=pt.cdouble).dtype is pt.complex128
    assert pt.complex64.real is pt.float32
    assert pt.float64.complex is pt.complex128
    assert pt.is_complex(pt.tensor(1j))
    assert not pt.tensor(1j).is_floating_point()
    assert copy.deepcopy(pt.complex64) is pt.complex64
    with pytest.raises(DTypeError, match="complex fill value"):
        pt.full((2,), 1j, dtype=pt.float32)


@pytest.mark.parametrize(
    "a, b, expected",
    [
        (pt.complex64, pt.float64, pt.complex128), (pt.complex64, pt.int64, pt.complex64),
        (pt.complex64, pt.complex128, pt.complex128), (pt.float16, pt.complex64, pt.complex64),
        (pt.bool, pt.complex128, pt.complex128),
    ],
)
def test_promotion(a: pt.dtype, b: pt.dtype, expected: pt.dtype) -> None:
    assert pt.promote_types(a, b) is pt.promote_types(b, a) is expected
    assert (pt.ones(2, dtype=a) * pt.ones(2, dtype=b)).dtype is expected


def test_python_numbers_decide_the_kind_only() -> None:
    assert (pt.ones(2) * 1j).dtype is pt.complex64
    assert (pt.ones(2, dtype=pt.float64) * 1j).dtype is pt.complex128
    assert (pt.ones(2, dtype=pt.int32) + 1j).dtype is pt.complex64
    assert (1j / pt.ones(2, dtype=pt.complex64)).tolist() == [1j, 1j]
    assert (pt.tensor(2.0, dtype=pt.float64) * pt.ones(2, dtype=pt.complex64)).dtype is pt.complex64
    assert complex(pt.tensor(1 - 1j)) == 1 - 1j
    assert pt.tensor(2j).item() == 2j


def test_negative_zeros_among_python_numbers_stay() -> None:
    x = pt.zeros((), dtype=pt.complex128)
    first = (x + complex(-0.0, 1)).item()
    second = (x * 0 + complex(0.0, 1)).item()
    assert first == second == 1j
    assert np.signbit(pt.tensor(complex(-0.0, 1)).numpy().real)


def test_numpy_both_ways_shares_memory() -> None:
    a = z(3, 4)
    x = pt.from_numpy(a)
    x[0, 0] = 5j
    assert a[0, 0] == 5j
    assert x.numpy().dtype == np.complex128
    assert np.asarray(x).ctypes.data == a.ctypes.data


def test_repr() -> None:
    assert repr(pt.tensor([1 + 2j, -3 - 4j])) == "tensor([ 1.+2.j, -3.-4.j])"
    assert repr(pt.tensor([1.5 - 0.25j])) == "tensor([1.5000-0.2500j])"
    assert "dtype=pentad.complex128" in repr(pt.zeros(1, dtype=pt.complex128))


def test_imaginary_parts_are_not_dropped_silently() -> None:
    x = pt.tensor([1 + 2j, -1.5j])
    with pytest.warns(UserWarning, match="discarded"):
        assert x.to(pt.float32).tolist() == [1, 0]
    assert x.to(pt.bool).tolist() == [True, True]
    assert x.to(pt.complex128).tolist() == [1 + 2j, -1.5j]
    with pytest.raises(DTypeError, match="complex data"):
        pt.tensor([1j], dtype=pt.float32)
    assert pt.linspace(0, 2j, 3).tolist() == [0, 1j, 2j]


def test_save_and_load(tmp_path) -> None:
    x = t(z(3, 2, dtype=np.complex64))
    pt.save({"x": x}, tmp_path / "x.safetensors")
    assert pt.load(tmp_path / "x.safetensors")["x"].tolist() == x.tolist()
    with pytest.raises(DTypeError, match="no complex128"):
        pt.save({"x": x.to(pt.complex128)}, tmp_path / "y.safetensors")


# -- parts and views -------------------------------------------------------------------------------


def test_parts_are_views() -> None:
    x = t(z(3, 4))
    x.real[0] = 7.0
    x.imag = 2.0
    assert x[0].tolist() == [7 + 2j] * 4
    pairs = pt.view_as_real(x)
    assert pairs.shape == (3, 4, 2)
    pairs[1, 1, 0] = -1.0
    assert x[1, 1].item() == -1 + 2j
    assert pt.view_as_complex(pairs).data_ptr() == x.data_ptr()
    assert pt.real(pt.ones(2)).tolist() == [1, 1]


def test_what_has_no_parts() -> None:
    with pytest.raises(DTypeError, match="imag"):
        pt.imag(pt.ones(2))
    with pytest.raises(DTypeError, match="view_as_real"):
        pt.view_as_real(pt.ones(2))
    with pytest.raises(DTypeError, match="view_as_complex"):
        pt.view_as_complex(pt.ones(2, 2, dtype=pt.int64))
    for bad in (pt.ones(2, 3), pt.ones(2, 3)[:, 1:], pt.ones(5)[1:3], pt.ones(2, 2).T):
        with pytest.raises(ShapeError, match="no pairs"):
            pt.view_as_complex(bad)
    with pytest.raises(DTypeError, match="different dtypes"):
        pt.complex(pt.ones(2), pt.ones(2, dtype=pt.float64))


@pytest.mark.parametrize("shown", [
    lambda a: a.T, lambda a: a[::2, 1:], lambda a: a[:, ::3], lambda a: a[1], lambda a: a[:0],
])
def test_strided_operands(shown) -> None:
    a, b = z(4, 6), z(4, 6, seed=1)
    found = shown(t(a)) * shown(t(b)).conj() + shown(t(a)).abs()
    np.testing.assert_allclose(
        found.numpy(), shown(a) * shown(b).conj() + np.abs(shown(a)), rtol=1e-14
    )


def test_conjugates() -> None:
    x = t(z(2, 3))
    assert x.conj().tolist() == np.conj(x.numpy()).tolist()
    assert x.mH.tolist() == np.conj(x.numpy()).T.tolist()
    assert x.resolve_conj() is x
    assert not x.conj().is_conj()
    assert pt.ones(2).conj().dtype is pt.float32
    np.testing.assert_allclose((x.conj() @ x.T).numpy(), x.numpy().conj() @ x.numpy().T)


def test_in_place() -> None:
    a = z(3, 4)
    x = t(a)
    x += 1j
    x *= x.conj()
    x[1:, ::2] -= 2
    expected = np.abs(a + 1j) ** 2
    expected[1:, ::2] -= 2
    np.testing.assert_allclose(x.numpy(), expected, atol=1e-12)
    with pytest.raises(DTypeError, match="in place"):
        pt.ones(2).mul_(1j)
    with pytest.raises(DTypeError):
        x < x  # noqa: B015


# -- functions -------------------------------------------------------------------------------------


def test_products_of_every_transposition() -> None:
    a, b = z(5, 7), z(7, 5, seed=1)
    for x, y in ((a, b), (a, a.T), (b.T, b), (a.T, b.T)):
        for p, q in ((t(x), t(y)), (t(x.T.copy()).T, t(y)), (t(x), t(y.T.copy()).mT)):
            np.testing.assert_allclose((p @ q).numpy(), x @ y, rtol=1e-13)
    batch, vector = z(2, 3, 5, 7), z(7, seed=2)
    np.testing.assert_allclose((t(batch) @ t(vector)).numpy(), batch @ vector, rtol=1e-13)
    np.testing.assert_allclose(pt.vdot(t(vector), t(vector)).item(), np.vdot(vector, vector))
    pair = pt.einsum("bij,kj->bik", t(batch[0]), t(a))
    np.testing.assert_allclose(pair.numpy(), np.einsum("bij,kj->bik", batch[0], a), rtol=1e-13)


def test_reductions() -> None:
    a = z(4, 5)
    x = t(a)
    for name in ("sum", "mean", "prod", "var", "std"):
        given = {"ddof": 1} if name in ("var", "std") else {}
        found = getattr(x, name)(1).numpy()
        np.testing.assert_allclose(found, getattr(a, name)(1, **given), rtol=1e-12)
    np.testing.assert_allclose(x.cumsum(1).numpy(), a.cumsum(1), rtol=1e-12)
    np.testing.assert_allclose(x.cumprod(0).numpy(), a.cumprod(0), rtol=1e-12)
    assert x.norm().item() == pytest.approx(np.linalg.norm(a))
    assert x.norm().dtype is pt.float64
    assert pt.zeros(0, 3, dtype=pt.complex64).prod(0).tolist() == [1, 1, 1]
    with pytest.raises(DTypeError):
        x.amax()
    with pytest.raises(DTypeError):
        x.argmin()


def test_angles_and_polar_form() -> None:
    a = z(3, 4)
    x = t(a)
    np.testing.assert_allclose(pt.polar(x.abs(), x.angle()).numpy(), a, rtol=1e-14)
    np.testing.assert_allclose(pt.sgn(x).numpy(), a / np.abs(a), rtol=1e-14)
    np.testing.assert_allclose(pt.complex(x.real, x.imag).numpy(), a)
    assert pt.angle(pt.tensor([-1.0, 0.0, 2.0])).tolist() == [pytest.approx(np.pi), 0, 0]
    assert pt.isreal(pt.tensor([1 + 0j, 1j])).tolist() == [True, False]
    assert pt.isclose(x, x + 1e-9j).all()


def test_random_numbers_have_variance_1() -> None:
    pt.manual_seed(0)
    x = pt.randn(4000, dtype=pt.complex64)
    assert x.abs().square().mean().item() == pytest.approx(1, abs=0.1)
    assert abs(x.mean().item()) < 0.1
    assert pt.rand_like(x).imag.amin().item() >= 0


# -- gradients -------------------------------------------------------------------------------------


def test_the_gradient_is_that_of_both_parts() -> None:
    """PyTorch's convention: dL/dRe + i dL/dIm, here of |x|^2 and of Re(x^3)."""
    x = t(z(5)).requires_grad_()
    (x.abs() ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.detach().numpy(), rtol=1e-13)
    x.grad = None
    (x**3).real.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.conj(3 * x.detach().numpy() ** 2), rtol=1e-13)


def numeric_gradient(function, a: np.ndarray) -> np.ndarray:
    def value(x: np.ndarray) -> float:
        return function(t(x)).item()

    found = np.zeros_like(a)
    for at in np.ndindex(a.shape):
        for d in (1, 1j):
            up, down = a.copy(), a.copy()
            up[at] += 1e-6 * d
            down[at] -= 1e-6 * d
            found[at] += d * (value(up) - value(down)) / 2e-6
    return found


LOSSES = [
    lambda x: (x @ x.mH).abs().sum(),
    lambda x: pt.view_as_real(x.exp()).sum(),
    lambda x: (x.angle() * x.imag).sum(),
    lambda x: (pt.sgn(x) * (2 - 1j)).real.sum(),
    lambda x: pt.complex(x.real.sin(), x.imag).abs().sum(),
    lambda x: (x / (x + 3j)).abs().square().mean(),
    lambda x: pt.view_as_complex(pt.view_as_real(x) * 2).tanh().real.sum(),
    lambda x: (x * 2j).conj().real.sum() + x.norm(),
    lambda x: (x * pt.tensor([1.0, 2.0, 3.0], dtype=pt.float64)).prod().real,
]


@pytest.mark.parametrize("number", range(len(LOSSES)))
def test_gradients_of_real_losses(number: int) -> None:
    loss, a = LOSSES[number], z(2, 3, seed=number)
    x = t(a).requires_grad_()
    loss(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), numeric_gradient(loss, a), rtol=1e-5, atol=1e-7)
    compiled = pt.compile(pt.grad(loss))(t(a))
    np.testing.assert_allclose(compiled.numpy(), x.grad.numpy(), rtol=1e-12, atol=1e-13)


def test_a_complex_result_needs_a_cotangent_of_its_type() -> None:
    x = t(z(3)).requires_grad_()
    with pytest.raises(AutogradError, match="several elements"):
        (x * x).backward()
    with pytest.raises(AutogradError, match="does not fit"):
        (x * x).backward(pt.ones(3))
    (x * x).backward(pt.ones(3, dtype=pt.complex128))
    np.testing.assert_allclose(x.grad.numpy(), np.conj(2 * x.detach().numpy()), rtol=1e-13)


def test_a_real_leaf_gets_a_real_gradient() -> None:
    x = pt.tensor([1.0, 2.0], dtype=pt.float64).requires_grad_()
    (x * (1 + 2j)).abs().sum().backward()
    assert x.grad.dtype is pt.float64
    np.testing.assert_allclose(x.grad.numpy(), [5**0.5] * 2)


def test_in_place_writes_to_parts_are_recorded() -> None:
    x = t(z(4)).requires_grad_()
    y = x * 1
    y.imag.mul_(3)
    (y.abs() ** 2).sum().backward()
    a = x.detach().numpy()
    np.testing.assert_allclose(x.grad.numpy(), 2 * a.real + 18j * a.imag, rtol=1e-12)


def test_forward_mode() -> None:
    a, v = z(3), z(3, seed=1)
    _, tangent = pt.jvp(lambda x: x.exp().abs(), (t(a),), (t(v),))
    step = 1e-6
    expected = (np.abs(np.exp(a + step * v)) - np.abs(np.exp(a - step * v))) / (2 * step)
    np.testing.assert_allclose(tangent.numpy(), expected, rtol=1e-7)


# -- compiled --------------------------------------------------------------------------------------


def test_compiled_functions_take_give_and_write_complex_tensors() -> None:
    @pt.compile
    def step(x: pt.Tensor, y: pt.Tensor, number: complex) -> tuple[pt.Tensor, ...]:
        x += y * number
        y.real.zero_()
        return x @ y.mH, pt.view_as_real(x)[..., 1], x.sum()

    a, b = z(3, 4), z(3, 4, seed=1)
    x, y = t(a), t(b)
    product, imaginary, total = step(x, y, 2 - 1j)
    c = a + b * (2 - 1j)
    np.testing.assert_allclose(x.numpy(), c, rtol=1e-13)
    np.testing.assert_allclose(y.numpy(), 1j * b.imag)
    np.testing.assert_allclose(product.numpy(), c @ (1j * b.imag).conj().T, rtol=1e-12)
    np.testing.assert_allclose(imaginary.numpy(), c.imag, rtol=1e-13)
    np.testing.assert_allclose(total.item(), c.sum(), rtol=1e-12)
    assert np.isfinite(step(x, y, 1 + 1j)[2].item())


def test_control_flow() -> None:
    def run(x: pt.Tensor) -> tuple[pt.Tensor, ...]:
        last, steps = pt.scan(lambda c, a: (c * a, c + a), x[0], x)
        turned = pt.fori_loop(0, 3, lambda i, v: v * 1j, x)
        chosen = pt.cond(x.real.sum() > 0, lambda v: v * 2j, lambda v: v.conj(), x)
        count, grown = pt.while_loop(
            lambda c: c[0] < 4, lambda c: (c[0] + 1, c[1] * (1 + 1j)), (pt.tensor(0), x)
        )
        return last, steps, turned, chosen, grown

    x = t(z(4))
    for a, b in zip(run(x), pt.compile(run)(x), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)
    np.testing.assert_allclose(run(x)[2].numpy(), x.numpy() * -1j, atol=1e-15)


def test_examples_are_mapped() -> None:
    x = t(z(3, 4))
    mapped = pt.vmap(lambda v: (v * v.conj()).sum().real + v.asin().abs().sum())(x)
    each = [((v * v.conj()).sum().real + v.asin().abs().sum()).item() for v in x]
    np.testing.assert_allclose(mapped.numpy(), each, rtol=1e-12)


def test_sizes_may_vary_in_compiled_functions() -> None:
    f = pt.compile(lambda x: (x * x.conj()).sum(0) / x.shape[0])
    for n in (2, 3, 5, 7):
        a = z(n, 3)
        np.testing.assert_allclose(f(t(a)).numpy(), (np.abs(a) ** 2).mean(0), rtol=1e-12)
