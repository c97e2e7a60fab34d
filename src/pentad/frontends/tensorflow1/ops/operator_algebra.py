"""Operators that are made of others, or of vectors: products, inverses, blocks, reflections."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad import static
from pentad.frontends.tensorflow1.ops.linear_operators import Flags, LinearOperator, _product


def _of_one_type(operators: Sequence[Any]) -> list[Any]:
    found = list(operators)
    if not found:
        raise pt.ArgumentError(f"Expected a non-empty list of operators. Found: {operators}")
    if len({op.dtype for op in found}) > 1:
        raise TypeError(static.message(
            "Expected all operators to have the same dtype.",
            got=", ".join(op.dtype.name for op in found)))
    return found


def _all(operators: Sequence[Any], flag: str, given: Flags) -> Flags:
    """What is given, or true if it holds for all parts."""
    if given is not None:
        return given
    return True if all(getattr(op, flag) for op in operators) else None


class _OfOperators(LinearOperator):
    """An operator of several; square and non-singular if all are."""

    hereditary: tuple[str, ...] = ("is_non_singular", "is_square")

    def __init__(
        self, operators: Any, is_non_singular: Flags = None, is_self_adjoint: Flags = None,
        is_positive_definite: Flags = None, is_square: Flags = None, name: str | None = None,
    ) -> None:
        self.operators = _of_one_type(operators)
        given = {"is_non_singular": is_non_singular, "is_self_adjoint": is_self_adjoint,
                 "is_positive_definite": is_positive_definite, "is_square": is_square}
        for flag in self.hereditary:
            given[flag] = _all(self.operators, flag, given[flag])
        super().__init__(self.operators[0].dtype, name=name or type(self).__name__, **given)


class LinearOperatorComposition(_OfOperators):
    """The product of operators."""

    def _dense(self) -> Any:
        *before, last = self.operators
        return reduce(lambda x, op: op.matmul(x), reversed(before), last.to_dense())

    def _times(self, x: Any, adjoint: bool) -> Any:
        for op in self.operators if adjoint else reversed(self.operators):
            x = op.matmul(x, adjoint=adjoint)
        return x

    def _solved(self, x: Any, adjoint: bool) -> Any:
        if not all(op.is_square for op in self.operators):
            return super()._solved(x, adjoint)
        for op in reversed(self.operators) if adjoint else self.operators:
            x = op.solve(x, adjoint=adjoint)
        return x


class LinearOperatorKronecker(_OfOperators):
    """The Kronecker product of operators."""

    hereditary = ("is_non_singular", "is_self_adjoint", "is_positive_definite", "is_square")

    def _dense(self) -> Any:
        def joined(a: Any, b: Any) -> Any:
            wide = a[..., :, None, :, None] * b[..., None, :, None, :]
            sizes = tf.shape(wide)
            rows, columns = (x * y if x is not None and y is not None else None for x, y in zip(
                a.shape.as_list()[-2:], b.shape.as_list()[-2:]))
            flat = tf.reshape(wide, tf.concat([sizes[:-4], [
                sizes[-4] * sizes[-3], sizes[-2] * sizes[-1]]], 0))
            flat.set_shape([*wide.shape.as_list()[:-4], rows, columns])
            return flat

        return reduce(joined, [op.to_dense() for op in self.operators])


class LinearOperatorBlockDiag(_OfOperators):
    """Operators along a diagonal."""

    hereditary = ("is_non_singular", "is_self_adjoint", "is_positive_definite", "is_square")

    def _dense(self) -> Any:
        blocks = [op.to_dense() for op in self.operators]
        widths = [tf.shape(b)[-1] for b in blocks]
        rows = []
        for i, block in enumerate(blocks):
            lead = [[0, 0]] * (block.shape.ndims - 2)
            before, after = (tf.add_n(part) if part else tf.constant(0)
                             for part in (widths[:i], widths[i + 1:]))
            rows.append(tf.pad(block, tf.stack(
                [*[tf.constant(p) for p in lead], tf.constant([0, 0]), tf.stack(
                    [before, after])])))
        whole = tf.concat(rows, -2)
        sizes = [b.shape.as_list()[-2:] for b in blocks]
        if all(None not in s for s in sizes):
            whole.set_shape([*blocks[0].shape.as_list()[:-2],
                             *(sum(column) for column in zip(*sizes))])
        return whole


class _OfOne(LinearOperator):
    """An operator of another one, whose flags hold for it too."""

    def __init__(
        self, operator: Any, is_non_singular: Flags = None, is_self_adjoint: Flags = None,
        is_positive_definite: Flags = None, is_square: Flags = None, name: str | None = None,
    ) -> None:
        self.operator = operator
        given = (is_non_singular, is_self_adjoint, is_positive_definite, is_square)
        own = (operator.is_non_singular, operator.is_self_adjoint, operator.is_positive_definite,
               operator.is_square)
        flags = [o if g is None else g for g, o in zip(given, own)]
        super().__init__(operator.dtype, [], *flags, name=name)


class LinearOperatorAdjoint(_OfOne):
    """The adjoint of an operator."""

    def _dense(self) -> Any:
        return tf.linalg.adjoint(self.operator.to_dense())

    def _times(self, x: Any, adjoint: bool) -> Any:
        return self.operator.matmul(x, adjoint=not adjoint)

    def _solved(self, x: Any, adjoint: bool) -> Any:
        return self.operator.solve(x, adjoint=not adjoint)

    def adjoint(self, name: str = "adjoint") -> LinearOperator:
        """The operator itself."""
        return self.operator  # type: ignore[no-any-return]


class LinearOperatorInversion(_OfOne):
    """The inverse of an operator."""

    def _dense(self) -> Any:
        return self.operator.solve(tf.eye(
            self.operator.range_dimension.value or self.operator.range_dimension_tensor(),
            dtype=self.dtype))

    def _times(self, x: Any, adjoint: bool) -> Any:
        return self.operator.solve(x, adjoint=adjoint)

    def _solved(self, x: Any, adjoint: bool) -> Any:
        return self.operator.matmul(x, adjoint=adjoint)

    def determinant(self, name: str = "det") -> Any:
        """One over that of the operator."""
        return 1.0 / self.operator.determinant()

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """The logarithm of the determinant's size."""
        return -self.operator.log_abs_determinant()

    def inverse(self, name: str = "inverse") -> LinearOperator:
        """The operator itself."""
        return self.operator  # type: ignore[no-any-return]


