"""theano.tensor: element by element, reductions, shapes, parts, linear algebra."""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.special

from tests.frontends.theano.values import A, N, P, S, U, close, refused, same, table, theano, value
from tests.frontends.theano.values import T as tensor

calls = table()
M = "theano.tensor"
NUMPY = {"abs_": "abs", "neg": "negative", "sgn": "sign", "sqr": "square", "inv": "reciprocal",
         "eq": "equal", "neq": "not_equal", "lt": "less", "gt": "greater", "le": "less_equal",
         "ge": "greater_equal", "sub": "subtract", "mul": "multiply", "true_div": "divide",
         "floor_div": "floor_divide", "pow": "power", "and_": "bitwise_and", "or_": "bitwise_or",
         "xor": "bitwise_xor", "invert": "invert", "isnan_": "isnan", "isinf_": "isinf"}


def numpy_of(name):
    return getattr(np, NUMPY.get(name, name))


def of(array=A):
    return tensor.as_tensor_variable(array)


# -- element by element ----------------------------------------------------------------------------

calls(M, "abs_ neg sgn sqr square exp exp2 expm1 sin cos tan sinh cosh tanh arctan arcsinh floor "
         "ceil trunc isnan isinf isnan_ isinf_ deg2rad rad2deg",
      lambda f, name: close(f(of()), numpy_of(name)(A)))
calls(M, "sqrt log log2 log10 log1p inv", lambda f, name: close(f(of(P)), numpy_of(name)(P)))
calls(M, "arccos arcsin arctanh", lambda f, name: close(f(of(U)), numpy_of(name)(U)))
calls(M, "arccosh", lambda f: close(f(of(P + 1)), np.arccosh(P + 1)))
calls(M, "round", lambda f: same(f(of(np.array([0.4, 1.6, -0.7]))), [0, 2, -1]))
calls(M, "iround", lambda f: value(f(of(np.array([0.4, 1.6])))).tolist() == [0, 2])
calls(M, "round_half_to_even", lambda f: same(f(of(np.array([0.5, 1.5]))), [0, 2]))
calls(M, "round_half_away_from_zero", lambda f: same(f(of(np.array([0.5, 1.5]))), [1, 2]))
calls(M, "add sub mul true_div floor_div pow power maximum minimum mod arctan2",
      lambda f, name: close(f(of(P), of(U + 2)), numpy_of(name)(P, U + 2)))
calls(M, "eq neq lt gt le ge", lambda f, name: same(f(of(N), 1), numpy_of(name)(N, 1)))
calls(M, "and_ or_ xor bitwise_and bitwise_or bitwise_xor",
      lambda f, name: same(f(of(N), 6), numpy_of(name)(N, 6)))
