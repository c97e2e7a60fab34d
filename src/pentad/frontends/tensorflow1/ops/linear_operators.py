"""tf.linalg.LinearOperator: matrices that are known by what they are made of."""

from __future__ import annotations

from typing import Any

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad import static


class LinearOperator:
    """The base of operators: a batch of matrices.

    A subclass gives `_dense()`, and does better than the dense matrix where it can. The flags say
    what is known of the matrix; None for what is not.
    """

    def __init__(
        self, dtype: Any, graph_parents: Any = None, is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None,
        is_square: bool | None = None, name: str | None = None,
    ) -> None:
        if is_positive_definite and is_self_adjoint is None:
            is_self_adjoint = True
        if is_positive_definite and is_non_singular is False:
            raise pt.ArgumentError("A positive definite matrix is always non-singular.")
        if (is_non_singular or is_self_adjoint or is_positive_definite) and is_square is False:
            raise pt.ArgumentError("is_non_singular, is_self_adjoint and is_positive_definite "
                                   "require a square operator.")
        self.dtype, self.name = tf.as_dtype(dtype).base_dtype, name or type(self).__name__
        self.graph_parents = list(graph_parents or [])
        self.is_non_singular = True if is_positive_definite else is_non_singular
        self.is_self_adjoint, self.is_positive_definite = is_self_adjoint, is_positive_definite
        self._is_square = is_square

    def _dense(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _dense")

    # -- shapes --------------------------------------------------------------------------------

    @property
    def shape(self) -> Any:
        """What is known of the shape, [..., rows, columns]."""
        return self._dense().shape

    @property
    def is_square(self) -> bool | None:
        """Has it as many rows as columns?"""
        if self._is_square is not None:
            return self._is_square
        rows, columns = self.range_dimension.value, self.domain_dimension.value
        return None if None in (rows, columns) else rows == columns

    @property
    def batch_shape(self) -> Any:
        """The shape before the axes of the matrix."""
        return self.shape[:-2]

    @property
    def tensor_rank(self) -> Any:
        """How many axes it has."""
        return self.shape.ndims

    @property
    def domain_dimension(self) -> Any:
        """How many columns it has."""
        return self.shape[-1]

    @property
    def range_dimension(self) -> Any:
        """How many rows it has."""
        return self.shape[-2]

    def shape_tensor(self, name: str = "shape_tensor") -> Any:
        """The shape as a tensor."""
        known = self.shape
        return tf.constant(known.as_list(), tf.int32) if known.is_fully_defined() else (
            tf.shape(self._dense()))

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        """The shape before the axes of the matrix, as a tensor."""
        return self.shape_tensor()[:-2]

    def tensor_rank_tensor(self, name: str = "tensor_rank_tensor") -> Any:
        """How many axes it has, as a tensor."""
        return tf.size(self.shape_tensor())

    def domain_dimension_tensor(self, name: str = "domain_dimension_tensor") -> Any:
        """How many columns it has, as a tensor."""
        return self.shape_tensor()[-1]

    def range_dimension_tensor(self, name: str = "range_dimension_tensor") -> Any:
        """How many rows it has, as a tensor."""
        return self.shape_tensor()[-2]

    # -- products, equations -------------------------------------------------------------------

    def _times(self, x: Any, adjoint: bool) -> Any:
        return _product(self._dense(), x, adjoint)

    def _solved(self, x: Any, adjoint: bool) -> Any:
        matrix, x = _same_batch(self._dense(), x)
        if self.is_positive_definite:
            return tf.cholesky_solve(tf.cholesky(matrix), x)
        return tf.matrix_solve(matrix, x, adjoint=adjoint)

    def _given(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        x = tf.convert_to_tensor(x, self.dtype, name="x")
        x = tf.linalg.adjoint(x) if adjoint_arg else x
        size = self.range_dimension if adjoint else self.domain_dimension
        size.assert_is_compatible_with(x.shape[-2])
        return x

    def matmul(
        self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul"
    ) -> Any:
        """The matrix times matrices, or times another operator."""
        if isinstance(x, LinearOperator):
            from pentad.frontends.tensorflow1.ops.operator_algebra import LinearOperatorComposition

            left = self.adjoint() if adjoint else self
            return LinearOperatorComposition([left, x.adjoint() if adjoint_arg else x])
        with tf.name_scope(name):
            return self._times(self._given(x, adjoint, adjoint_arg), adjoint)

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """The matrix times vectors."""
        column = tf.expand_dims(tf.convert_to_tensor(x, self.dtype), -1)
        return tf.squeeze(self.matmul(column, adjoint=adjoint, name=name), [-1])

    __matmul__ = matmul

    def _require(self, what: bool | None, task: str) -> None:
        if what is False:
            raise NotImplementedError(static.message(
                f"{task} is not there for a singular, or not square, operator", got=self.name))

    def solve(
        self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve"
    ) -> Any:
        """What the matrix times gives these right-hand sides."""
        self._require(self.is_non_singular, "solve")
        self._require(self.is_square, "solve")
        with tf.name_scope(name):
            return self._solved(self._given(rhs, not adjoint, adjoint_arg), adjoint)

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """The same for vectors."""
        column = tf.expand_dims(tf.convert_to_tensor(rhs, self.dtype), -1)
        return tf.squeeze(self.solve(column, adjoint=adjoint, name=name), [-1])

    # -- numbers of the matrix -----------------------------------------------------------------

    def determinant(self, name: str = "det") -> Any:
        """The determinant."""
        self._require(self.is_square, "determinant")
        return tf.matrix_determinant(self._dense())

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """The logarithm of the determinant's size."""
        self._require(self.is_square, "log_abs_determinant")
        return tf.linalg.slogdet(self._dense())[1]

    def diag_part(self, name: str = "diag_part") -> Any:
        """The diagonal."""
        return tf.matrix_diag_part(self._dense())

    def trace(self, name: str = "trace") -> Any:
        """The sum of the diagonal."""
        return tf.reduce_sum(self.diag_part(), -1)

    def to_dense(self, name: str = "to_dense") -> Any:
        """The matrix itself."""
        with tf.name_scope(name):
            return tf.identity(self._dense())

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """The matrix and another."""
        return self._dense() + tf.convert_to_tensor(x, self.dtype)

    def cholesky(self, name: str = "cholesky") -> LinearOperator:
        """The lower triangular factor."""
        if not (self.is_positive_definite and self.is_self_adjoint):
            raise pt.ArgumentError("Cannot take the Cholesky decomposition: not a positive definite"
                                   " self adjoint matrix.")
        return LinearOperatorLowerTriangular(tf.cholesky(self._dense()), is_non_singular=True,
                                             is_square=True)

    def adjoint(self, name: str = "adjoint") -> LinearOperator:
        """The transposed, conjugated operator."""
        from pentad.frontends.tensorflow1.ops.operator_algebra import LinearOperatorAdjoint

        return self if self.is_self_adjoint else LinearOperatorAdjoint(self)

    @property
    def H(self) -> LinearOperator:
        """The same."""
        return self.adjoint()

    def inverse(self, name: str = "inverse") -> LinearOperator:
        """The inverse operator."""
        from pentad.frontends.tensorflow1.ops.operator_algebra import LinearOperatorInversion

        self._require(self.is_non_singular, "inverse")
        self._require(self.is_square, "inverse")
        return LinearOperatorInversion(self)

    # -- checks --------------------------------------------------------------------------------

    def assert_non_singular(self, name: str = "assert_non_singular") -> Any:
        """An operation that fails for a singular matrix."""
        values = tf.svd(self._dense(), compute_uv=False)
        least = 1e-6 if self.dtype.size < 8 else 1e-12
        return tf.assert_less(least * values[..., 0], values[..., -1],
                              message="Singular matrix up to precision epsilon.")

    def assert_self_adjoint(self, name: str = "assert_self_adjoint") -> Any:
        """An operation that fails for a matrix that is not its adjoint."""
        matrix = self._dense()
        return tf.assert_equal(matrix, tf.linalg.adjoint(matrix),
                               message="Matrix was not equal to its adjoint.")

    def assert_positive_definite(self, name: str = "assert_positive_definite") -> Any:
        """An operation that fails for a matrix without a Cholesky factor."""
        return tf.assert_positive(
            tf.self_adjoint_eigvals(self._dense()), message="Matrix was not positive definite.")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.shape} {self.dtype.name}>"


def _same_batch(matrix: Any, x: Any) -> tuple[Any, Any]:
    """Both with the axes of batches of the other."""
    if matrix.shape.ndims == x.shape.ndims and matrix.shape[:-2].is_fully_defined() and (
            matrix.shape[:-2].as_list() == x.shape[:-2].as_list()):
        return matrix, x
    if matrix.shape.ndims == x.shape.ndims == 2:
        return matrix, x
    batch = tf.broadcast_dynamic_shape(tf.shape(matrix)[:-2], tf.shape(x)[:-2])
    return tuple(tf.broadcast_to(t, tf.concat([batch, tf.shape(t)[-2:]], 0)) for t in (matrix, x))


def _product(matrix: Any, x: Any, adjoint: bool = False) -> Any:
    matrix, x = _same_batch(matrix, x)
    return tf.matmul(matrix, x, adjoint_a=adjoint)


Flags = bool | None


class LinearOperatorFullMatrix(LinearOperator):
    """A matrix as it is."""

    def __init__(
        self, matrix: Any, is_non_singular: Flags = None, is_self_adjoint: Flags = None,
        is_positive_definite: Flags = None, is_square: Flags = None,
        name: str = "LinearOperatorFullMatrix",
    ) -> None:
        self._matrix = tf.convert_to_tensor(matrix, name="matrix")
        super().__init__(self._matrix.dtype, [self._matrix], is_non_singular, is_self_adjoint,
                         is_positive_definite, is_square, name)

    def _dense(self) -> Any:
        return self._matrix


class LinearOperatorLowerTriangular(LinearOperator):
    """The lower triangle of a matrix."""

    def __init__(
        self, tril: Any, is_non_singular: Flags = None, is_self_adjoint: Flags = None,
        is_positive_definite: Flags = None, is_square: Flags = None,
        name: str = "LinearOperatorLowerTriangular",
    ) -> None:
        if is_square is False:
            raise pt.ArgumentError("Only square lower triangular operators supported at this time.")
        self._tril = tf.matrix_band_part(tf.convert_to_tensor(tril, name="tril"), -1, 0)
        super().__init__(self._tril.dtype, [self._tril], is_non_singular, is_self_adjoint,
                         is_positive_definite, True, name)

    def _dense(self) -> Any:
        return self._tril

    def _solved(self, x: Any, adjoint: bool) -> Any:
        return tf.matrix_triangular_solve(*_same_batch(self._tril, x), lower=True, adjoint=adjoint)

    def determinant(self, name: str = "det") -> Any:
        """The product of the diagonal."""
        return tf.reduce_prod(self.diag_part(), -1)

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """The logarithm of the determinant's size."""
        return tf.reduce_sum(tf.log(tf.abs(self.diag_part())), -1)


class LinearOperatorDiag(LinearOperator):
    """A diagonal matrix, by its diagonal."""

    def __init__(
        self, diag: Any, is_non_singular: Flags = None, is_self_adjoint: Flags = None,
        is_positive_definite: Flags = None, is_square: Flags = None,
        name: str = "LinearOperatorDiag",
    ) -> None:
        if is_square is False:
            raise pt.ArgumentError("Only square diagonal operators currently supported.")
        self.diag = tf.convert_to_tensor(diag, name="diag")
        real = not self.diag.dtype.is_complex
        if real and is_self_adjoint is False:
            raise pt.ArgumentError("A real diagonal operator is always self adjoint.")
        super().__init__(self.diag.dtype, [self.diag], is_non_singular,
                         True if real else is_self_adjoint, is_positive_definite, True, name)

    def _dense(self) -> Any:
        return tf.matrix_diag(self.diag)

    @property
    def shape(self) -> Any:
        """What is known of the shape."""
        known = self.diag.shape
        return known.concatenate(known[-1:])

    def _column(self, adjoint: bool) -> Any:
        return tf.expand_dims(tf.conj(self.diag) if adjoint else self.diag, -1)

    def _times(self, x: Any, adjoint: bool) -> Any:
        return self._column(adjoint) * x

    def _solved(self, x: Any, adjoint: bool) -> Any:
        return x / self._column(adjoint)

    def determinant(self, name: str = "det") -> Any:
        """The product of the diagonal."""
        return tf.reduce_prod(self.diag, -1)

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """The logarithm of the determinant's size."""
        return tf.reduce_sum(tf.log(tf.abs(self.diag)), -1)

    def diag_part(self, name: str = "diag_part") -> Any:
        """The diagonal."""
        return self.diag

    def cholesky(self, name: str = "cholesky") -> LinearOperator:
        """The roots of the diagonal."""
        super().cholesky()
        return LinearOperatorDiag(tf.sqrt(self.diag), is_positive_definite=True)


class LinearOperatorScaledIdentity(LinearOperatorDiag):
    """A number times the identity."""

    def __init__(
        self, num_rows: Any, multiplier: Any, is_non_singular: Flags = None,
        is_self_adjoint: Flags = None, is_positive_definite: Flags = None,
        is_square: Flags = True, assert_proper_shapes: bool = False,
        name: str = "LinearOperatorScaledIdentity",
    ) -> None:
        self._rows = num_rows
        self.multiplier = tf.convert_to_tensor(multiplier, name="multiplier")
        column = tf.expand_dims(self.multiplier, -1)
        super().__init__(column * tf.ones(tf.stack([num_rows]), column.dtype), is_non_singular,
                         is_self_adjoint, is_positive_definite, is_square, name)
        if isinstance(num_rows, int):
            self.diag.set_shape([*self.multiplier.shape.as_list(), num_rows])


class LinearOperatorIdentity(LinearOperatorScaledIdentity):
    """The identity."""

    def __init__(
        self, num_rows: Any, batch_shape: Any = None, dtype: Any = None,
        is_non_singular: Flags = True, is_self_adjoint: Flags = True,
        is_positive_definite: Flags = True, is_square: Flags = True,
        assert_proper_shapes: bool = False, name: str = "LinearOperatorIdentity",
    ) -> None:
        if False in (is_self_adjoint, is_non_singular, is_positive_definite, is_square):
            raise pt.ArgumentError("An identity operator is always self adjoint, non-singular, "
                                   "positive definite and square.")
        ones = tf.ones([] if batch_shape is None else batch_shape, dtype or tf.float32)
        super().__init__(num_rows, ones, True, True, True, True, assert_proper_shapes, name)


class LinearOperatorZeros(LinearOperator):
    """Zeros."""

    def __init__(
        self, num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = None,
        is_non_singular: Flags = False, is_self_adjoint: Flags = True,
        is_positive_definite: Flags = False, is_square: Flags = True,
        assert_proper_shapes: bool = False, name: str = "LinearOperatorZeros",
    ) -> None:
        columns = num_rows if num_columns is None else num_columns
        lead = [] if batch_shape is None else list(batch_shape)
        self._matrix = tf.zeros([*lead, num_rows, columns], dtype or tf.float32)
        super().__init__(self._matrix.dtype, None, is_non_singular, is_self_adjoint,
                         is_positive_definite, is_square, name)

    def _dense(self) -> Any:
        return self._matrix
