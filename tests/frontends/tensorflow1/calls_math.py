"""Element by element: arithmetic, comparison, special functions, types."""

from __future__ import annotations

import numpy as np
import scipy.special

from tests.frontends.tensorflow1.values import A, B, N, P, U, close, refused, same, table, tf, value

calls = table()
NUMPY = {"acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh",
         "atan": "arctan", "atanh": "arctanh", "is_finite": "isfinite", "is_inf": "isinf",
         "is_nan": "isnan", "neg": "negative", "logical_not": "logical_not", "conj": "conj",
         "reciprocal": "reciprocal", "div": "divide", "truediv": "divide", "realdiv": "divide",
         "floordiv": "floor_divide", "floor_div": "floor_divide", "floormod": "mod",
         "truncatemod": "fmod", "pow": "power", "atan2": "arctan2", "abs": "abs"}


def numpy_of(name):
    return getattr(np, NUMPY.get(name, name))


@calls("tf", "abs negative sign square exp expm1 sin cos tan sinh cosh tanh atan asinh floor ceil "
             "rint is_finite is_inf is_nan")
def of_any_number(f, name):
    assert close(f(tf.constant(A)), numpy_of(name)(A))


@calls("tf", "sqrt log log1p reciprocal")
def of_positive_numbers(f, name):
    assert close(f(P), numpy_of(name)(P))


@calls("tf", "acos asin atanh")
def of_small_numbers(f, name):
    assert close(f(U), numpy_of(name)(U))


calls("tf", "acosh", lambda f: close(f(P + 1), np.arccosh(P + 1)))
calls("tf", "rsqrt", lambda f: close(f(P), 1 / np.sqrt(P)))
calls("tf", "round", lambda f: close(f([0.5, 1.5, -0.7]), [0.0, 2.0, -1.0]))
calls("tf", "sigmoid", lambda f: close(f(A), scipy.special.expit(A)))
calls("tf", "log_sigmoid", lambda f: close(f(A), np.log(scipy.special.expit(A))))


@calls("tf", "add subtract multiply divide div truediv realdiv maximum minimum pow atan2 floormod "
             "truncatemod floordiv floor_div mod")
def of_two(f, name):
    assert close(f(tf.constant(P), tf.constant(U + 2)), numpy_of(name)(P, U + 2))


