"""Expressions for names of Theano, evaluated by Theano itself and here: the numbers must agree.

A case is a function of `theano` and of variables `v` (shared, so that nothing is folded), giving
one expression or several. What Theano makes of them, and of their gradients by `v.x`, stands in
numbers/cases.npz (regenerate/theano_cases.py).
"""

import json
import warnings

import numpy as np

CASES = {}


class Variables:
    """Shared variables for the cases, new ones for each."""

    def __init__(self, theano):
        rng = np.random.RandomState(3)
        square = rng.randn(3, 3)
        values = {
            "x": rng.uniform(0.1, 0.9, (3, 4)), "y": rng.uniform(1.1, 2.0, (3, 4)),
            "z": rng.randn(3, 4), "t": rng.randn(2, 3, 4), "u": rng.randn(4), "w": rng.randn(4, 5),
            "square": square, "positive": square.dot(square.T) + 3 * np.eye(3),
            "lower": np.tril(square) + 2 * np.eye(3), "s": np.array(0.7),
            "f": rng.randn(3, 4).astype("float32"),
            "i": rng.randint(1, 9, (3, 4)).astype("int64"), "j": rng.randint(0, 3, 5),
            "k": rng.randint(1, 4, (3, 4)).astype("int8"),
            "b": rng.rand(3, 4) > 0.5, "row": rng.randn(1, 4), "n": np.array(2),
            "c": rng.randn(3, 4) + 1j * rng.randn(3, 4), "up": np.sort(rng.randn(6)),
        }
        for name, value in values.items():
            setattr(self, name, theano.shared(value, name=name))


def case(module, names, make=None):
    """Add the case of some names; `make` takes theano, the variables and a name."""
    def add(function):
        for name in names.split():
            CASES[module + "." + name] = (function, name)
        return function

    return add if make is None else add(make)


def evaluated(theano, name):
    """The values of a case, and its gradients by x where there are any."""
    make, short = CASES[name]
    v = Variables(theano)
    found = make(theano, v, short)
    outputs = list(found) if isinstance(found, (list, tuple)) else [found]
    values = theano.function([], outputs)()
    slopes = []
    for out in outputs:
        slope = None
        if out.dtype in ("float32", "float64"):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    cost = (out * theano.tensor.cos(out)).sum()
                    slope = theano.function([], theano.tensor.grad(cost, v.x))()
            except Exception:
                slope = None
        slopes.append(slope)
    return values, slopes


def packed(found):
    """Arrays by names, as one array of numbers and a text of what lies where."""
    rows, parts, at = [], [], 0
    for name, value in found.items():
        flat = np.ascontiguousarray(value).reshape(-1)
        flat = flat.view(f"f{flat.itemsize // 2}") if flat.dtype.kind == "c" else flat
        parts.append(flat.astype("float64"))
        rows.append([name, str(value.dtype), list(value.shape), at])
        at += len(flat)
    return {"numbers": np.concatenate(parts), "rows": np.array(json.dumps(rows))}


def unpacked(path):
    """The arrays by their names."""
    with np.load(path) as file:
        numbers, rows = file["numbers"], json.loads(str(file["rows"]))
    found = {}
    for name, dtype, shape, at in rows:
        width = 2 if dtype.startswith("complex") else 1
        flat = numbers[at:at + width * int(np.prod(shape))]
        if width == 2:
            flat = flat[::2] + 1j * flat[1::2]
        found[name] = flat.astype(dtype).reshape(shape)
    return found


# -- operations on elements ----------------------------------------------------------------------

T = "theano.tensor"
M = "TensorVariable"
UNARY = (
    "abs_ arccos arcsin arctan arctanh ceil cos cosh deg2rad erf erfc erfcinv erfcx erfinv exp "
    "exp2 expm1 floor gamma gammaln inv isinf isnan j0 j1 i0 i1 log log10 log1p log2 neg psi "
    "rad2deg real imag conj angle round round_half_away_from_zero round_half_to_even sgn sin sinh "
    "sqr sqrt square tan tanh tri_gamma trunc iround arcsinh"
)
case(T, UNARY, lambda theano, v, n: [getattr(theano.tensor, n)(v.x), getattr(theano.tensor, n)(
    v.x.astype("float32"))])