class LinearOperatorLowRankUpdate(LinearOperator):
    """An operator plus U D V*, where U and V are narrow."""

    def __init__(
        self, base_operator: Any, u: Any, diag_update: Any = None, v: Any = None,
        is_diag_update_positive: Flags = None, is_non_singular: Flags = None,
        is_self_adjoint: Flags = None, is_positive_definite: Flags = None,
        is_square: Flags = None, name: str = "LinearOperatorLowRankUpdate",
    ) -> None:
        self.base_operator = base_operator
        self.u = tf.convert_to_tensor(u, name="u")
        self.v = self.u if v is None else tf.convert_to_tensor(v, name="v")
        self.diag_update = None if diag_update is None else tf.convert_to_tensor(diag_update)
        symmetric = v is None and base_operator.is_self_adjoint
        positive = symmetric and base_operator.is_positive_definite and (
            diag_update is None or is_diag_update_positive)
        super().__init__(
            base_operator.dtype, [self.u], is_non_singular,
            True if is_self_adjoint is None and symmetric else is_self_adjoint,
            True if is_positive_definite is None and positive else is_positive_definite,
            base_operator.is_square if is_square is None else is_square, name)

    def _dense(self) -> Any:
        left = self.u if self.diag_update is None else (
            self.u * tf.expand_dims(self.diag_update, -2))
        return self.base_operator.to_dense() + tf.matmul(left, self.v, adjoint_b=True)

    def _times(self, x: Any, adjoint: bool) -> Any:
        first, last = (self.u, self.v) if adjoint else (self.v, self.u)
        inner = _product(first, x, True)
        if self.diag_update is not None:
            inner = tf.expand_dims(self.diag_update, -1) * inner
        return self.base_operator.matmul(x, adjoint=adjoint) + _product(last, inner)


class LinearOperatorHouseholder(LinearOperator):
    """The reflection at the plane that a vector stands on."""

    def __init__(
        self, reflection_axis: Any, is_non_singular: Flags = None, is_self_adjoint: Flags = None,
        is_positive_definite: Flags = None, is_square: Flags = None,
        name: str = "LinearOperatorHouseholder",
    ) -> None:
        self.reflection_axis = tf.convert_to_tensor(reflection_axis, name="reflection_axis")
        super().__init__(self.reflection_axis.dtype, [self.reflection_axis], True, True,
                         is_positive_definite, True, name)

    def _dense(self) -> Any:
        v = tf.expand_dims(tf.nn.l2_normalize(self.reflection_axis, -1), -1)
        size = self.reflection_axis.shape[-1].value or tf.shape(self.reflection_axis)[-1]
        return tf.eye(size, dtype=self.dtype) - 2 * tf.matmul(v, v, adjoint_b=True)

    def _solved(self, x: Any, adjoint: bool) -> Any:
        return self._times(x, adjoint)


__all__ = ["LinearOperatorAdjoint", "LinearOperatorBlockDiag", "LinearOperatorComposition",
           "LinearOperatorHouseholder",
           "LinearOperatorInversion", "LinearOperatorKronecker", "LinearOperatorLowRankUpdate"]
