"""Sparse matrices: every function against the same of dense ones."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano import sparse as S

A = np.array([[0, 1.0, 0, 2], [3, 0, 0, 0], [0, 0, 4, 0]])
B = np.array([[1.0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 3, 0]])
D = np.arange(8.0).reshape(4, 2)
V = np.array([0.5, 2.0, -1.0])


@pytest.fixture(autouse=True)
def without_scipy(monkeypatch):
    """Results are of the front end's own class where a program has not imported scipy."""
    monkeypatch.delitem(sys.modules, "scipy.sparse", raising=False)


def found(expression):
    """Its value, of a constant graph, run node by node; sparse ones as arrays."""
    value = theano.function([], expression, mode="FAST_COMPILE")()
    return value.toarray() if isinstance(value, S.basic.Matrix) else value


def pair(format):
    """A and B as variables."""
    made = S.basic.SparseFromDense(format)
    return S.as_sparse_variable(made(A).eval()), S.as_sparse_variable(made(B).eval())


CASES = {
    "add": (lambda a, b: a + b, A + B),
    "sub": (lambda a, b: a - b, A - B),
    "add dense": (lambda a, b: a + B, A + B),
    "sub from dense": (lambda a, b: B - a, B - A),
    "mul": (lambda a, b: a * b, A * B),
    "mul dense": (lambda a, b: S.mul(a, A + 1), A * (A + 1)),
    "mul row": (lambda a, b: S.mul(a, D[:, 1]), A * D[:, 1]),
    "neg": (lambda a, b: -a, -A),
    "transpose": (lambda a, b: a.T, A.T),
    "dot": (lambda a, b: S.dot(a, D), A @ D),
    "dot vector": (lambda a, b: S.dot(a, D[:, 1]), A @ D[:, 1]),
    "dot from dense": (lambda a, b: S.dot(D.T, a.T), D.T @ A.T),
    "T.dot": (lambda a, b: T.dot(a, T.constant(D)), A @ D),
    "dot of sparse": (lambda a, b: S.dot(a, b.T), A @ B.T),
    "structured_dot": (lambda a, b: S.structured_dot(b.T, a), B.T @ A),
    "true_dot": (lambda a, b: S.true_dot(a, D), A @ D),
    "sampling_dot": (lambda a, b: S.sampling_dot(D[:3], D, b), B * (D[:3] @ D.T)),
    "usmm": (lambda a, b: S.usmm(2.0, a, D, np.ones((3, 2))), 2 * A @ D + 1),
    "sum": (lambda a, b: S.sp_sum(a), A.sum()),
    "sum of columns": (lambda a, b: S.sp_sum(a, 0), A.sum(0)),
    "sum of rows": (lambda a, b: S.sp_sum(a, axis=1), A.sum(1)),
    "row_scale": (lambda a, b: S.row_scale(a, V), A * V[:, None]),
    "col_scale": (lambda a, b: S.col_scale(a, D[:, 1]), A * D[:, 1]),
    "slices": (lambda a, b: a[0:2, 1:], A[0:2, 1:]),
    "rows": (lambda a, b: a[[2, 0, 2]], A[[2, 0, 2]]),
    "backwards": (lambda a, b: a[::-1, ::2], A[::-1, ::2]),
    "element": (lambda a, b: a[1, 0], 3.0),
    "elements": (lambda a, b: a[[0, 1], [3, 1]], [2.0, 0.0]),
    "hstack": (lambda a, b: S.hstack([a, b]), np.hstack([A, B])),
    "vstack": (lambda a, b: S.vstack([a, b], format="csr"), np.vstack([A, B])),
    "sqr": (lambda a, b: S.sqr(a), A ** 2),
    "sigmoid": (lambda a, b: S.structured_sigmoid(a), (A != 0) / (1 + np.exp(-A))),
    "pow": (lambda a, b: S.structured_pow(a, 3), A ** 3),
    "add vector": (lambda a, b: S.structured_add_s_v(a, D[:, 1]), (A != 0) * (A + D[:, 1])),
    "remove0": (lambda a, b: S.clean(a * 0), A * 0),
    "ones": (lambda a, b: S.sp_ones_like(a), A != 0),
    "zeros": (lambda a, b: S.sp_zeros_like(a), A * 0),
    "lt": (lambda a, b: a < b, A < B),
    "eq dense": (lambda a, b: S.eq(a, B), A == B),
    "diag": (lambda a, b: S.diag(a[:, 0:3]), np.diag(A[:, 0:3])),
    "square_diagonal": (lambda a, b: S.square_diagonal(V), np.diag(V)),
    "cast": (lambda a, b: S.cast(a, "float32"), A.astype("float32")),
    "parts": (lambda a, b: S.CSM(a.format)(*S.csm_properties(a)), A),
    "shape": (lambda a, b: a.shape, A.shape),
}


@pytest.mark.parametrize("format", ["csr", "csc"])
def test_values_are_those_of_dense_matrices(format):
    a, b = pair(format)
    names, cases = list(CASES), [make(a, b) for make, _ in CASES.values()]
    values = theano.function([], cases, mode="FAST_COMPILE")()
    for name, value in zip(names, values, strict=True):
        array = value.toarray() if isinstance(value, S.basic.Matrix) else value
        np.testing.assert_allclose(array, CASES[name][1], rtol=1e-12, err_msg=name)