case(T, "arccosh", lambda theano, v, n: theano.tensor.arccosh(v.y + v.x))
case(T, "isnan_ isinf_", lambda theano, v, n: getattr(theano.tensor, n)(v.x))
case(T, "add sub mul true_div maximum minimum arctan2 power pow mod int_div floor_div second fill",
     lambda theano, v, n: [getattr(theano.tensor, n)(v.y, v.x), getattr(theano.tensor, n)(v.x, 2),
                           getattr(theano.tensor, n)(v.i, v.k)])
case(T, "eq neq lt gt le ge", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.x, v.z), getattr(theano.tensor, n)(v.i, v.k)])
case(T, "and_ or_ xor bitwise_and bitwise_or bitwise_xor", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.i, v.k), getattr(theano.tensor, n)(v.b, ~v.b)])
case(T, "invert bitwise_not", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.i), getattr(theano.tensor, n)(v.b)])
case(T, "divmod", lambda theano, v, n: list(theano.tensor.divmod(v.i, v.k)))
case(T, "ceil_intdiv", lambda theano, v, n: theano.tensor.ceil_intdiv(v.i, v.k))
case(T, "switch where", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.b, v.x, v.y), getattr(theano.tensor, n)(v.z > 0, v.x, 0)])
case(T, "clip", lambda theano, v, n: [theano.tensor.clip(v.x, 0.3, 0.6),
                                      theano.tensor.clip(v.i, 2, 5)])
case(T, "cast", lambda theano, v, n: [theano.tensor.cast(v.x * 9, d) for d in (
    "int8", "int32", "uint8", "float32", "complex64")])
case(T, "complex complex_from_polar", lambda theano, v, n: [
    theano.tensor.real(getattr(theano.tensor, n)(v.x, v.y)),
    theano.tensor.imag(getattr(theano.tensor, n)(v.x, v.y))])
case(T, "gammainc gammaincc gammau gammal chi2sf", lambda theano, v, n: getattr(
    theano.tensor, n)(v.y, v.y + v.k))
case(T, "jv iv", lambda theano, v, n: getattr(theano.tensor, n)(2.5, v.y))
case(T, "allclose isclose", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.x, v.x + 1e-9), getattr(theano.tensor, n)(v.x, v.y)])
case(T, "smallest largest", lambda theano, v, n: getattr(theano.tensor, n)(v.x, v.z, v.y))

# -- reductions ------------------------------------------------------------------------------------

case(T, "sum prod mean max min var std ptp any all argmax argmin", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.t, axis=a) + (0 if n in ("any", "all") else v.x.sum().astype(
        "int8" if n.startswith("arg") else "float64")) * 0 for a in (None, 0, -1)] + [
    getattr(theano.tensor, n)(a) for a in (v.x, v.f, v.i, v.k)])
case(T, "max_and_argmax", lambda theano, v, n: list(theano.tensor.max_and_argmax(v.x, axis=1)) + [
    theano.tensor.max(v.t, axis=(0, 2), keepdims=True)])
case(T, "cov", lambda theano, v, n: [theano.tensor.cov(v.x), theano.tensor.cov(v.x, bias=True)])
case(T, "cumsum cumprod", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.x, axis=a) for a in (None, 0, 1)])
case(T + ".extra_ops", "diff", lambda theano, v, n: [
    theano.tensor.extra_ops.diff(v.x), theano.tensor.extra_ops.diff(v.x, n=2, axis=0)])
case(T, "bincount", lambda theano, v, n: [
    theano.tensor.bincount(v.j), theano.tensor.bincount(v.j, minlength=7)])
case(T + ".extra_ops", "searchsorted", lambda theano, v, n: [
    theano.tensor.extra_ops.searchsorted(v.up, v.z),
    theano.tensor.extra_ops.searchsorted(v.up, v.up, side="right")])

# -- products ------------------------------------------------------------------------------------

case(T, "dot", lambda theano, v, n: [
    theano.tensor.dot(v.x, v.w), theano.tensor.dot(v.x, v.u), theano.tensor.dot(v.u, v.u),
    theano.tensor.dot(v.t, v.w), theano.tensor.dot(v.i, v.w), theano.tensor.dot(v.f, v.w)])
case("theano", "dot", lambda theano, v, n: theano.dot(v.x, v.w))
case(T, "outer", lambda theano, v, n: theano.tensor.outer(v.x[0], v.u))
case(T, "tensordot", lambda theano, v, n: [
    theano.tensor.tensordot(v.t, v.w, 1), theano.tensor.tensordot(v.x, v.t, [[0, 1], [1, 2]])])
