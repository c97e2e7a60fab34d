"""pentad.linalg against NumPy and its own definitions: values, shapes, edges, errors, compiled."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import linalg
from pentad.ops.matrices import positive_matrix, random_matrix

SHAPES = ((3, 3), (5, 2), (2, 5), (2, 3, 3), (2, 1, 4, 3), (0, 3), (3, 0), (0, 2, 2))
SQUARE = ((1, 1), (4, 4), (2, 3, 3), (2, 1, 2, 2), (0, 0), (0, 2, 2))
NP = np.linalg


def given(*shape: int, positive: bool = False) -> tuple[np.ndarray, pt.Tensor]:
    array = positive_matrix(*shape) if positive else random_matrix(*shape)
    return array, pt.from_numpy(array.copy())


def close(found: pt.Tensor, expected: object, tol: float = 1e-10) -> None:
    assert tuple(found.shape) == np.shape(expected)
    assert np.allclose(found.numpy(), expected, rtol=tol, atol=tol)


@pytest.mark.parametrize("shape", SHAPES)
def test_factors_multiply_to_the_matrix(shape: tuple[int, ...]) -> None:
    array, x = given(*shape)
    q, r = linalg.qr(x)
    close(q @ r, array)
    u, s, vh = linalg.svd(x, full_matrices=False)
    close((u * s.unsqueeze(-2)) @ vh, array)
    close(s, NP.svd(array, compute_uv=False))
    close(linalg.svdvals(x), s.numpy())
    p, lower, upper = linalg.lu(x)
    close(p @ lower @ upper, array)
    assert np.array_equal(upper.numpy(), np.triu(upper.numpy()))
    both, pivots = linalg.lu_factor(x)
    p, lower, upper = pt.lu_unpack(both, pivots)
    close(p @ lower @ upper, array)


@pytest.mark.parametrize("shape", SQUARE)
def test_hermitian_matrices(shape: tuple[int, ...]) -> None:
    array, x = given(*shape, positive=True)
    factor = linalg.cholesky(x)
    close(factor @ factor.mT, array)
    close(linalg.cholesky(x, upper=True), factor.mT.numpy())
    values, vectors = linalg.eigh(x)
    close((vectors * values.unsqueeze(-2)) @ vectors.mT, array)
    close(linalg.eigvalsh(x, "U"), NP.eigvalsh(array))
    close(pt.cholesky_inverse(factor) @ x, np.broadcast_to(np.eye(shape[-1]), shape))
    right = given(*shape[:-1], 2)[0]
    close(x @ pt.cholesky_solve(pt.from_numpy(right), factor), right)


def test_one_triangle_is_read() -> None:
    array, x = given(3, 3, positive=True)
    x = x.clone()
    x[0, 2] = 100.0
    close(linalg.cholesky(x), NP.cholesky(array))
    close(linalg.eigvalsh(x), NP.eigvalsh(array))


@pytest.mark.parametrize("shape", SQUARE)
def test_equations_inverses_determinants(shape: tuple[int, ...]) -> None:
    array, x = given(*shape)
    b = given(*shape[:-1], 2)[0]
    right = pt.from_numpy(b)
    solution = linalg.solve(x, right)
    close(x @ solution, b)
    close(linalg.solve(x.mT, right.mT, left=False), solution.mT.numpy())
    close(linalg.solve(x, pt.from_numpy(b[..., 0].copy())), solution.numpy()[..., 0])
    close(linalg.lu_solve(*linalg.lu_factor(x), right), solution.numpy())
    close(linalg.lu_solve(*linalg.lu_factor(x), right.mT, left=False), (right.mT @ linalg.inv(x))
          .numpy())
    turned = linalg.lu_solve(*linalg.lu_factor(x), right, adjoint=True)
    close(turned, linalg.solve(x.mT, right).numpy())
    turned = linalg.lu_solve(*linalg.lu_factor(x), right.mT, adjoint=True, left=False)
    close(turned, linalg.solve(x.mT, right.mT, left=False).numpy())
    close(linalg.inv(x), NP.inv(array))
    close(linalg.det(x), NP.det(array))
    sign, log = linalg.slogdet(x)
    close(sign, NP.slogdet(array)[0])
    close(log, NP.slogdet(array)[1])
    upper = linalg.solve_triangular(x, right, upper=True)
    close(pt.triu(x) @ upper, b)
    lower = linalg.solve_triangular(x, right.mT, upper=False, left=False, unitriangular=True)
    unit = np.tril(array, -1) + np.eye(shape[-1])
    close(lower @ pt.from_numpy(unit), np.swapaxes(b, -1, -2))


@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5), (2, 3, 2), (0, 3), (3, 0)])
def test_pseudo_inverses_and_least_squares(shape: tuple[int, ...]) -> None:
    array, x = given(*shape)
    close(linalg.pinv(x), NP.pinv(array))
    b = given(*shape[:-1], 2)[0]
    found = linalg.lstsq(x, pt.from_numpy(b), driver="gelsd")
    close(found.solution, NP.pinv(array) @ b)
    close(found.singular_values, NP.svd(array, compute_uv=False))
    if len(shape) == 2 and min(shape):
        assert int(found.rank) == min(shape)
        close(found.residuals, NP.lstsq(array, b, rcond=None)[1])


def test_ranks_are_counted() -> None:
    x = pt.tensor([[1.0, 2.0], [2.0, 4.0]])
    assert int(linalg.matrix_rank(x)) == 1
    assert int(linalg.matrix_rank(x, hermitian=True)) == 1
    assert int(linalg.matrix_rank(x, atol=100.0)) == 0
    assert linalg.matrix_rank(pt.zeros(2, 0, 3)).tolist() == [0, 0]
    close(linalg.pinv(x.double()), NP.pinv(x.numpy().astype(np.float64)))


ORDERS = (None, "fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2)


@pytest.mark.parametrize("ord", ORDERS, ids=str)
def test_matrix_norms(ord: object) -> None:
    array, x = given(3, 4)
    close(linalg.norm(x, ord), NP.norm(array, ord))
    array, x = given(2, 3, 4)
    if ord is not None:
        expected = NP.norm(array, ord, axis=(2, 0), keepdims=True)
        close(linalg.matrix_norm(x, ord, (2, 0), keepdim=True), expected)
        square = given(3, 3)[0]
        close(linalg.cond(pt.from_numpy(square), ord), NP.cond(square, ord))


@pytest.mark.parametrize("ord", [2, 1, 0, 3, 0.5, -1, -2.5, np.inf, -np.inf])
def test_vector_norms(ord: float) -> None:
    array, x = given(3, 4)
    with np.errstate(divide="ignore"):
        at_zero = NP.norm(np.zeros(3), ord)
    close(linalg.vector_norm(x, ord, 1), NP.norm(array, ord, axis=1))
    close(linalg.vector_norm(x, ord, keepdim=True), [[NP.norm(array.ravel(), ord)]])
    zero = pt.zeros(3, dtype=pt.float64, requires_grad=True)
    found = linalg.vector_norm(zero, ord)
    assert found.item() == at_zero
    if ord in (2, 3):
        found.backward()
        assert zero.grad.tolist() == [0, 0, 0]


def test_powers_and_products() -> None:
    array, x = given(2, 3, 3)
    for n in (0, 1, 5, -2):
        close(linalg.matrix_power(x, n), NP.matrix_power(array, n), 1e-8)
    rotation = pt.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=pt.float64) * 30.0
    expected = [[np.cos(30), -np.sin(30)], [np.sin(30), np.cos(30)]]
    close(linalg.matrix_exp(rotation), expected)
    parts = [given(a, b) for a, b in ((2, 7), (7, 3), (3, 5))]
    close(linalg.multi_dot([p[1] for p in parts]), NP.multi_dot([p[0] for p in parts]))
    close(pt.kron(parts[0][1], parts[1][1]), np.kron(parts[0][0], parts[1][0]))
    a, b = random_matrix(4, 3), random_matrix(2, 4, 3)
    tensors = pt.from_numpy(np.stack([a, a])), pt.from_numpy(b)
    close(linalg.cross(*tensors), np.cross(np.stack([a, a]), b))
    close(linalg.vecdot(*tensors), np.sum(a * b, -1))
    close(pt.trace(pt.from_numpy(a)), np.trace(a))
    cube = random_matrix(6, 6).reshape(2, 3, 6)
    close(linalg.tensorinv(pt.from_numpy(cube)), NP.tensorinv(cube))
    right = random_matrix(2, 3)
    close(linalg.tensorsolve(pt.from_numpy(cube), pt.from_numpy(right)),
          NP.tensorsolve(cube, right))


def test_reflections_make_an_orthonormal_matrix() -> None:
    array = random_matrix(4, 2)
    (h, tau), q = NP.qr(array, "raw"), NP.qr(array)[0]
    found = linalg.householder_product(pt.from_numpy(h.T.copy()), pt.from_numpy(tau))
    close(found, q)


@pytest.mark.parametrize("call", [
    lambda: linalg.cholesky(pt.tensor([[1.0, 2.0], [2.0, 1.0]])),
    lambda: linalg.inv(pt.zeros(2, 2)),
    lambda: linalg.solve(pt.ones(2, 2), pt.ones(2)),
    lambda: linalg.eigh(pt.full((2, 2), float("nan"))),
    lambda: linalg.svd(pt.full((2, 2), float("nan"))),
    lambda: linalg.cholesky_ex(-pt.eye(2), check_errors=True),
])
def test_what_does_not_exist_is_a_linalg_error(call: object) -> None:
    with pytest.raises(linalg.LinAlgError, match="expected"):
        call()  # type: ignore[operator]


def test_info_instead_of_errors() -> None:
    x = pt.stack([pt.eye(2), -pt.eye(2), pt.tensor([[1.0, 2.0], [2.0, 1.0]])])
    factor, info = linalg.cholesky_ex(x)
    assert info.tolist() == [0, 1, 2]
    assert info.dtype is pt.int32
    assert factor[0].tolist() == [[1, 0], [0, 1]]
    assert int(linalg.inv_ex(pt.zeros(2, 2)).info) == 1
    assert int(linalg.solve_ex(pt.ones(2, 2), pt.ones(2, 1)).info) == 2
    assert linalg.lu_factor_ex(x).info.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("call", "error"), [
    (lambda: linalg.inv(pt.ones(2, 3)), pt.ShapeError),
    (lambda: linalg.det(pt.ones(3)), pt.ShapeError),
    (lambda: linalg.inv(pt.ones(2, 2).long()), pt.DTypeError),
    (lambda: linalg.qr(pt.ones(2, 2), "raw"), pt.ArgumentError),
    (lambda: linalg.eigh(pt.ones(2, 2), "X"), pt.ArgumentError),
    (lambda: linalg.matrix_norm(pt.ones(2, 2), 7), pt.ArgumentError),
    (lambda: linalg.norm(pt.ones(2, 2, 2), 3), pt.ArgumentError),
    (lambda: linalg.vector_norm(pt.ones(0), -1), pt.ShapeError),
    (lambda: linalg.matrix_power(pt.ones(2, 2), 0.5), pt.ArgumentError),
    (lambda: linalg.multi_dot([pt.ones(2)]), pt.ArgumentError),
    (lambda: linalg.cross(pt.ones(2), pt.ones(2)), pt.ShapeError),
    (lambda: linalg.tensorinv(pt.ones(2, 3)), pt.ShapeError),
    (lambda: linalg.solve(pt.eye(2), pt.ones(3, 1)), pt.ShapeError),
    (lambda: linalg.qr(pt.ones(3, 2, requires_grad=True), "complete"), pt.AutogradError),
])
def test_misuse_is_refused(call: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()  # type: ignore[operator]


def test_the_gradient_of_a_singular_determinant() -> None:
    x = pt.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=pt.float64, requires_grad=True)
    linalg.det(x).backward()
    close(x.grad, [[4, -2], [-2, 1]])


def test_compiled_is_eager() -> None:
    def step(x: pt.Tensor) -> pt.Tensor:
        y = x @ x.mT + 3 * pt.eye(3, dtype=pt.float64)
        return linalg.slogdet(y)[1] + linalg.solve(y, x).sum() + linalg.eigh(y)[0].prod()

    eager, compiled = (given(3, 3)[1].requires_grad_() for _ in range(2))
    first, second = step(eager), pt.compile(step)(compiled)
    first.backward()
    second.backward()
    assert np.allclose(first.item(), second.item(), rtol=1e-12)
    close(compiled.grad, eager.grad.numpy())
    bad = pt.zeros(3, 3, dtype=pt.float64)
    with pytest.raises(linalg.LinAlgError):
        pt.compile(lambda a: linalg.inv(a) * 2)(bad)


def test_complex_matrices() -> None:
    wide = np.complex128
    array, right = random_matrix(2, 3, 3, dtype=wide), random_matrix(2, 3, 2, dtype=wide)
    x, b = pt.from_numpy(array), pt.from_numpy(right)
    close(x @ linalg.solve(x, b), right)
    close(linalg.inv(x), NP.inv(array))
    close(linalg.det(x), NP.det(array))
    sign, log = linalg.slogdet(x)
    close(sign * log.exp(), NP.det(array))
    assert log.dtype is pt.float64
    q, r = linalg.qr(x)
    close(q @ r, array)
    u, s, vh = linalg.svd(x)
    assert s.dtype is pt.float64
    close((u * s.unsqueeze(-2)) @ vh, array)
    p, lower, upper = linalg.lu(x)
    close(p @ lower @ upper, array)
    positive = pt.from_numpy(positive_matrix(3, 3, dtype=wide))
    factor = linalg.cholesky(positive)
    close(factor @ factor.mH, positive.numpy())
    values, vectors = linalg.eigh(positive)
    assert values.dtype is pt.float64
    close((vectors * values.unsqueeze(-2)) @ vectors.mH, positive.numpy())
    close(linalg.vector_norm(x, 2), NP.norm(array.ravel()))
    close(linalg.matrix_exp(x - x), np.broadcast_to(np.eye(3), (2, 3, 3)))
    close(linalg.vecdot(x, x), np.sum(np.abs(array) ** 2, -1))


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_general_eigenvalues(dtype: type) -> None:
    array = random_matrix(2, 4, 4, dtype=dtype)
    x = pt.from_numpy(array)
    values, vectors = linalg.eig(x)
    assert values.dtype is pt.complex128
    close(pt.from_numpy(array.astype(np.complex128)) @ vectors, (vectors * values.unsqueeze(-2))
          .numpy())
    close(linalg.eigvals(x), values.numpy())


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("name", ["eig", "eigh", "svd"])
def test_gradients_that_do_not_depend_on_phases(name: str, dtype: type) -> None:
    """|vectors| and values have gradients, checked by differences in one random direction."""
    rng = np.random.default_rng(3)
    array = positive_matrix(3, 3, dtype=dtype) if name == "eigh" else random_matrix(
        3, 3, dtype=dtype)
    direction = random_matrix(3, 3, seed=9, dtype=dtype)
    weights = pt.from_numpy(rng.standard_normal((3, 3)))

    def loss(matrix: np.ndarray) -> tuple[pt.Tensor, pt.Tensor]:
        x = pt.from_numpy(matrix).requires_grad_()
        values, vectors = (p.abs().square() for p in list(getattr(linalg, name)(x))[:2])
        if name == "svd":
            values, vectors = vectors, values
        total = (values * weights[0]).sum() + (vectors * weights).sum()
        return x, total

    def moved(by: float) -> float:
        step = direction + direction.conj().T if name == "eigh" else direction
        return loss(array + by * step)[1].item()

    x, total = loss(array)
    total.backward()
    step = direction + direction.conj().T if name == "eigh" else direction
    expected = (moved(1e-6) - moved(-1e-6)) / 2e-6
    assert np.sum((x.grad.numpy() * step.conj()).real) == pytest.approx(expected, rel=1e-6)


def test_lstsq_gives_what_the_driver_gives() -> None:
    array, x = given(4, 2)
    b = random_matrix(4, 3)
    for driver, residuals, rank, values in (
        (None, 0, (), 0), ("gelsy", 0, (), 0), ("gels", 3, (0,), 0), ("gelsd", 3, (), 2),
    ):
        found = linalg.lstsq(x, pt.from_numpy(b), driver=driver)
        close(found.solution, NP.lstsq(array, b, rcond=None)[0])
        assert found.residuals.shape == (residuals,)
        assert found.rank.shape == rank
        assert found.singular_values.shape == (values,)
    with pytest.raises(pt.ArgumentError):
        linalg.lstsq(x, pt.from_numpy(b), driver="qr")


def test_norms_of_matrices_without_elements_are_zero() -> None:
    for order in (float("inf"), 1, 2, "nuc", "fro"):
        for shape in ((0, 0), (0, 3), (3, 0)):
            assert linalg.norm(pt.zeros(shape), order).item() == 0
        assert linalg.matrix_norm(pt.zeros(2, 0, 3), order).tolist() == [0, 0]
    with pytest.raises(pt.ShapeError):
        linalg.norm(pt.zeros(0, 0), -float("inf"))


def test_vander_and_diagonal() -> None:
    x = np.array([[2.0, 3.0, -1.0], [0.0, 1.0, 4.0]])
    close(linalg.vander(pt.tensor(x)), x[..., None] ** np.arange(3))
    close(linalg.vander(pt.tensor(x), N=5), x[..., None] ** np.arange(5))
    assert linalg.vander(pt.tensor([2, 3]), N=2).tolist() == [[1, 2], [1, 3]]
    assert linalg.vander(pt.tensor(2.0), N=3).tolist() == [[1, 2, 4]]
    for n in (1, None, 2.0):
        with pytest.raises(pt.ArgumentError):
            linalg.vander(pt.tensor([2.0]), N=n)
    cube = np.arange(24.0).reshape(2, 3, 4)
    close(linalg.diagonal(pt.tensor(cube)), np.diagonal(cube, axis1=-2, axis2=-1))
    close(linalg.diagonal(pt.tensor(cube), offset=1, dim1=0), np.diagonal(cube, 1, 0, -1))


def test_complex_pivots_are_those_of_lapack() -> None:
    """|re| + |im| decides: of 3 + 3i and 5 the first is taken, though 5 is farther from 0."""
    found = linalg.lu_factor(pt.tensor([[5.0 + 0j, 1.0], [3.0 + 3.0j, 2.0]]))
    assert found.pivots.tolist() == [2, 2]


def test_the_diagonal_of_hermitian_matrices_is_real() -> None:
    z = random_matrix(3, 3) + 1j * random_matrix(3, 3)[::-1]
    whole = np.tril(z, -1) + np.tril(z, -1).conj().T + np.diag(np.diag(z).real)
    close(linalg.pinv(pt.tensor(z), hermitian=True), NP.pinv(whole), 1e-8)
    close(linalg.eigvalsh(pt.tensor(z)), NP.eigvalsh(whole), 1e-8)


ENDLESS = [  # the singular values of which LAPACK looks for without end
    [-1.70979734, -0.93167397, 0.08352556],
    [0.87132767, 1.47896662, -0.60190044],
    [-np.inf, 0.3985139, -0.94661773],
]


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("function", [
    linalg.svd, linalg.svdvals, linalg.pinv, linalg.cond, linalg.matrix_rank, linalg.eigh,
    linalg.eig, linalg.eigvalsh, linalg.eigvals,
    lambda x: linalg.matrix_norm(x, "nuc"), lambda x: linalg.matrix_norm(x, 2),
    lambda x: linalg.lstsq(x, pt.ones(3, 2, dtype=x.dtype), driver="gelsd"),
])  # fmt: skip
def test_matrices_that_are_not_finite_have_no_singular_values(function, bad) -> None:
    x = pt.tensor(ENDLESS, dtype=pt.float64)
    x[2, 0] = bad
    with pytest.raises(pt.linalg.LinAlgError):
        function(x)


def test_gradients_of_determinants_that_are_not_finite_are_nan() -> None:
    array, _ = given(3, 3)
    x = pt.tensor(np.stack([ENDLESS, array]), requires_grad=True)
    (grad,) = pt.autograd.grad(linalg.det(x).sum(), x, create_graph=True)
    assert grad[0].isnan().all()
    close(grad[1].detach(), np.linalg.det(array) * np.linalg.inv(array).T)
    (second,) = pt.autograd.grad(grad[1].sum(), x)
    assert second[1].isfinite().all()
