"""The table of Tensor's methods and operators: which function of which family each one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.tensor import (
    convert,
    devices,
    dlpack,
    gradients,
    inplace,
    method_table,
    native,
    older_methods,
    printing,
)
from pentad.tensor.functions import (
    compare,
    complex,
    creation,
    decompositions,
    elementary,
    fourier,
    indexing,
    linalg,
    norms,
    picking,
    pointwise,
    products,
    random,
    rearranging,
    reductions,
    shaping,
    solving,
    special,
)
from pentad.tensor.misfit import guarded
from pentad.tensor.operands import NUMBERS, convert_operand, scalar_operand
from pentad.tensor.tensor import Tensor, add_methods


def _known(value: Any) -> bool:
    return isinstance(value, (Tensor, *NUMBERS)) or hasattr(value, "dtype") or hasattr(
        value, "terms"
    )


def _operator(function: Any) -> Any:
    """`x + y`: NotImplemented for what is no operand, so that Python asks the other side."""

    def method(x: Any, y: Any) -> Any:
        if isinstance(y, Tensor) or _known(y):
            return function(x, y)
        return NotImplemented

    return method


def _reflected(name: str, function: Any) -> Any:
    """`2 - x`."""

    def method(x: Any, y: Any) -> Any:
        if not _known(y):
            return NotImplemented
        if isinstance(y, NUMBERS):
            y = scalar_operand(y)
        elif isinstance(y, np.ndarray):
            y = convert_operand(name, "other", y)
        return function(y, x)

    return method


_BINARY = {
    "add": pointwise.plus, "sub": pointwise.minus, "mul": pointwise.mul,
    "truediv": pointwise.true_divide, "floordiv": pointwise.floor_divide,
    "mod": pointwise.remainder, "pow": pointwise.pow, "matmul": linalg.matmul,
    "and": compare.bitwise_and, "or": compare.bitwise_or, "xor": compare.bitwise_xor,
    "lshift": compare.bitwise_left_shift, "rshift": compare.bitwise_right_shift,
}
_COMPARISONS = {n: getattr(compare, n) for n in ("eq", "ne", "lt", "le", "gt", "ge")}


def _operators() -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, function in _BINARY.items():
        table[f"__{name}__"] = function if hasattr(function, "surface") else _operator(function)
        table[f"__r{name}__"] = _reflected(name, function)
        inplace_form = getattr(function, "inplace", None)
        if inplace_form is not None and name != "matmul":
            table[f"__i{name}__"] = inplace_form
    table["__ipow__"], table["__rdiv__"] = pointwise.pow_, table["__rtruediv__"]
    table["__rpow__"] = _reflected("pow", pointwise._power)
    table.update({f"__{name}__": _operator(f) for name, f in _COMPARISONS.items()})
    table.update(
        __neg__=pointwise.neg, __pos__=lambda x: x, __abs__=pointwise.abs_,
        __invert__=compare.bitwise_not, __getitem__=indexing.getitem,
        __setitem__=indexing.setitem, __iter__=lambda x: iter(_rows(x)),
        __bool__=convert.truth, __int__=convert.as_int, __float__=convert.as_float,
        __complex__=convert.as_complex,
        __index__=convert.as_index, __array__=convert.array, __repr__=printing.represent,
        __format__=printing.formatted, __deepcopy__=convert.deepcopy, __copy__=convert.copy,
        __reduce_ex__=convert.reduce_ex, __contains__=_contains,
        __dlpack__=dlpack.to_dlpack, __dlpack_device__=dlpack.dlpack_device,
    )
    return table


def _rows(x: Tensor) -> tuple[Any, ...]:
    if x.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return shaping.unbind(x, 0)


def _contains(x: Tensor, value: Any) -> bool:
    return bool(reductions.any_(compare.eq(x, value)))


_POINTWISE = {
    name: getattr(pointwise, name)
    for name in (
        "mul", "floor_divide", "remainder", "fmod", "neg", "sign", "maximum", "minimum", "clamp",
        "lerp", "addcmul", "addcdiv",
    )
}
_POINTWISE.update(
    {
        name: getattr(elementary, name)
        for name in (
            "exp", "exp2", "expm1", "log", "log2", "log1p", "log10", "sqrt", "rsqrt", "sin", "cos",
            "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf",
            "erfc", "sigmoid", "reciprocal", "square", "relu", "atan2", "floor", "ceil", "trunc",
        )
    }
)
_POINTWISE.update(
    abs=pointwise.abs_, round=elementary.round_, absolute=pointwise.abs_, negative=pointwise.neg,
    multiply=pointwise.mul, true_divide=pointwise.true_divide, clip=pointwise.clamp,
    masked_fill=indexing.masked_fill, tril=rearranging.tril, triu=rearranging.triu,
    conj_physical=complex.conj_physical, sgn=complex.sgn,
    logical_not=compare.logical_not, logical_and=compare.logical_and,
    logical_or=compare.logical_or, logical_xor=compare.logical_xor,
    bitwise_and=compare.bitwise_and, bitwise_or=compare.bitwise_or,
    bitwise_xor=compare.bitwise_xor, bitwise_not=compare.bitwise_not, **_COMPARISONS,
)

_SPECIAL = {
    name: getattr(special, name)
    for name in ("digamma", "erfinv", "i0", "lgamma", "logit", "sinc", "xlogy")
}
_SPECIAL.update(igamma=special.gammainc, igammac=special.gammaincc)

FUNCTIONS: dict[str, Any] = {
    **_POINTWISE,
    "add": pointwise.add, "sub": pointwise.sub, "subtract": pointwise.sub, "rsub": pointwise.rsub,
    "div": pointwise.div, "divide": pointwise.div, "pow": pointwise.pow,
    "clone": pointwise.clone, "isnan": compare.isnan, "isinf": compare.isinf,
    "isfinite": compare.isfinite, "isclose": compare.isclose, "allclose": compare.allclose,
    "equal": compare.equal, "where": picking.where,
    **{
        name: getattr(reductions, name)
        for name in (
            "sum", "mean", "prod", "amax", "amin", "argmax", "argmin", "max", "min",
            "count_nonzero", "logsumexp", "softmax", "log_softmax",
        )
    },
    "all": reductions.all_, "any": reductions.any_,
    **{name: getattr(linalg, name) for name in ("mm", "bmm", "mv", "dot", "outer", "matmul")},
    **{
        name: getattr(solving, name)
        for name in (
            "cholesky_inverse", "cholesky_solve", "det", "logdet", "slogdet",
            "triangular_solve",
        )
    },
    **{name: getattr(norms, name) for name in ("kron", "matrix_exp", "matrix_power", "trace")},
    **_SPECIAL, "mvlgamma": special.multigammaln,
    "istft": fourier.istft, "stft": fourier.stft,
    "inverse": solving.inv, "pinverse": solving.pinv, "lu_solve": solving.old_lu_solve,
    "cholesky": decompositions.old_cholesky, "qr": decompositions.old_qr,
    "svd": decompositions.old_svd, "lu_unpack": decompositions.lu_unpack,
    "geqrf": decompositions.geqrf,
    "lu": decompositions.old_lu, "ormqr": norms.ormqr,
    "orgqr": norms.householder_product,
    **{
        name: getattr(shaping, name)
        for name in (
            "reshape", "flatten", "unflatten", "ravel", "permute", "transpose", "t", "movedim",
            "squeeze", "unsqueeze", "narrow", "select", "split", "chunk", "unbind", "broadcast_to",
            "narrow_copy",
        )
    },
    "swapaxes": shaping.transpose, "swapdims": shaping.transpose, "moveaxis": shaping.movedim,
    "masked_select": indexing.masked_select, "nonzero": indexing.nonzero,
    **{
        name: getattr(complex, name)
        for name in (
            "real", "imag", "view_as_real", "view_as_complex", "conj", "resolve_conj", "is_conj",
            "is_complex", "angle", "isreal", "adjoint",
        )
    },
    **method_table.FUNCTIONS,
    "is_floating_point": Tensor.is_floating_point,
    **{
        name: method_table.METHODS[name]
        for name in (
            "get_device", "is_inference", "is_neg", "is_nonzero", "is_same_size", "is_signed",
            "resolve_neg",
        )
    },
    "smm": linalg.mm, "spmm": linalg.mm, "dsmm": linalg.mm, "hsmm": linalg.mm,
    "saddmm": products.addmm,
    "detach": gradients.detach, "numel": Tensor.numel, "is_tensor": lambda x: isinstance(x, Tensor),
}
"""What is both a function of the package and (but for is_tensor and where) a method."""

_METHODS_ONLY: dict[str, Any] = {
    **{
        name: getattr(shaping, name)
        for name in (
            "view", "view_as", "reshape_as", "expand", "expand_as", "contiguous",
        )
    },
    **{
        name: getattr(convert, name)
        for name in ("to", "type_as", "numpy", "item", "tolist")
    },
    **devices.METHODS, **older_methods.METHODS,
    "hardshrink": elementary.hardshrink, "prelu": elementary.prelu,
    "polygamma": special.polygamma_of,
    "polygamma_": method_table.composed(special.polygamma_of),
    "mvlgamma_": method_table.composed(special.multigammaln),
    "repeat": rearranging.repeat, "type": convert.type_,
    **{
        name: convert.conversion(d)
        for name, d in {
            "float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16,
            "bfloat16": dtypes.bfloat16, "long": dtypes.int64, "int": dtypes.int32,
            "cfloat": dtypes.complex64, "cdouble": dtypes.complex128,
            "short": dtypes.int16, "char": dtypes.int8, "byte": dtypes.uint8, "bool": dtypes.bool_,
        }.items()
    },
    "cpu": convert.device_method("cpu"),
    **{
        name: getattr(gradients, name)
        for name in ("backward", "detach_", "register_hook", "retain_grad")
    },
    **{
        name: getattr(creation, name)
        for name in ("new_full", "new_zeros", "new_ones", "new_empty", "new_tensor")
    },
    "add_": pointwise.add_, "sub_": pointwise.sub_, "div_": pointwise.div_,
    "pow_": pointwise.pow_, "copy_": inplace.copy_into, "fill_": inplace.fill_with,
    "zero_": inplace.zero_,
    **{name: getattr(random, name) for name in ("uniform_", "normal_", "bernoulli_", "bernoulli")},
}


_FUNCTIONS_ONLY = (
    "is_tensor", "real", "imag", "view_as_real", "view_as_complex", "spmm", "dsmm", "hsmm",
    "saddmm",
)


def _assign(part: Any) -> Any:
    """`x.real = value`: written into the memory of x."""
    return lambda x, value: inplace.copy_into(part(x), value)


_CALLED_OFTEN = """
view reshape permute transpose t flatten expand squeeze unsqueeze narrow select contiguous
detach clone copy_ zero_ fill_ item tolist numpy to float double half long int numel is_complex
add sub div pow add_ sub_ mul_ div_ pow_ backward register_hook retain_grad detach_
"""
_UNGUARDED = frozenset(_CALLED_OFTEN.split())
"""Methods that are called so often that even a call more counts, and those that call the user's
hooks, whose errors are the user's."""