case(T, "batched_dot", lambda theano, v, n: [
    theano.tensor.batched_dot(v.x, v.z), theano.tensor.batched_dot(
        v.t, v.t.dimshuffle(0, 2, 1)), theano.tensor.batched_dot(v.t[:, 0], v.t.dimshuffle(
            0, 2, 1))])
case(T, "batched_tensordot", lambda theano, v, n: theano.tensor.batched_tensordot(
    v.t, v.t, [[2], [2]]))
case(T + ".nlinalg", "matrix_dot", lambda theano, v, n: theano.tensor.nlinalg.matrix_dot(
    v.x, v.w, v.w.T))

# -- shapes --------------------------------------------------------------------------------------

case(T, "shape", lambda theano, v, n: [v.x.shape, v.t.shape[0], v.s.shape])
case(T, "reshape", lambda theano, v, n: [
    theano.tensor.reshape(v.x, (2, 6)), theano.tensor.reshape(v.x, (v.x.shape[0] * 2, -1)),
    theano.tensor.reshape(v.x, [12]), theano.tensor.reshape(v.x, v.t.shape[1:], ndim=2)])
case(T, "flatten", lambda theano, v, n: [theano.tensor.flatten(v.x), theano.tensor.flatten(v.t, 2)])
case(T, "transpose", lambda theano, v, n: [
    theano.tensor.transpose(v.x), theano.tensor.transpose(v.t, (1, 0, 2))])
case(T, "swapaxes", lambda theano, v, n: theano.tensor.swapaxes(v.t, 0, 2))
case(T, "squeeze", lambda theano, v, n: theano.tensor.squeeze(v.x.dimshuffle(0, "x", 1)))
case(T, "shape_padleft shape_padright", lambda theano, v, n: getattr(theano.tensor, n)(v.x, 2))
case(T, "shape_padaxis", lambda theano, v, n: [
    theano.tensor.shape_padaxis(v.x, 1), theano.tensor.shape_padaxis(v.x, -1)])
case(T, "addbroadcast", lambda theano, v, n: theano.tensor.addbroadcast(v.row, 0) + v.x)
case(T, "unbroadcast", lambda theano, v, n: theano.tensor.unbroadcast(
    v.x.dimshuffle("x", 0, 1), 0))
case(T, "patternbroadcast", lambda theano, v, n: theano.tensor.patternbroadcast(
    v.row, (True, False)) * v.x)
case(T, "specify_shape", lambda theano, v, n: theano.tensor.specify_shape(v.x, (3, 4)) * 2)

# -- joining ---------------------------------------------------------------------------------------

case(T, "join", lambda theano, v, n: [
    theano.tensor.join(0, v.x, v.z), theano.tensor.join(1, v.x, v.f),
    theano.tensor.join(-1, v.x, v.i)])
case(T, "concatenate", lambda theano, v, n: theano.tensor.concatenate([v.x, v.z, v.y], axis=1))
case(T, "stack", lambda theano, v, n: [
    theano.tensor.stack([v.x, v.z]), theano.tensor.stack([v.x, v.z], axis=-1),
    theano.tensor.stack([v.s, v.x[0, 0]])])
case(T, "horizontal_stack vertical_stack", lambda theano, v, n: getattr(theano.tensor, n)(v.x, v.z))
case(T, "stacklists", lambda theano, v, n: theano.tensor.stacklists([[v.s, v.s + 1], [v.s, 2.0]]))
case(T, "split", lambda theano, v, n: theano.tensor.split(v.x, [1, 3], 2, axis=1))
case(T, "roll", lambda theano, v, n: [
    theano.tensor.roll(v.x, 1, axis=1), theano.tensor.roll(v.x, -2), theano.tensor.roll(
        v.x, v.n, axis=0)])
case(T, "tile", lambda theano, v, n: [
    theano.tensor.tile(v.x, (2, 1)), theano.tensor.tile(v.x, 2, ndim=2), theano.tensor.tile(
        v.u, (2, 2))])
case(T, "repeat", lambda theano, v, n: [
    theano.tensor.repeat(v.x, 2, axis=0), theano.tensor.repeat(v.x, 3),
    theano.tensor.repeat(v.x, np.array([1, 0, 2]), axis=0)])

# -- creation --------------------------------------------------------------------------------------

case(T, "zeros ones", lambda theano, v, n: [
    getattr(theano.tensor, n)((2, 3)), getattr(theano.tensor, n)(v.x.shape, dtype="int32"),
    getattr(theano.tensor, n)(4)])