@calls("tf", "truncatediv")
def whole_numbers(f):
    same(f(tf.constant(N), 3), np.trunc(N / 3).astype(np.int32))
    same(tf.floordiv(tf.constant(N), 3), N // 3)
    same(tf.mod(tf.constant(N), 3), N % 3)
    same(tf.div(tf.constant([7]), 2), [3])


calls("tf", "div_no_nan", lambda f: close(f([1.0, 2.0], [0.0, 4.0]), [0, 0.5]))
calls("tf.math", "multiply_no_nan", lambda f: close(f([np.inf, 2.0], [0.0, 4.0]), [0, 8.0]))
calls("tf.math", "reciprocal_no_nan", lambda f: close(f([0.0, 4.0]), [0, 0.25]))
calls("tf", "squared_difference", lambda f: close(f(A, P), (A - P) ** 2))
calls("tf", "scalar_mul", lambda f: close(f(2.0, tf.constant(A)), 2 * A))
calls("tf", "add_n accumulate_n", lambda f: close(f([tf.constant(A), tf.constant(P)]), A + P))


@calls("tf", "equal not_equal less less_equal greater greater_equal")
def comparisons(f, name):
    same(f(tf.constant(N), 1), getattr(np, name)(N, 1))


@calls("tf", "logical_and logical_or logical_xor")
def of_truth(f, name):
    same(f(tf.constant(B), ~B), getattr(np, name)(B, ~B))


calls("tf", "logical_not", lambda f: same(f(B), ~B))
calls("tf.bitwise", "bitwise_and bitwise_or bitwise_xor",
      lambda f, name: same(f(tf.constant(N), 6), getattr(np, name)(N, 6)))
calls("tf.bitwise", "invert", lambda f: same(f(tf.constant(N)), ~N))
calls("tf.bitwise", "left_shift", lambda f: same(f(tf.constant([3]), [2]), [12]))
calls("tf.bitwise", "right_shift", lambda f: same(f(tf.constant([12]), [2]), [3]))


@calls("tf", "erf erfc lgamma digamma")
def special(f, name):
    expected = {"lgamma": scipy.special.gammaln, "digamma": scipy.special.digamma}
    assert close(f(P), expected.get(name, getattr(scipy.special, name, None))(P), 1e-4)


@calls("tf.math", "bessel_i0 bessel_i0e bessel_i1 bessel_i1e")
def bessel(f, name):
    assert close(f(P), getattr(scipy.special, name.removeprefix("bessel_"))(P), 1e-4)


calls("tf", "igamma", lambda f: close(f(P, P + 1), scipy.special.gammainc(P, P + 1), 1e-4))
calls("tf", "igammac", lambda f: close(f(P, P + 1), scipy.special.gammaincc(P, P + 1), 1e-4))
calls("tf", "betainc",
      lambda f: close(f(P, P + 1, tf.constant(P / 4)), scipy.special.betainc(P, P + 1, P / 4), 1e-3
      ))
calls("tf", "lbeta", lambda f: close(f([2.0, 3.0]), np.log(1 / 12), 1e-4))
calls("tf", "polygamma", lambda f: close(f(tf.constant([1.0]), [2.0]), [0.6449341], 1e-4))
calls("tf", "zeta", lambda f: close(f([2.0], [1.0]), [1.6449341], 1e-4))
calls("tf.math", "xlogy", lambda f: close(f([0.0, 2.0], [0.0, 3.0]), [0, 2 * np.log(3)]))
calls("tf.math", "xdivy", lambda f: close(f([0.0, 2.0], [0.0, 4.0]), [0, 0.5]))
calls("tf.math", "nextafter",
      lambda f: same(f(tf.constant([1.0]), [2.0]), np.nextafter(np.float32([1]), np.float32([2]))))
calls("tf.math", "polyval", lambda f: close(f([2.0, 3.0, 4.0], 2.0), 18.0))

# -- complex numbers -------------------------------------------------------------------------------

C = np.array([1 + 2j, -3 + 0.5j], np.complex64)
calls("tf", "real imag angle conj", lambda f, name: close(f(tf.constant(C)), getattr(np, name)(C)))
calls("tf", "complex", lambda f: close(f([1.0], [2.0]), np.complex64([1 + 2j])))

# -- types -----------------------------------------------------------------------------------------

calls("tf", "cast", lambda f: value(f(A, tf.int32)).dtype == np.int32)
calls("tf", "saturate_cast", lambda f: same(f([300.0, -5.0], tf.uint8), [255, 0]))
calls("tf", "bitcast", lambda f: same(f(tf.constant([1.0]), tf.int32), [0x3F800000])
      and f(tf.constant([1.0]), tf.uint8).shape == (1, 4))
calls("tf", "to_float to_double to_int32 to_int64 to_complex64 to_complex128",
      lambda f, name: f(N).dtype == tf.as_dtype(
          {"float": "float32", "double": "float64"}.get(name[3:], name[3:])))
calls("tf", "as_dtype", lambda f: f(np.float32) == tf.float32 and f("int64") == tf.int64)
calls("tf", "DType", lambda f: isinstance(tf.float32, f))
calls("tf", "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 "
            "complex128", lambda t, name: t.name == name and t.as_numpy_dtype == getattr(np, name))
calls("tf", "half double bool",
      lambda t, name: t.as_numpy_dtype == {"half": np.float16, "double": np.float64}.get(
          name, np.bool_))
calls("tf", "bfloat16 string resource variant qint8 qint16 qint32 quint8 quint16",
      lambda t, name: t.name == name)
calls("tf", "QUANTIZED_DTYPES", lambda types: tf.qint8 in types and tf.int8 not in types)

# -- checks of values ------------------------------------------------------------------------------

calls("tf", "check_numerics", lambda f: close(f(tf.constant(A), "no"), A)
      and refused(lambda: f(tf.constant([np.nan]), "no")))
calls("tf", "verify_tensor_all_finite", lambda f: close(f(tf.constant(A), "no"), A)
      and refused(lambda: f(tf.constant([np.inf]), "no")))


@calls("tf", "add_check_numerics_ops")
def add_check_numerics_ops(f):
    x = tf.placeholder(tf.float32, [])
    tf.log(x)
    check = f()
    with tf.Session() as session:
        session.run(check, {x: 1.0})
        assert refused(lambda: session.run(check, {x: -1.0}))



@calls("tf", "clip_by_value")
def clip(f):
    assert close(f(A, -1.0, 1.0), np.clip(A, -1, 1))


calls("tf", "clip_by_norm", lambda f: close(f([3.0, 4.0], 1.0), [0.6, 0.8]))
calls("tf", "clip_by_average_norm", lambda f: close(f([3.0, 4.0], 1.0), [1.2, 1.6]))
calls("tf", "global_norm", lambda f: close(f([tf.constant([3.0]), tf.constant([4.0])]), 5.0))
calls("tf", "clip_by_global_norm",
      lambda f: close(f([tf.constant([3.0]), tf.constant([4.0])], 1.0)[0][0], [0.6]))
calls("tf", "to_bfloat16", lambda f: close(tf.to_float(f(1.3)), 1.296875))