def _short_ways(table: Mapping[str, Any]) -> None:
    """The operators that native code may take over, whole."""
    unary = {"neg": pointwise.neg, "abs": pointwise.abs_, "invert": compare.bitwise_not}
    for arguments, functions in ((1, _BINARY | _COMPARISONS), (0, unary)):
        for name, function in functions.items():
            if hasattr(function, "route"):
                name = f"__{name}__"
                native.method(name, function.route.through(table[name]), arguments)
    native.method("__getitem__", indexing.getitem.route, 1)


def install() -> None:
    """Give Tensor its methods and operators."""
    table = {k: v for k, v in FUNCTIONS.items() if k not in _FUNCTIONS_ONLY}
    for name in method_table.FUNCTIONS:
        table.pop(name, None)
    table |= method_table.METHODS | _METHODS_ONLY
    table = {k: v if k in _UNGUARDED else guarded(v) for k, v in table.items()}
    in_place = _POINTWISE | _SPECIAL
    table = {f"{name}_": f.inplace for name, f in in_place.items()} | table
    table["where"] = lambda input, condition, other: pointwise.where(condition, input, other)
    table.update(_operators())
    add_methods(table)
    _short_ways(table)
    Tensor.T = property(shaping.reverse_dims)  # type: ignore[attr-defined]
    Tensor.mT = property(shaping.matrix_transpose)  # type: ignore[attr-defined]
    Tensor.real = property(complex.real, _assign(complex.real))  # type: ignore[attr-defined]
    Tensor.imag = property(complex.imag, _assign(complex.imag))  # type: ignore[attr-defined]
    Tensor.mH = property(complex.adjoint)  # type: ignore[attr-defined]
    Tensor.H = property(complex.hermitian)  # type: ignore[attr-defined]
    for name, value in (devices.PROPERTIES | older_methods.PROPERTIES).items():
        setattr(Tensor, name, value)


install()
