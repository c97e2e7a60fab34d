"""The classes of operations on tensors by Theano's names: what makes their function.

Parameters that only choose how Theano computes (inplace, which algorithm sorts) are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import static
from pentad.frontends.theano.gof.opclass import op_classes, plain
from pentad.frontends.theano.tensor import (
    creation,
    extra_ops,
    joining,
    nlinalg,
    nonzeros,
    numerics,
    products,
    reductions,
    shaping,
    slinalg,
    sort,
    subtensor,
)
from pentad.frontends.theano.tensor.advanced import (
    advanced_inc_subtensor,
    advanced_inc_subtensor1,
    advanced_set_subtensor,
    advanced_set_subtensor1,
    advanced_subtensor,
    advanced_subtensor1,
)
from pentad.frontends.theano.tensor.asserting import Assert
from pentad.frontends.theano.tensor.constants import stacked
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle
from pentad.frontends.theano.tensor.elemwise import ELEMWISE
from pentad.frontends.theano.tensor.unique import unique_op

_REDUCTIONS = {
    "add": reductions.sum, "mul": reductions.prod, "maximum": reductions.max,
    "minimum": reductions.min, "and_": reductions.all, "or_": reductions.any,
}


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """What makes the function of a reduction with types of its own."""
    return lambda axis=None, dtype=None, acc_dtype=None: lambda x: function(
        x, axis=_axes(axis), dtype=dtype, acc_dtype=acc_dtype)


def _axes(axis: Any) -> Any:
    return list(axis) if isinstance(axis, tuple) else axis


def _reduce(scalar_op: Any, axis: Any = None) -> Callable[..., Any]:
    name = getattr(scalar_op, "name", str(scalar_op))
    if name not in _REDUCTIONS:
        raise NotImplementedError(
            static.message("CAReduce: this reduction is not supported", got=name,
                           expected=", ".join(_REDUCTIONS))
        )
    return lambda x: _REDUCTIONS[name](x, axis=_axes(axis))


def _extremes(axis: Any = None) -> Callable[..., Any]:
    return lambda x: list(reductions.max_and_argmax(x, _axes(axis)))


def _dimshuffle(
    input_broadcastable: Sequence[bool], new_order: Sequence[Any], inplace: bool = True
) -> Callable[..., Any]:
    lost = [i for i, one in enumerate(input_broadcastable) if i not in new_order and not one]
    if lost:
        raise ValueError(
            static.message(f"You cannot drop a non-broadcastable dimension: {lost}",
                           got=str(new_order))
        )
    return lambda x: dimshuffle(x, new_order)


def _alloc_empty(dtype: str = "float64") -> Callable[..., Any]:
    return lambda *shape: creation.zeros(shape, dtype)


def _broadcast(*axes: Any) -> Callable[..., Any]:
    def function(x: Any) -> Any:
        ones, free = ([a for a, one in axes if bool(one) is wanted] for wanted in (True, False))
        return shaping.unbroadcast(shaping.addbroadcast(x, *ones) if ones else x, *free)

    return function


def _parts(idx_list: Sequence[Any], inputs: Sequence[Any]) -> tuple[Any, ...]:
    """The index of a Subtensor: its constants, and the inputs in the place of types."""
    left = iter(inputs)

    def bound(v: Any) -> Any:
        return v if v is None or isinstance(v, int) else next(left)

    return tuple(
        slice(bound(e.start), bound(e.stop), bound(e.step)) if isinstance(e, slice) else bound(e)
        for e in idx_list
    )


def _subtensor(idx_list: Sequence[Any]) -> Callable[..., Any]:
    return lambda x, *inputs: subtensor.subtensor(x, _parts(idx_list, inputs))


def _inc_subtensor(
    idx_list: Sequence[Any], inplace: bool = False, set_instead_of_inc: bool = False,
    destroyhandler_tolerate_aliased: Any = None,
) -> Callable[..., Any]:
    return lambda x, y, *inputs: subtensor.inc_subtensor(
        x[_parts(idx_list, inputs)], y, set_instead_of_inc=set_instead_of_inc)


def _writing(adds: Callable[..., Any], sets: Callable[..., Any]) -> Callable[..., Any]:
    return lambda inplace=False, set_instead_of_inc=False: sets if set_instead_of_inc else adds


def _topk(
    axis: int = -1, sorted: bool = True, idx_dtype: str = "int64", return_values: bool = True,
    return_indices: bool = True,
) -> Callable[..., Any]:
    def function(x: Any, k: Any) -> Any:
        found = sort.topk_and_argtopk(x, k, axis, sorted, idx_dtype)
        return found if return_values and return_indices else found[0 if return_values else 1]

    return function


def _cumulated(axis: Any = None, mode: str = "add") -> Callable[..., Any]:
    return lambda x: (extra_ops.cumsum if mode == "add" else extra_ops.cumprod)(x, axis)


def _same(x: Any) -> Any:
    return ELEMWISE["identity"](x)


def _with_default(x: Any, default: Any) -> Any:
    return default if x is None else x


CLASSES = op_classes({
    "CAReduce": ("Sum Prod All Any Reduce{maximum} Reduce{minimum}", _reduce),
    "CAReduceDtype": ("Sum Prod", lambda scalar_op, axis=None, dtype=None, acc_dtype=None:
                      _reduction(_REDUCTIONS[scalar_op.name])(axis, dtype, acc_dtype)),
    "Sum": ("Sum", _reduction(reductions.sum)),
    "Prod": ("Prod", lambda axis=None, dtype=None, acc_dtype=None, no_zeros_in_input=False:
             _reduction(reductions.prod)(axis, dtype, acc_dtype)),
    "ProdWithoutZeros": ("ProdWithoutZeros", _reduction(lambda x, **how: reductions.prod(
        ELEMWISE["switch"](ELEMWISE["eq"](x, 0), x.ones_like(), x), **how))),
    "All": ("All", lambda axis=None: lambda x: reductions.all(x, _axes(axis))),
    "Any": ("Any", lambda axis=None: lambda x: reductions.any(x, _axes(axis))),
    "Argmax": ("Argmax", lambda axis=None: lambda x: reductions.argmax(x, _axes(axis))),
    "MaxAndArgmax": ("Argmax Reduce{maximum}", _extremes),
    "DimShuffle": ("dimshuffle", _dimshuffle),
    "Dot": plain(products.dot, "dot"), "BatchedDot": plain(products.batched_dot, "BatchedDot"),
    "Join": ("Join", lambda view=-1: joining.join),
    "Split": ("Split", lambda len_splits: lambda x, axis, sizes: joining.split(
        x, sizes, len_splits, axis)),
    "Reshape": ("reshape", lambda ndim, name=None: lambda x, shape: shaping.reshape(
        x, shape, ndim)),
    "Flatten": ("flatten", lambda outdim=1: lambda x: shaping.flatten(x, outdim)),
    "Shape": plain(shaping.shape, "shape"),
    "Shape_i": ("shape", lambda i: lambda x: shaping.shape(x)[i]),
    "Rebroadcast": ("Rebroadcast", _broadcast),
    "SpecifyShape": plain(shaping.specify_shape, "specify_shape"),
    "Alloc": plain(creation.alloc, "alloc"), "AllocEmpty": ("alloc", _alloc_empty),
    "ARange": ("ARange", lambda dtype: lambda *bounds: creation.arange(*bounds, dtype=dtype)),
    "Eye": ("Eye", lambda dtype=None: lambda n, m, k: creation.eye(n, m, k, dtype)),
    "Tri": ("Tri", lambda dtype=None: lambda n, m, k: creation.tri(n, m, k, dtype)),
    "MakeVector": ("MakeVector", lambda dtype="int64": lambda *numbers: stacked(
        list(numbers)).astype(dtype)),
    "Subtensor": ("Subtensor", _subtensor), "IncSubtensor": ("IncSubtensor", _inc_subtensor),
    "AdvancedSubtensor": plain(advanced_subtensor, "AdvancedSubtensor"),
    "AdvancedSubtensor1": ("AdvancedSubtensor", lambda sparse_grad=False: advanced_subtensor1),
    "AdvancedBooleanSubtensor": plain(advanced_subtensor, "AdvancedSubtensor"),
    "AdvancedIncSubtensor": ("AdvancedIncSubtensor", _writing(advanced_inc_subtensor,
                                                              advanced_set_subtensor)),
    "AdvancedIncSubtensor1": ("AdvancedIncSubtensor", _writing(advanced_inc_subtensor1,
                                                               advanced_set_subtensor1)),
    "AdvancedBooleanIncSubtensor": ("AdvancedIncSubtensor", _writing(advanced_inc_subtensor,
                                                                     advanced_set_subtensor)),
    "ScalarFromTensor": plain(numerics.scalar_from_tensor, "ScalarFromTensor"),
    "TensorFromScalar": plain(numerics.tensor_from_scalar, "TensorFromScalar"),
    "Nonzero": plain(lambda x: list(nonzeros.nonzero(x)), "Nonzero"),
    "Default": plain(_with_default, "Default"),
    "PermuteRowElements": plain(numerics.permute_row_elements, "PermuteRowElements"),
    "Choose": ("Choose", lambda mode="raise": lambda a, choices: numerics.choose(
        a, choices, mode=mode)),
    "ExtractDiag": ("ExtractDiag", lambda offset=0, axis1=0, axis2=1, view=False: lambda x:
                    nlinalg.diagonal(x, offset, axis1, axis2)),
    "Diagonal": ("ExtractDiag", lambda offset=0, axis1=0, axis2=1: lambda x: nlinalg.diagonal(
        x, offset, axis1, axis2)),
    "AllocDiag": ("AllocDiag", lambda offset=0, axis1=0, axis2=1: lambda x: nlinalg.alloc_diag(
        x, offset, axis1, axis2)),
    "SortOp": ("SortOp", lambda kind="quicksort", order=None: lambda x, axis=-1: sort.sort(
        x, axis)),
    "ArgSortOp": ("ArgSortOp", lambda kind="quicksort", order=None: lambda x, axis=-1:
                  sort.argsort(x, axis)),
    "TopKOp": ("TopKOp", _topk),
    "CumOp": ("CumOp", _cumulated),
    "CumsumOp": ("CumOp", lambda axis=None: _cumulated(axis)),
    "CumprodOp": ("CumOp", lambda axis=None: _cumulated(axis, "mul")),
    "DiffOp": ("DiffOp", lambda n=1, axis=-1: lambda x: extra_ops.diff(x, n, axis)),
    "RepeatOp": ("RepeatOp", lambda axis=None: lambda x, repeats: extra_ops.repeat(
        x, repeats, axis)),
    "SearchsortedOp": ("SearchsortedOp", lambda side="left": lambda x, v, sorter=None:
                       extra_ops.searchsorted(x, v, side, sorter)),
    "FillDiagonal": plain(extra_ops.fill_diagonal, "FillDiagonal"),
    "FillDiagonalOffset": plain(extra_ops.fill_diagonal_offset, "FillDiagonalOffset"),
    "Bartlett": plain(extra_ops.bartlett, "Bartlett"),
    "CpuContiguous": plain(extra_ops.cpu_contiguous, "CpuContiguous"),
    "UnravelIndex": ("UnravelIndex", lambda ndim=None, order="C": lambda indices, dims:
                     extra_ops.unravel_index(indices, dims, order)),
    "RavelMultiIndex": ("RavelMultiIndex", lambda mode="raise", order="C": lambda *given:
                        extra_ops.ravel_multi_index(given[:-1], given[-1], mode, order)),
    "Unique": ("Unique", unique_op),
    "Eigh": ("Eigh", lambda UPLO="L": lambda a: nlinalg.eigh(a, UPLO)),
    "QRFull": ("QR", lambda mode="reduced": lambda a: nlinalg.qr(a, mode)),
    "QRIncomplete": ("QR", lambda mode="r": lambda a: nlinalg.qr(a, mode)),
    "SVD": ("SVD", lambda full_matrices=True, compute_uv=True: lambda a: nlinalg.svd(
        a, full_matrices, compute_uv)),
    "TensorInv": ("TensorInv", lambda ind=2: lambda a: nlinalg.tensorinv(a, ind)),
    "TensorSolve": ("TensorSolve", lambda axes=None: lambda a, b: nlinalg.tensorsolve(
        a, b, axes)),
    "Kron": plain(slinalg.kron, "Kron"), "Expm": plain(slinalg.expm, "Expm"),
    "Eigvalsh": ("Eigvalsh", lambda lower=True: lambda a, b=None: slinalg.eigvalsh(a, b, lower)),
    "DeepCopyOp": plain(_same, "identity"), "ViewOp": plain(_same, "identity"),
}, __name__)
globals().update(CLASSES)
deep_copy_op, view_op = CLASSES["DeepCopyOp"](), CLASSES["ViewOp"]()
make_vector, alloc_empty = CLASSES["MakeVector"](), _alloc_empty
assert_op = Assert("assertion failed")
HOMES = {
    "elemwise": "CAReduce CAReduceDtype Sum Prod ProdWithoutZeros All Any DimShuffle",
    "subtensor": "Subtensor IncSubtensor AdvancedSubtensor AdvancedSubtensor1 "
                 "AdvancedBooleanSubtensor AdvancedIncSubtensor AdvancedIncSubtensor1 "
                 "AdvancedBooleanIncSubtensor",
    "sort": "SortOp ArgSortOp TopKOp",
    "extra_ops": "CpuContiguous SearchsortedOp CumOp CumsumOp CumprodOp DiffOp RepeatOp Bartlett "
                 "FillDiagonal FillDiagonalOffset Unique UnravelIndex RavelMultiIndex",
    "nlinalg": "AllocDiag ExtractDiag Eigh QRFull QRIncomplete SVD TensorInv TensorSolve",
    "slinalg": "Kron Expm Eigvalsh",
}
for _name in ("advanced_inc_subtensor", "advanced_inc_subtensor1", "advanced_set_subtensor",
              "advanced_set_subtensor1", "advanced_subtensor", "advanced_subtensor1"):
    setattr(subtensor, _name, globals()[_name])
"""The modules that the classes lie in, where they do not lie in theano.tensor itself."""
__all__ = [*CLASSES, "Assert", "alloc_empty", "assert_op", "deep_copy_op", "make_vector",
           "view_op"]