calls(M, "invert bitwise_not", lambda f: same(f(of(N)), ~N))
calls(M, "int_div", lambda f: same(f(of(N), 2), N // 2))
calls(M, "ceil_intdiv", lambda f: same(f(of(np.array([3, 4])), 2), [2, 2]))
calls(M, "divmod", lambda f: same(f(of(N), 2)[1], N % 2))
calls(M, "clip", lambda f: close(f(of(), -1, 1), np.clip(A, -1, 1)))
calls(M, "switch where", lambda f: close(f(of(A > 0), of(), 0), np.where(A > 0, A, 0)))
calls(M, "second fill", lambda f: same(f(of(), 3.0), np.full((2, 3), 3.0)))
calls(M, "erf erfc erfcx psi gamma gammaln j0 j1 i0 i1",
      lambda f, name: close(f(of(P)), getattr(scipy.special, name)(P), 1e-6))
calls(M, "erfinv", lambda f: close(f(of(U)), scipy.special.erfinv(U), 1e-6))
calls(M, "erfcinv", lambda f: close(f(of(P / 2)), scipy.special.erfcinv(P / 2), 1e-6))
calls(M, "tri_gamma", lambda f: close(f(of(P)), scipy.special.polygamma(1, P), 1e-6))
calls(M, "chi2sf", lambda f: close(f(of(P), 2.0), scipy.special.chdtrc(2.0, P), 1e-6))
calls(M, "gammainc gammaincc",
      lambda f, name: close(f(of(P), 2.0), getattr(scipy.special, name)(P, 2.0), 1e-6))
calls(M, "gammau", lambda f: close(
    f(of(P), 2.0), scipy.special.gammaincc(P, 2.0) * scipy.special.gamma(P), 1e-6))
calls(M, "gammal", lambda f: close(
    f(of(P), 2.0), scipy.special.gammainc(P, 2.0) * scipy.special.gamma(P), 1e-6))
calls(M, "jv iv", lambda f, name: close(f(of(P), 2.0), getattr(scipy.special, name)(P, 2.0), 1e-6))
calls(M, "isclose", lambda f: same(f(of(), A + 1e-12), np.ones((2, 3))))
calls(M, "allclose", lambda f: bool(value(f(of(), A + 1e-12))))

# -- complex numbers -------------------------------------------------------------------------------

C = A + 1j * P
calls(M, "real imag angle conj", lambda f, name: close(f(of(C)), getattr(np, name)(C)))
calls(M, "complex", lambda f: close(f(of(), of(P)), C))
calls(M, "complex_from_polar", lambda f: close(f(of(P), of()), P * np.exp(1j * A)))

# -- reductions ------------------------------------------------------------------------------------


@calls(M, "sum mean prod max min var std ptp argmax argmin cumsum cumprod")
def reductions(f, name):
    assert close(f(of(), axis=1), getattr(np, name)(A, 1))
    assert close(f(of(), axis=0), getattr(np, name)(A, 0))


calls(M, "all any", lambda f, name: same(f(of(A > 0), axis=1), getattr(np, name)(A > 0, 1)))
calls(M, "max_and_argmax", lambda f: same(f(of(), axis=1)[1], A.argmax(1)))
calls(M, "largest", lambda f: close(f(of(), of(P)), np.maximum(A, P)))
calls(M, "smallest", lambda f: close(f(of(), of(P)), np.minimum(A, P)))
calls(M, "cov", lambda f: close(f(of()), np.cov(A)))
calls(M, "bincount", lambda f: same(f(of(np.array([1, 1, 3]))), [0, 2, 0, 1]))
calls(M, "argsort sort", lambda f, name: same(f(of()), getattr(np, name)(A)))
calls(M, "topk", lambda f: same(np.sort(value(f(of(), 2)), 1), np.sort(A, 1)[:, 1:]))
calls(M, "argtopk", lambda f: same(np.sort(value(f(of(), 1)), 1), A.argmax(1)[:, None]))
calls(M, "topk_and_argtopk", lambda f: same(f(of(), 1)[0], A.max(1)[:, None]))

# -- making ----------------------------------------------------------------------------------------

calls(M, "zeros ones", lambda f, name: same(f((2, 3)), getattr(np, name)((2, 3))))
calls(M, "zeros_like ones_like", lambda f, name: same(f(of()), getattr(np, name)(A)))
calls(M, "alloc", lambda f: same(f(2.0, 2, 3), np.full((2, 3), 2.0)))
calls(M, "arange", lambda f: same(f(2, 9, 3), [2, 5, 8]))
calls(M, "eye", lambda f: same(f(2, 3, 1), np.eye(2, 3, 1)))
calls(M, "identity_like", lambda f: same(f(of(S)), np.eye(2)))
calls(M, "tri", lambda f: same(f(3), np.tri(3)))
calls(M, "tril triu", lambda f, name: same(f(of(), 1), getattr(np, name)(A, 1)))
calls(M, "mgrid ogrid", lambda f, name: same(f[0:2, 0:3][1], getattr(np, name)[0:2, 0:3][1]))
calls(M, "bartlett", lambda f: close(f(5), np.bartlett(5)))

# -- shapes ----------------------------------------------------------------------------------------

calls(M, "shape", lambda f: same(f(of()), [2, 3]))
calls(M, "reshape", lambda f: same(f(of(), (3, -1)), A.reshape(3, 2)))
calls(M, "flatten", lambda f: same(f(of()), A.ravel()))
calls(M, "transpose", lambda f: same(f(of()), A.T))
calls(M, "swapaxes", lambda f: same(f(of(), 0, 1), A.T))
calls(M, "squeeze", lambda f: same(f(tensor.addbroadcast(of(A[:, :1]), 1)), A[:, 0]))
calls(M, "shape_padleft", lambda f: same(f(of(), 2), A[None, None]))
calls(M, "shape_padright", lambda f: same(f(of()), A[..., None]))
calls(M, "shape_padaxis", lambda f: same(f(of(), 1), A[:, None]))
calls(M, "addbroadcast", lambda f: f(of(A[:, :1]), 1).broadcastable == (False, True))
calls(M, "unbroadcast", lambda f: f(tensor.row(), 0).broadcastable == (False, False))
calls(M, "patternbroadcast", lambda f: f(of(A[:, :1]), (False, True)).broadcastable[1])
calls(M, "specify_shape", lambda f: same(f(of(), (2, 3)), A)
      and refused(lambda: value(f(of(), (3, 3))), AssertionError, ValueError))

# -- parts and joins -------------------------------------------------------------------------------

calls(M, "concatenate", lambda f: same(f([of(), of(P)], axis=1), np.concatenate([A, P], 1)))
calls(M, "join", lambda f: same(f(1, of(), of(P)), np.concatenate([A, P], 1)))
calls(M, "join_", lambda f: same(f(1, of(), of(P)), np.concatenate([A, P], 1)))
calls(M, "stack", lambda f: same(f([of(), of(P)], axis=1), np.stack([A, P], 1)))
calls(M, "stacklists", lambda f: same(f([[1, 2], [3, 4]]), [[1, 2], [3, 4]]))
calls(M, "horizontal_stack", lambda f: same(f(of(), of(P)), np.hstack([A, P])))
calls(M, "vertical_stack", lambda f: same(f(of(), of(P)), np.vstack([A, P])))
calls(M, "split", lambda f: same(f(of(), [1, 2], 2, axis=1)[1], A[:, 1:]))
calls(M, "tile", lambda f: same(f(of(), (2, 1)), np.tile(A, (2, 1))))
calls(M, "repeat", lambda f: same(f(of(), 2, axis=1), np.repeat(A, 2, 1)))
calls(M, "roll", lambda f: same(f(of(), 1, axis=1), np.roll(A, 1, 1)))
calls(M, "take", lambda f: same(f(of(), [2, 0], axis=1), A[:, [2, 0]]))
calls(M, "choose", lambda f: same(f(of(np.array([1, 0])), [[1, 2], [3, 4]]), [3, 2]))
calls(M, "diag", lambda f: same(f(of(np.array([1, 2]))), np.diag([1, 2])))
calls(M, "diagonal", lambda f: same(f(of()), np.diagonal(A)))
calls(M, "nonzero", lambda f: same(f(of(A > 0))[1], np.nonzero(A > 0)[1]))
calls(M, "flatnonzero", lambda f: same(f(of(A > 0)), np.flatnonzero(A > 0)))
calls(M, "nonzero_values", lambda f: same(f(of()), A[A != 0]))
calls(M, "inverse_permutation", lambda f: same(f(of(np.array([2, 0, 1]))), [1, 2, 0]))
calls(M, "permute_row_elements", lambda f: same(f(of(), of(np.array([2, 0, 1]))), A[:, [2, 0, 1]]))
calls(M, "set_subtensor", lambda f: same(f(of()[0], 7.0), np.stack([[7.0] * 3, A[1]])))
calls(M, "inc_subtensor", lambda f: same(f(of()[0], 7.0), np.stack([A[0] + 7, A[1]])))
calls(M, "advanced_subtensor1", lambda f: same(f(of(), [1, 0]), A[[1, 0]]))
calls(M, "advanced_subtensor", lambda f: same(f(of(), of(np.array([1, 0])), of(np.array([2, 1]))),
                                              A[[1, 0], [2, 1]]))
calls(M, "advanced_boolean_subtensor", lambda f: same(f(of(), of(A > 0)), A[A > 0]))
calls(M, "advanced_inc_subtensor1", lambda f: same(f(of(), of(P[:1]), [1]), [A[0], A[1] + P[0]]))
calls(M, "advanced_set_subtensor1", lambda f: same(f(of(), of(P[:1]), [1]), [A[0], P[0]]))


@calls(M, "advanced_inc_subtensor advanced_set_subtensor")
def advanced(f, name):
    expected = A.copy()
    expected[1, 2] = 9.0 if "set" in name else A[1, 2] + 9.0
    same(f(of(), of(np.array([9.0])), of(np.array([1])), of(np.array([2]))), expected)


@calls(M, "advanced_boolean_inc_subtensor advanced_boolean_set_subtensor")
def masked(f, name):
    expected = A.copy()
    expected[A > 0] = 9.0 if "set" in name else A[A > 0] + 9.0
    same(f(of(), 9.0, of(A > 0)), expected)


calls(M, "fill_diagonal", lambda f: same(f(of(S), 0.0), [[0, 1], [1, 0]]))
calls(M, "fill_diagonal_offset", lambda f: same(f(of(S), 0.0, 1), [[4, 0], [1, 3]]))
calls(M, "ravel_multi_index", lambda f: same(
    f((of(np.array([1])), of(np.array([2]))), (2, 3)), [5]))
calls(M, "unravel_index", lambda f: same(f(of(np.array([5])), (2, 3))[1], [2]))

E = "theano.tensor.extra_ops"
calls(E, "diff", lambda f: same(f(of(), axis=1), np.diff(A, axis=1)))
calls(E, "compress", lambda f: same(f([True, False], of(), 0), A[:1]))
calls(E, "searchsorted", lambda f: same(f(of(np.array([1.0, 3.0])), 2.0), 1))
calls(E, "to_one_hot", lambda f: same(f(of(np.array([1, 0])), 3), [[0, 1, 0], [1, 0, 0]]))
calls(E, "cpu_contiguous", lambda f: same(f(of().T), A.T))
calls(E, "bartlett_", lambda f: close(f(5), np.bartlett(5)))
calls(E, "fill_diagonal_", lambda f: same(f(of(S), 0.0), [[0, 1], [1, 0]]))
calls(E, "fill_diagonal_offset_", lambda f: same(f(of(S), 0.0, 1), [[4, 0], [1, 3]]))
calls(E, "disconnected_type", lambda t: isinstance(t, theano.tensor.DisconnectedType))
calls(E, "int_t", lambda t: isinstance(t, theano.Generic))
calls(E, "EnumList", lambda f: (made := f("A", ("B", "b"))).B == made.fromalias("b") == 1)

# -- linear algebra --------------------------------------------------------------------------------

calls(M, "dot", lambda f: close(f(of(), P.T), A @ P.T))
calls(M, "outer", lambda f: close(f(of(A[0]), P[0]), np.outer(A[0], P[0])))
calls(M, "tensordot", lambda f: close(f(of(), P, [[1], [1]]), A @ P.T))
calls(M, "batched_dot", lambda f: close(f(of(A[None]), P.T[None]), [A @ P.T]))
calls(M, "batched_tensordot", lambda f: close(f(of(A[None]), P[None], [[2], [2]]), [A @ P.T]))
L = "theano.tensor.nlinalg"
X = np.array([[2.0, 1.0], [0.5, 3.0]])
calls(L, "det matrix_inverse pinv", lambda f, name: close(
    f(of(X)), {"det": np.linalg.det, "matrix_inverse": np.linalg.inv, "pinv": np.linalg.pinv}[name](
        X)))
calls(L, "trace", lambda f: close(f(of(X)), 5.0))
calls(L, "matrix_dot", lambda f: close(f(of(X), of(S), of(X)), X @ S @ X))
calls(L, "matrix_power", lambda f: close(f(of(X), 3), X @ X @ X))
calls(L, "norm", lambda f: close(f(of(X), "fro"), np.linalg.norm(X)))
calls(L, "diag", lambda f: same(f(of(X)), [2, 3]))
calls(L, "alloc_diag", lambda f: same(f(of(np.array([1.0, 2.0]))), np.diag([1, 2])))
calls(L, "extract_diag", lambda f: same(f(of(X)), [2, 3]))
calls(L, "qr", lambda f: close(tensor.dot(*f(of(X))), X))
calls(L, "svd", lambda f: close(f(of(X))[1], np.linalg.svd(X)[1]))
calls(L, "eigh", lambda f: close(f(of(S))[0], np.linalg.eigvalsh(S)))
calls(L, "eig", lambda f: close(tensor.sort(f(of(S))[0]), np.linalg.eigvalsh(S)))
calls(L, "tensorinv", lambda f: close(f(of(np.eye(4).reshape(2, 2, 4)), 2),
                                      np.eye(4).reshape(4, 2, 2)))
calls(L, "tensorsolve", lambda f: close(f(of(np.eye(4).reshape(2, 2, 4)), of(S)), S.ravel()))
K = "theano.tensor.slinalg"
calls(K, "cholesky", lambda f: close(f(of(S)), np.linalg.cholesky(S)))
calls(K, "solve", lambda f: close(f(of(X), of(S)), np.linalg.solve(X, S)))
calls(K, "solve_symmetric", lambda f: close(f(of(S), of(X)), np.linalg.solve(S, X)))
calls(K, "solve_lower_triangular", lambda f: close(f(of(np.tril(X)), of(S)),
                                                   np.linalg.solve(np.tril(X), S)))
calls(K, "solve_upper_triangular", lambda f: close(f(of(np.triu(X)), of(S)),
                                                   np.linalg.solve(np.triu(X), S)))
calls(K, "eigvalsh", lambda f: close(f(of(S), of(np.eye(2))), np.linalg.eigvalsh(S)))
calls(K, "expm", lambda f: close(f(of(X)), scipy.linalg.expm(X)))
calls(K, "kron", lambda f: close(f(of(X), of(S)), np.kron(X, S)))
calls(K, "imported_scipy", lambda flag: flag is True)
calls(K, "MATRIX_STRUCTURES", lambda names: "symmetric" in names)
calls("theano.tensor.fft", "rfft", lambda f: value(f(of(A[:, :2]))).shape == (2, 2, 2))
calls("theano.tensor.fft", "irfft", lambda f: close(
    f(theano.tensor.fft.rfft(of(A[:, :2]))), A[:, :2]))