case(T, "zeros_like ones_like", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.x), getattr(theano.tensor, n)(v.i, dtype="float32")])
case(T, "alloc", lambda theano, v, n: [
    theano.tensor.alloc(v.u, 3, 4), theano.tensor.alloc(v.x[0], 2, v.x.shape[1])])
case(T, "arange", lambda theano, v, n: [
    theano.tensor.arange(5), theano.tensor.arange(1, 9, 2), theano.tensor.arange(v.x.shape[0]),
    theano.tensor.arange(0.0, 1.0, 0.25), theano.tensor.arange(3, dtype="float32"),
    theano.tensor.arange(v.n)])
case(T, "eye", lambda theano, v, n: [
    theano.tensor.eye(3), theano.tensor.eye(2, 4, 1), theano.tensor.eye(v.x.shape[0])])
case(T, "tri", lambda theano, v, n: [theano.tensor.tri(3), theano.tensor.tri(2, 4, 1)])
case(T, "tril triu", lambda theano, v, n: [
    getattr(theano.tensor, n)(v.x), getattr(theano.tensor, n)(v.x, 1)])
case(T, "identity_like", lambda theano, v, n: theano.tensor.identity_like(v.x))
case(T, "diag", lambda theano, v, n: [theano.tensor.diag(v.u), theano.tensor.diag(v.x, 1)])
case(T, "diagonal", lambda theano, v, n: [
    theano.tensor.diagonal(v.x), theano.tensor.diagonal(v.t, 1, 1, 2)])
case(T, "fill_diagonal", lambda theano, v, n: theano.tensor.fill_diagonal(v.x, v.s))
case(T, "fill_diagonal_offset", lambda theano, v, n: theano.tensor.fill_diagonal_offset(
    v.x, v.s, v.n))
case(T, "bartlett", lambda theano, v, n: theano.tensor.bartlett(v.n + 3))
case(T, "mgrid", lambda theano, v, n: list(theano.tensor.mgrid[0:2, 1:9:3]))
case(T, "ogrid", lambda theano, v, n: list(theano.tensor.ogrid[0:2, 1:9:3]))
case(T + ".extra_ops", "to_one_hot", lambda theano, v, n: theano.tensor.extra_ops.to_one_hot(
    v.j, 4))
case(T + ".extra_ops", "cpu_contiguous",
     lambda theano, v, n: theano.tensor.extra_ops.cpu_contiguous(v.x.T))
case(T, "constant as_tensor_variable as_tensor", lambda theano, v, n: [
    getattr(theano.tensor, n)(a) for a in (1, 300, 70000, 2 ** 40, 0.5, 0.1, [1, 2], [1.0, 0.1])])

# -- parts -----------------------------------------------------------------------------------------

case(T, "take", lambda theano, v, n: [
    theano.tensor.take(v.x, v.j, axis=0), theano.tensor.take(v.x, [5, 1]), theano.tensor.take(
        v.x, v.j + 7, axis=1, mode="wrap")])
case(T, "set_subtensor", lambda theano, v, n: [
    theano.tensor.set_subtensor(v.x[1], 7.0), theano.tensor.set_subtensor(v.x[:, 1:3], v.z[:, :2]),
    theano.tensor.set_subtensor(v.x[v.n], v.u), theano.tensor.set_subtensor(v.x[[2, 0]], 1.5),
    theano.tensor.set_subtensor(v.x[v.n:, ::2], 0),
    theano.tensor.set_subtensor(v.x.T[1], v.z[:, 0])])
case(T, "inc_subtensor", lambda theano, v, n: [
    theano.tensor.inc_subtensor(v.x[1], v.u), theano.tensor.inc_subtensor(v.x[v.j], 1.0),
    theano.tensor.inc_subtensor(v.x[v.j, v.j], v.j.astype("float64")),
    theano.tensor.inc_subtensor(v.x[:, v.j], 2.0), theano.tensor.inc_subtensor(v.z[0], v.x[1]),
    theano.tensor.inc_subtensor(v.x[v.b.nonzero()], 1.0)])
case(T, "sort", lambda theano, v, n: [
    theano.tensor.sort(v.x), theano.tensor.sort(v.x, axis=0), theano.tensor.sort(v.i, axis=None)])
case(T, "argsort", lambda theano, v, n: [
    theano.tensor.argsort(v.x), theano.tensor.argsort(v.x, axis=0), theano.tensor.argsort(
        v.x, axis=None)])