def test_gradients_are_those_of_the_stored_elements():
    x, d = S.csr_matrix("x", "float64"), T.dmatrix("d")
    cost = (S.dot(x, d) ** 2).sum() + (S.structured_dot(x, x.T)).sum()
    f = theano.function([x, d], [cost, *T.grad(cost, [x, d])])
    given = S.csr_from_dense(T.constant(A)).eval()
    for _ in range(2):
        value, by_x, by_d = f(given, D)
        np.testing.assert_allclose(value, ((A @ D) ** 2).sum() + (A @ A.T).sum())
        whole = 2 * A @ D @ D.T + 2 * np.ones((3, 3)) @ A
        np.testing.assert_allclose(by_x.toarray(), np.where(A != 0, whole, 0))
        np.testing.assert_allclose(by_d, 2 * A.T @ A @ D)


def test_a_shared_matrix_is_trained_in_compiled_code():
    w = theano.shared(S.csr_from_dense(T.constant(A)).eval(), "w")
    d = T.dmatrix("d")
    cost = (S.structured_dot(w, d) ** 2).sum()
    step = S.add_s_s_data(w, T.grad(cost, w) * -0.01)
    f = theano.function([d], cost, updates=[(w, step)])
    expected = A.copy()
    for _ in range(3):
        np.testing.assert_allclose(f(D), ((expected @ D) ** 2).sum())
        expected -= 0.01 * np.where(A != 0, 2 * expected @ D @ D.T, 0)
    np.testing.assert_allclose(w.get_value().toarray(), expected)
    assert f.run.reason is None
    w.set_value(S.csc_from_dense(T.constant(B)).eval())
    np.testing.assert_allclose(w.get_value().toarray(), B)
    with pytest.raises(ValueError, match="keeps its shape"):
        w.set_value(S.csr_from_dense(T.constant(B.T)).eval())


def test_givens_and_scans_take_sparse_variables():
    x, y = S.csr_matrix("x", "float64"), S.csr_matrix("y", "float64")
    given = S.csr_from_dense(T.constant(B)).eval()
    f = theano.function([y], x * 2.0, givens={x: y}, mode="FAST_COMPILE")
    np.testing.assert_allclose(f(given).toarray(), 2 * B)
    square = S.csr_from_dense(T.constant(B[:, :3])).eval()
    last, _ = theano.scan(lambda v, m: S.dot(m, v), outputs_info=[T.constant(V)],
                          non_sequences=[x], n_steps=2)
    f = theano.function([x], last[-1], mode="FAST_COMPILE")
    np.testing.assert_allclose(f(square), B[:, :3] @ B[:, :3] @ V)


def test_what_is_refused():
    x = S.csr_matrix("x", "float64")
    with pytest.raises(TypeError, match="must be a TensorType"):
        T.exp(x)
    with pytest.raises(NotImplementedError, match="unsupported format"):
        S.matrix("coo")
    with pytest.raises(TypeError, match="csr_from_dense"):
        S.as_sparse_variable(A)
    with pytest.raises(ValueError, match="do not fit together"):
        S.basic.Matrix([1.0], [7], [0, 1], (1, 3), "csr")
    f = theano.function([x], x.T)
    with pytest.raises(NotImplementedError, match="Expected float64"):
        f(S.csr_from_dense(T.constant(A.astype("float32"))).eval())
    with pytest.raises(TypeError, match="at least one sparse"):
        S.structured_dot(A, B)


def test_scipys_matrices_come_and_go():
    import scipy.sparse

    x = S.csc_matrix("x", "float64")
    value = theano.function([x], x + x.T.T, mode="FAST_COMPILE")(scipy.sparse.csc_matrix(A))
    assert scipy.sparse.issparse(value)
    assert value.format == "csc"
    np.testing.assert_allclose(value.toarray(), 2 * A)


def test_operations_by_their_classes():
    a, b = pair("csc")
    np.testing.assert_allclose(found(S.HStack("csc")(a, b)), np.hstack([A, B]))
    np.testing.assert_allclose(found(S.basic.SpSum(1)(a)), A.sum(1))
    np.testing.assert_allclose(found(S.DenseFromSparse()(S.AddSS()(a, b))), A + B)
    assert S.Cast("float32")(a).dtype == "float32"
    assert "float16" not in S.all_dtypes


@pytest.mark.parametrize("format", ["csr", "csc"])
def test_rows_by_lists(format):
    a, _ = pair(format)
    rows = S.basic.GetItemList()(a, [2, 0, 0])
    assert isinstance(rows.type, S.SparseType)
    assert rows.format == format
    np.testing.assert_array_equal(found(rows), A[[2, 0, 0]])
    elements = S.basic.GetItem2Lists()(a, [0, 1, 1], [3, 0, 1])
    np.testing.assert_array_equal(found(elements), [2, 3, 0])
    # Each time that a row is taken adds to its gradient.
    slope = T.grad((S.dense_from_sparse(rows) ** 2).sum(), a)
    np.testing.assert_array_equal(found(slope), 2 * A * [[2], [0], [1]])
    with pytest.raises(ValueError, match="a list of rows has one axis"):
        S.basic.get_item_list(a, 1)


def test_a_matrix_of_some_rows():
    values = T.constant(D)
    made = S.construct_sparse_from_list(T.zeros((6, 2)), values, [5, 0, 2, 0])
    wanted = np.zeros((6, 2))
    np.add.at(wanted, [5, 0, 2, 0], D)
    assert made.format == "csc"
    np.testing.assert_array_equal(found(made), wanted)
    slope = T.grad((S.dense_from_sparse(made) ** 2).sum(), values)
    np.testing.assert_array_equal(found(slope), 2 * wanted[[5, 0, 2, 0]])
    with pytest.raises(TypeError, match="two matrices and a list of rows"):
        S.construct_sparse_from_list(T.zeros((6, 2)), 5, [0])
