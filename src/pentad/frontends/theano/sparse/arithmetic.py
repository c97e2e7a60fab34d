"""Functions of the elements of sparse matrices, sums of matrices, products of elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad import static
from pentad.frontends.theano.scalar.types import upcast
from pentad.frontends.theano.sparse.conversion import (
    SparseFromDense,
    as_sparse_or_tensor_variable,
    as_sparse_variable,
    cast,
    dense_from_sparse,
)
from pentad.frontends.theano.sparse.structure import keys, matrix_of, pairs, places, summed
from pentad.frontends.theano.sparse.type import SparseType, SparseVariable
from pentad.frontends.theano.tensor import elemwise
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.creation import arange
from pentad.frontends.theano.tensor.elemwise import ELEMWISE
from pentad.frontends.theano.tensor.joining import concatenate
from pentad.frontends.theano.tensor.nonzeros import nonzero


def structured_monoid(tensor_op: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: the function is that of tensors, applied to the elements that are stored."""
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return _of_elements(tensor_op, function.__name__)

    return decorate


def _of_elements(tensor_op: Callable[..., Any], name: str) -> Callable[..., Any]:
    def of_elements(*args: Any) -> SparseVariable:
        x = as_sparse_variable(args[0])
        return x.with_data(tensor_op(x.data, *args[1:]))

    of_elements.__name__ = name
    of_elements.__doc__ = f"`{name}` of the elements that are stored."
    return of_elements


(sin, tan, arcsin, arctan, sinh, arcsinh, tanh, arctanh, sgn, ceil, floor, log1p, expm1, deg2rad,
 rad2deg, trunc, sqr, sqrt, conj, neg) = (_of_elements(ELEMWISE[name], name) for name in (
    "sin", "tan", "arcsin", "arctan", "sinh", "arcsinh", "tanh", "arctanh", "sgn", "ceil", "floor",
    "log1p", "expm1", "deg2rad", "rad2deg", "trunc", "sqr", "sqrt", "conj", "neg",
))
rint = _of_elements(ELEMWISE["round_half_to_even"], "rint")
structured_sigmoid, structured_exp, structured_log, structured_pow, structured_minimum, \
    structured_maximum, structured_add = (
        _of_elements(ELEMWISE[name], f"structured_{name}") for name in (
            "sigmoid", "exp", "log", "pow", "minimum", "maximum", "add")
    )


def transpose(x: Any) -> SparseVariable:
    """The transposed matrix: the same parts in the other format."""
    x = as_sparse_variable(x)
    kind = SparseType("csc" if x.format == "csr" else "csr", x.dtype)
    return SparseVariable(kind, (*x.parts[:3], x.parts[3][::-1]))


def _rebuilt(x: SparseVariable, data: Any, rows: Any, cols: Any) -> SparseVariable:
    return matrix_of(data, rows, cols, x.parts[3], x.format)


def ensure_sorted_indices(x: Any) -> SparseVariable:
    """The matrix with the elements of each line in order."""
    x = as_sparse_variable(x)
    return _rebuilt(x, x.data, *places(x))


def remove0(x: Any) -> SparseVariable:
    """The matrix without stored zeros."""
    x = as_sparse_variable(x)
    rows, cols = places(x)
    [kept] = nonzero(x.data)
    return _rebuilt(x, x.data[kept], rows[kept], cols[kept])


def clean(x: Any) -> SparseVariable:
    """The matrix without stored zeros, in order."""
    return ensure_sorted_indices(remove0(x))


# -- sums ----------------------------------------------------------------------------------------


def _both(x: Any, y: Any) -> tuple[Any, Any]:
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not isinstance(x, SparseVariable) and not isinstance(y, SparseVariable):
        raise AssertionError(
            static.message("one of the operands must be sparse", got=f"{x.type} and {y.type}")
        )
    return x, y


def _by_kinds(x: Any, y: Any, both: Callable[..., Any], mixed: Callable[..., Any]) -> Any:
    """Of two sparse matrices, or of a sparse and a dense one in either order."""
    x, y = _both(x, y)
    if isinstance(x, SparseVariable) and isinstance(y, SparseVariable):
        return both(x, y)
    return mixed(x, y) if isinstance(x, SparseVariable) else mixed(y, x)


