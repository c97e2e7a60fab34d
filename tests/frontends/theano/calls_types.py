"""Types of variables, and the constructors by their short names."""

from __future__ import annotations

import numpy as np

from tests.frontends.theano.values import A, close, refused, same, table, theano, value
from tests.frontends.theano.values import T as tensor

calls = table()
DTYPES = {"b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64",
          "c": "complex64", "z": "complex128", "": "float64"}
RANKS = {"scalar": 0, "vector": 1, "matrix": 2, "row": 2, "col": 2, "tensor3": 3, "tensor4": 4,
         "tensor5": 5, "tensor6": 6, "tensor7": 7}
PLURALS = {"scalars": "scalar", "vectors": "vector", "matrices": "matrix", "rows": "row",
           "cols": "col", **{f"tensor{n}s": f"tensor{n}" for n in range(3, 8)}}


def short_names(words, prefixes):
    return " ".join(p + w for w in words for p in prefixes)


@calls("theano.tensor", short_names(RANKS, DTYPES))
def one_variable(make, name):
    prefix, kind = next((p, k) for k in RANKS for p in DTYPES if p + k == name)
    made = make("x")
    assert (made.name, made.ndim, made.dtype) == ("x", RANKS[kind], DTYPES[prefix])
    assert made.broadcastable == {"row": (True, False), "col": (False, True)}.get(
        kind, (False,) * made.ndim)


@calls("theano.tensor", short_names(PLURALS, ["", "i", "l", "f", "d"]))
def several_variables(make, name):
    first, second = make("x", "y")
    kind = next(k for k in PLURALS if name.endswith(k))
    assert (first.name, second.name, first.ndim) == ("x", "y", RANKS[PLURALS[kind]])
    assert first.dtype == DTYPES[name[:-len(kind)]]
    assert len(make(3)) == 3


calls("theano.tensor", "tensor", lambda f: f("float32", (False, True)).broadcastable
      == (False, True))
calls("theano.tensor", "TensorType", lambda f: f("int64", (False,))("n").dtype == "int64"
      and f("int64", (False,)) == tensor.lvector)
calls("theano.tensor", "TensorVariable", lambda f: isinstance(tensor.vector(), f))
calls("theano.tensor", "TensorConstant", lambda f: isinstance(tensor.constant(1), f))
calls("theano.tensor", "Constant", lambda f: isinstance(tensor.constant(1), f)
      and not isinstance(tensor.vector(), f))
calls("theano.tensor", "Variable", lambda f: isinstance(tensor.vector(), f))
calls("theano.tensor", "Apply", lambda f: isinstance((tensor.vector() + 1).owner, f))
calls("theano.tensor", "Type", lambda f: isinstance(tensor.fvector, f))
calls("theano.tensor", "Tensor", lambda f: f("float32", (False,)) == tensor.fvector)
calls("theano.tensor", "constant", lambda f: same(f([1, 2]), [1, 2]))
calls("theano.tensor", "make_constant", lambda f: f((slice(1), None))
      == (slice(1), None) and same(f(2), 2))
calls("theano.tensor", "as_tensor_variable", lambda f: same(f(A), A)
      and refused(lambda: f(object()), TypeError, theano.tensor.AsTensorError))
calls("theano.tensor", "as_tensor", lambda f: same(f(A), A))
calls("theano.tensor", "as_index_variable", lambda f: value(f(2)) == 2)
calls("theano.tensor", "cast", lambda f: f(tensor.vector(), "int32").dtype == "int32")
calls("theano.tensor", "int32", lambda t: t.dtype == "int32")
calls("theano.tensor", "config", lambda c: c.floatX == "float64")
calls("theano.tensor", "AsTensorError", lambda e: issubclass(e, TypeError))
calls("theano.tensor", "AdvancedIndexingError AdvancedBooleanIndexingError ShapeError "
      "NotScalarConstantError MethodNotDefined", lambda e: issubclass(e, Exception))
calls("theano.tensor", "Generic", lambda f: f() == f())
calls("theano.tensor", "DisconnectedType", lambda f: f() == f() and f() != tensor.dscalar)
calls("theano.tensor", "tensor_from_scalar", lambda f: close(
    f(tensor.scalar_from_tensor(tensor.constant(2.0))), 2.0))
calls("theano.tensor", "scalar_from_tensor", lambda f: f(tensor.constant(2.0)).ndim == 0
      if hasattr(f(tensor.constant(2.0)), "ndim") else True)
calls("theano.tensor", "get_scalar_constant_value", lambda f: f(tensor.constant(3)) == 3
      and refused(lambda: f(tensor.scalar()), tensor.NotScalarConstantError))
calls("theano.tensor", "extract_constant", lambda f: f(tensor.constant(3)) == 3)
calls("theano.tensor", "get_vector_length", lambda f: f(tensor.constant([1, 2, 3])) == 3)
calls("theano.tensor", "transfer", lambda f: same(f(tensor.constant(A), "cpu"), A))

# -- attributes and methods of variables -----------------------------------------------------------

X = "TensorVariable"


def of(array=A):
    return tensor.as_tensor_variable(array)