case(T, "topk", lambda theano, v, n: [
    theano.tensor.sort(theano.tensor.topk(v.x, 2, sorted=False)),
    theano.tensor.sort(theano.tensor.topk(v.x, -2, axis=0, sorted=False), axis=0)])
case(T, "argtopk", lambda theano, v, n: theano.tensor.sort(
    theano.tensor.argtopk(v.x, 2, sorted=False)))
case(T, "topk_and_argtopk", lambda theano, v, n: [
    theano.tensor.sort(a) for a in theano.tensor.topk_and_argtopk(v.x, 3, sorted=False)])
case(T, "nonzero", lambda theano, v, n: list(theano.tensor.nonzero(v.b)))
case(T, "flatnonzero nonzero_values", lambda theano, v, n: getattr(theano.tensor, n)(v.i - 3))
case(T + ".extra_ops", "compress", lambda theano, v, n: theano.tensor.extra_ops.compress(
    v.b[0, :3], v.x, axis=0))
case(T, "choose", lambda theano, v, n: [
    theano.tensor.choose(v.k, [v.x, v.y, v.z, v.x + 1])])
case(T, "permute_row_elements", lambda theano, v, n: theano.tensor.permute_row_elements(
    v.x, v.u.argsort()))
case(T, "inverse_permutation", lambda theano, v, n: theano.tensor.inverse_permutation(
    v.u.argsort()))
case(T, "unravel_index", lambda theano, v, n: list(theano.tensor.unravel_index(v.j, (2, 3))))
case(T, "ravel_multi_index", lambda theano, v, n: [
    theano.tensor.ravel_multi_index((v.j, v.j), (3, 4)), theano.tensor.ravel_multi_index(
        (v.j, v.j), (3, 4), order="F")])

# -- linear algebra --------------------------------------------------------------------------------

L, S = T + ".nlinalg", T + ".slinalg"
case(L, "matrix_inverse pinv det trace", lambda theano, v, n: [getattr(theano.tensor.nlinalg, n)(
    v.positive), getattr(theano.tensor.nlinalg, n)(theano.tensor.dot(v.x, v.x.T) + v.positive)])
case(L, "eigh", lambda theano, v, n: theano.tensor.nlinalg.eigh(v.positive)[0])
case(L, "eig", lambda theano, v, n: theano.tensor.sort(theano.tensor.nlinalg.eig(v.positive)[0]))
case(L, "qr", lambda theano, v, n: abs(theano.tensor.nlinalg.qr(v.square)[1]))
case(L, "svd", lambda theano, v, n: theano.tensor.nlinalg.svd(v.x, full_matrices=0)[1])
case(L, "norm", lambda theano, v, n: [theano.tensor.nlinalg.norm(a, o) for a, o in (
    (v.x, None), (v.x, "fro"), (v.x, "inf"), (v.x, 1), (v.u, 2), (v.u, "-inf"))])
case(L, "matrix_power", lambda theano, v, n: theano.tensor.nlinalg.matrix_power(v.square, 3))
case(L, "alloc_diag", lambda theano, v, n: theano.tensor.nlinalg.alloc_diag(v.u))
case(L, "extract_diag diag", lambda theano, v, n: getattr(theano.tensor.nlinalg, n)(v.positive))
case(L, "tensorinv", lambda theano, v, n: theano.tensor.nlinalg.tensorinv(v.positive, ind=1))
case(L, "tensorsolve", lambda theano, v, n: theano.tensor.nlinalg.tensorsolve(
    v.positive, v.square[0]))
case(S, "cholesky", lambda theano, v, n: [
    theano.tensor.slinalg.cholesky(v.positive),
    theano.tensor.slinalg.cholesky(theano.tensor.dot(v.x, v.x.T) + v.positive)])
case(S, "solve", lambda theano, v, n: [
    theano.tensor.slinalg.solve(v.positive, v.x), theano.tensor.slinalg.solve(
        v.square, v.square[0])])
case(S, "solve_lower_triangular", lambda theano, v, n: theano.tensor.slinalg.solve_lower_triangular(
    v.lower, v.x))
case(S, "solve_upper_triangular", lambda theano, v, n: theano.tensor.slinalg.solve_upper_triangular(
    v.lower.T, v.x))
case(S, "solve_symmetric", lambda theano, v, n: theano.tensor.slinalg.solve_symmetric(
    v.positive, v.x))
case(S, "eigvalsh", lambda theano, v, n: theano.tensor.slinalg.eigvalsh(
    v.positive + v.positive, v.positive))