def add_s_s(x: Any, y: Any) -> SparseVariable:
    """The sum of two sparse matrices."""
    x, y = as_sparse_variable(x), as_sparse_variable(y)
    dtype = upcast(x.dtype, y.dtype)
    pairs_ = zip(places(x), places(y))
    rows, cols = (concatenate([a, b]) for a, b in pairs_)
    return _rebuilt(x, concatenate([x.data.astype(dtype), y.data.astype(dtype)]), rows, cols)


def add_s_s_data(x: Any, y: Any) -> SparseVariable:
    """The same for matrices whose elements lie at the same places."""
    x, y = as_sparse_variable(x), as_sparse_variable(y)
    return x.with_data(x.data + y.data)


def add_s_d(x: Any, y: Any) -> Any:
    """The sum of a sparse and a dense matrix, dense."""
    return dense_from_sparse(x) + as_tensor_variable(y)


def structured_add_s_v(x: Any, y: Any) -> SparseVariable:
    """A vector added to the rows of a sparse matrix, where there are elements."""
    x, y = as_sparse_variable(x), as_tensor_variable(y)
    if y.ndim != 1:
        raise AssertionError(static.message("y must be a vector", got=str(y.type)))
    return x.with_data(x.data + y[places(x)[1]])


def add(x: Any, y: Any) -> Any:
    """The sum of two matrices, one of them sparse."""
    return _by_kinds(x, y, add_s_s, add_s_d)


def sub(x: Any, y: Any) -> Any:
    """The difference of two matrices, one of them sparse."""
    x, y = _both(x, y)
    return add(x, neg(y) if isinstance(y, SparseVariable) else -y)


# -- products of elements ------------------------------------------------------------------------


def mul_s_s(x: Any, y: Any) -> SparseVariable:
    """The products of the elements of two sparse matrices."""
    x, y = as_sparse_variable(x), as_sparse_variable(y)
    first, second = pairs(keys(x), keys(y))
    rows, cols = places(x)
    return _rebuilt(x, x.data[first] * y.data[second], rows[first], cols[first])


def mul_s_d(x: Any, y: Any) -> SparseVariable:
    """The products of the elements of a sparse and a dense matrix."""
    x, y = as_sparse_variable(x), as_tensor_variable(y)
    if y.ndim > 2:
        raise NotImplementedError(
            static.message("mul_s_d takes numbers, vectors and matrices", got=str(y.type))
        )
    rows, cols = places(x)
    if y.ndim == 2:
        return x.with_data(x.data * y[rows * (not y.broadcastable[0]),
                                      cols * (not y.broadcastable[1])])
    return x.with_data(x.data * (y if y.ndim == 0 else y[cols]))


mul_s_v = mul_s_d


def mul(x: Any, y: Any) -> Any:
    """The products of the elements of two matrices, one of them sparse."""
    return _by_kinds(x, y, mul_s_s, mul_s_d)


def col_scale(x: Any, s: Any) -> SparseVariable:
    """Each column multiplied by a number."""
    x, s = as_sparse_variable(x), as_tensor_variable(s)
    return x.with_data(x.data * s[places(x)[1]])


def row_scale(x: Any, s: Any) -> SparseVariable:
    """Each row multiplied by a number."""
    x, s = as_sparse_variable(x), as_tensor_variable(s)
    return x.with_data(x.data * s[places(x)[0]])


# -- what is read --------------------------------------------------------------------------------


def sp_sum(x: Any, axis: int | None = None, sparse_grad: bool = False) -> Any:
    """The sum of the elements, of columns (0) or of rows (1), dense."""
    x = as_sparse_variable(x)
    if axis is None:
        return x.data.sum()
    if axis not in (0, 1):
        raise ValueError(static.message(f"Illegal value for self.axis: {axis}.",
                                        expected="None, 0 or 1"))
    return summed(x.data, places(x)[1 - axis], x.parts[3][1 - axis])


def diag(x: Any) -> Any:
    """The diagonal of a square matrix, dense."""
    x = as_sparse_variable(x)
    rows, cols = places(x)
    return summed(x.data * elemwise.cast(ELEMWISE["eq"](rows, cols), x.dtype), rows, x.parts[3][0])