calls(X, "T", lambda f: same(of().T, A.T))
calls(X, "dtype", lambda f: of().dtype == "float64")
calls(X, "ndim", lambda f: of().ndim == 2)
calls(X, "broadcastable", lambda f: tensor.row().broadcastable == (True, False))
calls(X, "shape", lambda f: same(of().shape, [2, 3]))
calls(X, "size", lambda f: same(of().size, 6))
calls(X, "real imag", lambda f, name: same(getattr(of(A + 1j), name), getattr(A + 1j, name)))
OPERATORS = {"add": A + 2, "and": None, "floordiv": A // 2, "ge": A >= 2, "gt": A > 2, "le": A <= 2,
             "lt": A < 2, "mod": A % 2, "pow": A ** 2, "radd": A + 2, "truediv": A / 2}
calls(X, "__add__ __floordiv__ __ge__ __gt__ __le__ __lt__ __mod__ __pow__ __radd__ __truediv__",
      lambda f, name: close(f(of(), 2), OPERATORS[name.strip("_")]))
calls(X, "__and__ __or__ __xor__", lambda f, name: same(
    f(of(np.array([6, 3])), 5), getattr(np.array([6, 3]), name)(5)))
calls(X, "__invert__", lambda f: same(f(of(np.array([6, 3]))), [-7, -4]))
calls(X, "__neg__ __abs__", lambda f, name: same(f(of()), getattr(A, name)()))
calls(X, "__divmod__", lambda f: same(f(of(np.array([7])), 2)[0], [3]))
calls(X, "__dot__", lambda f: close(f(of(), A.T), A @ A.T))
calls(X, "__getitem__", lambda f: same(f(of(), (slice(None), 1)), A[:, 1]))
UNARY = {"arccos": 0.5, "arccosh": 1.5, "arcsin": 0.5, "arcsinh": 0.5, "arctan": 0.5,
         "arctanh": 0.5, "ceil": 0.5, "cos": 0.5, "cosh": 0.5, "deg2rad": 90.0, "exp": 0.5,
         "exp2": 0.5, "expm1": 0.5, "floor": 0.5, "log": 0.5, "log10": 0.5, "log1p": 0.5,
         "log2": 0.5, "rad2deg": 0.5, "sin": 0.5, "sinh": 0.5, "sqrt": 0.5, "tan": 0.5,
         "tanh": 0.5, "trunc": 1.5, "conj": 0.5, "conjugate": 0.5}
calls(X, " ".join(UNARY), lambda f, name: close(
    f(of(np.array([UNARY[name]]))), getattr(np, name)(np.array([UNARY[name]]))))
calls(X, "all any", lambda f, name: same(f(of(A > 0), 1), getattr(A > 0, name)(1)))
calls(X, "argmax argmin argsort cumprod cumsum max mean min prod std sum var sort",
      lambda f, name: close(f(of(), 1), getattr(np, name)(A, 1)))
calls(X, "ptp", lambda f: close(f(of(), 1), np.ptp(A, 1)))
calls(X, "norm", lambda f: close(f(of(), 2), np.sqrt((A ** 2).sum())))
calls(X, "astype", lambda f: f(of(), "int32").dtype == "int32")
calls(X, "choose", lambda f: same(f(of(np.array([1, 0])), [[1, 2], [3, 4]]), [3, 2]))
calls(X, "clip", lambda f: close(f(of(), -1, 1), np.clip(A, -1, 1)))
calls(X, "compress", lambda f: same(f(of(np.array([True, False])), A, 0), A[:1]))
calls(X, "copy", lambda f: same(f(of()), A))
calls(X, "diagonal", lambda f: same(f(of()), np.diagonal(A)))
calls(X, "trace", lambda f: close(f(of(A[:, :2])), np.trace(A[:, :2])))
calls(X, "dimshuffle", lambda f: same(f(of(), 1, "x", 0), A.T[:, None]))
calls(X, "dot", lambda f: close(f(of(), A.T), A @ A.T))
calls(X, "fill", lambda f: same(f(of(), 3.0), np.full((2, 3), 3.0)))
calls(X, "flatten ravel", lambda f: same(f(of()), A.ravel()))
calls(X, "get_scalar_constant_value", lambda f: f(tensor.constant(3)) == 3)
calls(X, "nonzero", lambda f: same(f(of(A > 0))[1], np.nonzero(A > 0)[1]))
calls(X, "nonzero_values", lambda f: same(f(of()), A[A != 0]))
calls(X, "ones_like zeros_like", lambda f, name: same(f(of()), getattr(np, name)(A)))
calls(X, "repeat", lambda f: same(f(of(), 2, 1), np.repeat(A, 2, 1)))
calls(X, "reshape", lambda f: same(f(of(), (3, 2)), A.reshape(3, 2)))
calls(X, "round", lambda f: same(f(of()), np.round(A)))
calls(X, "searchsorted", lambda f: same(f(of(np.array([1.0, 3.0])), 2.0), 1))
calls(X, "squeeze", lambda f: f(tensor.row()).ndim == 1)
calls(X, "swapaxes", lambda f: same(f(of(), 0, 1), A.T))
calls(X, "take", lambda f: same(f(of(), [2, 0], 1), A[:, [2, 0]]))
calls(X, "transpose", lambda f: same(f(of()), A.T))
calls(X, "transfer", lambda f: same(f(of(), "cpu"), A))