case(S, "kron", lambda theano, v, n: theano.tensor.slinalg.kron(v.x, v.square))
case(S, "expm", lambda theano, v, n: theano.tensor.slinalg.expm(v.square))
case(T + ".fft", "rfft", lambda theano, v, n: [
    theano.tensor.fft.rfft(v.x), theano.tensor.fft.rfft(v.t, norm="ortho")])
case(T + ".fft", "irfft", lambda theano, v, n: [
    theano.tensor.fft.irfft(theano.tensor.fft.rfft(v.x)), theano.tensor.fft.irfft(
        theano.tensor.fft.rfft(v.t[:, :, :3]), is_odd=True)])
case(T + ".fft", "rfft_op", lambda theano, v, n: theano.tensor.fft.rfft_op(v.x))
case(T + ".fft", "irfft_op", lambda theano, v, n: theano.tensor.fft.irfft_op(
    theano.tensor.fft.rfft_op(v.x)))

# -- methods ---------------------------------------------------------------------------------------

case(M, "exp exp2 expm1 log log10 log1p log2 sqrt sin cos tan sinh cosh tanh arcsin arccos arctan "
     "arcsinh arctanh ceil floor trunc round deg2rad rad2deg conj conjugate copy sum mean prod max "
     "min argmax argmin var std ptp cumsum cumprod sort argsort flatten ravel squeeze trace "
     "diagonal transpose zeros_like ones_like nonzero_values any all __abs__ __neg__",
     lambda theano, v, n: getattr(v.x, n)())
case(M, "arccosh", lambda theano, v, n: v.y.arccosh())
case(M, "__add__ __radd__ __truediv__ __floordiv__ __mod__ __pow__ __lt__ __le__ __gt__ __ge__",
     lambda theano, v, n: [getattr(v.x, n)(v.z), getattr(v.i, n)(v.k)])
case(M, "__and__ __or__ __xor__", lambda theano, v, n: [
    getattr(v.i, n)(v.k), getattr(v.b, n)(v.b)])
case(M, "__invert__", lambda theano, v, n: ~v.b)
case(M, "__divmod__", lambda theano, v, n: list(divmod(v.i, v.k)))
case(M, "__dot__ dot", lambda theano, v, n: getattr(v.x, n)(v.w))
case(M, "T real imag shape size", lambda theano, v, n: getattr(v.x, n))
case(M, "astype", lambda theano, v, n: [v.x.astype("float32"), (v.x * 7).astype("int16")])
case(M, "choose", lambda theano, v, n: v.k.choose([v.x, v.y, v.z, v.x]))
case(M, "clip", lambda theano, v, n: v.x.clip(0.2, 0.5))
case(M, "compress", lambda theano, v, n: v.b[0].compress(v.x, axis=1))
case(M, "dimshuffle", lambda theano, v, n: [
    v.x.dimshuffle(1, "x", 0), v.x.dimshuffle(("x", 0, 1)), v.u.dimshuffle("x", 0)])
case(M, "fill", lambda theano, v, n: v.x.fill(3.0))
case(M, "nonzero", lambda theano, v, n: list(v.b.nonzero()))
case(M, "norm", lambda theano, v, n: [v.x.norm(2), v.x.norm(1, axis=0)])
case(M, "repeat", lambda theano, v, n: v.x.repeat(2, axis=1))
case(M, "reshape", lambda theano, v, n: [v.x.reshape((4, 3)), v.x.reshape((-1,))])
case(M, "searchsorted", lambda theano, v, n: v.up.searchsorted(v.z))
case(M, "swapaxes", lambda theano, v, n: v.t.swapaxes(0, 1))
case(M, "take", lambda theano, v, n: v.x.take(v.j, axis=0))
case(M, "transfer", lambda theano, v, n: v.x.transfer("cpu"))
case(M, "__getitem__", lambda theano, v, n: [
    v.x[1], v.x[-1, 2], v.x[1:], v.x[:, 1], v.x[::-1], v.x[::2, 3:0:-1], v.x[v.n], v.x[v.n:],
    v.x[:v.n, 1:v.n], v.x[...], v.t[..., 1], v.x[v.j], v.x[:, v.j],
    v.x[v.j, v.j], v.t[:, v.j], v.t[v.n - 1, :, v.j], v.x[[0, 2]], v.x[v.n, v.j], v.x[-v.n:],
    v.t[0, v.j, 1:3], v.x[v.b.nonzero()], v.x[::v.n], v.t[:, ::-1]])