def get_item(x: SparseVariable, args: Any) -> Any:
    """What square brackets give."""
    x = as_sparse_variable(x)
    args = args if isinstance(args, tuple) else (args,)
    if len(args) > 2:
        raise ValueError(static.message("a sparse matrix has two axes", got=f"{len(args)} indices"))
    args = (*args, slice(None))[:2]
    if all(isinstance(a, list) or getattr(a, "ndim", 0) == 1 for a in args):
        return dense_from_sparse(x)[args[0], args[1]]
    if not any(isinstance(a, slice | list) or getattr(a, "ndim", 0) for a in args):
        return dense_from_sparse(x)[args[0], args[1]]
    if any(isinstance(a, slice) and a.step is not None and a.step == 0 for a in args):
        raise ValueError(static.message("slice step cannot be zero"))
    at = [arange(x.parts[3][i])[a] for i, a in enumerate(args)]
    if any(v.ndim == 0 for v in at):
        raise NotImplementedError(
            static.message("Indexing a sparse matrix by a number and a slice",
                           hint="write x[i:i + 1], or make it dense")
        )
    lengths = tuple(v.shape[0] for v in at)
    rows, cols = places(x)
    new_rows, kept = pairs(at[0].astype("int64"), rows)
    new_cols, again = pairs(at[1].astype("int64"), cols[kept])
    return matrix_of(x.data[kept][again], new_rows[again], new_cols, lengths, x.format)


def _compared(name: str) -> Callable[..., Any]:
    def compared(x: Any, y: Any) -> Any:
        x, y = _both(x, y)
        given = [dense_from_sparse(v) if isinstance(v, SparseVariable) else v for v in (x, y)]
        found = ELEMWISE[name](*given)
        if isinstance(x, SparseVariable) and isinstance(y, SparseVariable):
            return cast(SparseFromDense(x.format)(found.astype("uint8")), "uint8")
        return found

    compared.__name__ = name
    compared.__doc__ = "Where the elements compare so; sparse if both matrices are."
    return compared


eq, neq, lt, gt, le, ge = (_compared(name) for name in ("eq", "neq", "lt", "gt", "le", "ge"))


def _operators() -> None:
    """Give sparse variables their operators and methods."""
    cls: Any = SparseVariable
    cls.T = property(transpose, doc="The transposed matrix.")
    cls.transpose, cls.__neg__, cls.astype = transpose, neg, cast
    cls.__add__ = cls.__radd__ = add
    cls.__sub__, cls.__rsub__ = sub, lambda self, other: sub(other, self)
    cls.__mul__ = cls.__rmul__ = mul
    cls.__lt__, cls.__le__, cls.__gt__, cls.__ge__ = lt, le, gt, ge
    cls.__getitem__, cls.toarray, cls.sum = get_item, dense_from_sparse, sp_sum
    cls.zeros_like = lambda self: cast(self, self.dtype).with_data(self.data.zeros_like())


_operators()
get_item_2d = get_item_scalar = get_item


def get_item_list(x: Any, index: Any) -> SparseVariable:
    """The rows at the places in a list, as a sparse matrix."""
    index = as_tensor_variable(index)
    if index.ndim != 1:
        raise ValueError(static.message("a list of rows has one axis", expected="a vector",
                                        got=str(index.type), where=index.node.line))
    found: SparseVariable = get_item(x, index)
    return found


def get_item_2lists(x: Any, ind1: Any, ind2: Any) -> Any:
    """The elements at pairs of places, as a vector."""
    return get_item(x, (as_tensor_variable(ind1), as_tensor_variable(ind2)))


__all__ = [
    "add", "add_s_d", "add_s_s", "add_s_s_data", "arcsin", "arcsinh", "arctan", "arctanh", "ceil",
    "clean", "col_scale", "conj", "deg2rad", "diag", "ensure_sorted_indices", "eq", "expm1",
    "floor", "ge", "get_item_2d", "get_item_2lists", "get_item_list", "get_item_scalar", "gt",
    "le", "log1p", "lt", "mul", "mul_s_d", "mul_s_s", "mul_s_v", "neg", "neq", "rad2deg",
    "remove0", "rint", "row_scale", "sgn", "sin", "sinh", "sp_sum", "sqr", "sqrt",
    "structured_add", "structured_add_s_v", "structured_exp", "structured_log",
    "structured_maximum", "structured_minimum", "structured_monoid", "structured_pow",
    "structured_sigmoid", "sub", "tan", "tanh", "transpose", "trunc",
]
