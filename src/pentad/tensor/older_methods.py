"""Methods and attributes that PyTorch's tensors keep from older versions, or have for layouts and
memory of other kinds than there are here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from pentad.graph.errors import ArgumentError, AutogradError, DTypeError, message
from pentad.tensor import gradients
from pentad.tensor.devices import require_device
from pentad.tensor.functions import older
from pentad.tensor.functions.creation import empty
from pentad.tensor.functions.indexing import nonzero
from pentad.tensor.functions.reshaped import METHODS as RESHAPED
from pentad.tensor.legacy import TENSOR_TYPES, TensorType, legacy_tensor
from pentad.tensor.nodes import Port
from pentad.tensor.tensor import Tensor, retyped


def _removed(name: str, instead: str) -> Callable[..., NoReturn]:
    def method(input: Tensor, *args: Any, **kwargs: Any) -> NoReturn:
        raise ArgumentError(message(f"x.{name}(): PyTorch removed it", expected=instead,
                                    got=name, hint=f"use {instead}"))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Refused, as in PyTorch, which removed it: use {instead}."
    return method


def _only_sparse(name: str) -> Callable[..., NoReturn]:
    def method(input: Tensor, *args: Any, **kwargs: Any) -> NoReturn:
        raise ArgumentError(message(f"x.{name}(): the tensor is not sparse", expected="a sparse "
                                    "tensor", got="a dense one, as all are here"))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = "Refused, as PyTorch does for dense tensors: there are no others."
    return method


def new(input: Tensor, *args: Any, device: Any = None) -> Tensor:
    """A tensor of the same dtype: of sizes, uninitialised; of data, with a copy of it."""
    require_device("new", device)
    if len(args) == 1 and isinstance(args[0], tuple):
        return empty(args[0], dtype=input.dtype)  # type: ignore[no-any-return]
    return legacy_tensor(args, {}, input.dtype)


def resize(input: Any, *sizes: Any) -> Any:
    """`reshape`, as old programs write it."""
    return input.reshape(*sizes)


def resize_as_(input: Any, the_template: Tensor, *, memory_format: Any = None) -> Any:
    """`resize_` to the shape of another tensor."""
    return RESHAPED["resize_"](input, *the_template.shape)


def as_subclass(input: Tensor, cls: type[Tensor]) -> Any:
    """The tensor as an object of a subclass, on the same memory; TypeError for another class."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"as_subclass(): expected a subclass of Tensor, got {cls!r}")
    return retyped(input, cls)


def module_load(input: Any, other: Any, assign: bool = False) -> Any:
    """What load_state_dict puts in the place of a parameter: its own memory with the values of
    `other`, or (assign) `other`."""
    return other.detach() if assign else input.copy_(other).detach()


def dim_order(input: Tensor, *, ambiguity_check: Any = False) -> tuple[int, ...]:
    """The dimensions from the outermost in memory to the innermost; those of size 1 or of equal
    strides stay in their order. ArgumentError if asked to check and there are such."""
    strides = input.stride()
    if ambiguity_check and len(set(strides)) < len(strides):
        raise ArgumentError(message("dim_order: more than one order", expected="distinct strides",
                                    got=str(strides)))
    return tuple(sorted(range(input.ndim), key=lambda i: -strides[i]))


def set_(input: Tensor, source: Any = None, storage_offset: int = 0, size: Any = None,
         stride: Any = None) -> Tensor:
    """Take the memory of another tensor, whole or in part; without one, be empty.

    DTypeError for another dtype, AutogradError if the tensor has a history.
    """
    if not input.is_leaf:
        raise AutogradError(message("set_ of a result", expected="a leaf", got=repr(input.grad_fn)))
    taken = empty(0, dtype=input.dtype) if source is None else source
    if not isinstance(taken, Tensor) or taken.dtype is not input.dtype:
        got = taken.dtype.name if isinstance(taken, Tensor) else type(taken).__name__
        raise DTypeError(message("set_: the source", expected=f"a {input.dtype.name} tensor",
                                 got=got, hint="there are no storages without a tensor here"))
    if size is not None:
        strides = empty(tuple(size), dtype=input.dtype).stride() if stride is None else stride
        taken = taken.as_strided(tuple(size), tuple(strides), storage_offset)  # type: ignore[attr-defined]
    input.data = taken
    return input


def type_of_storage(input: Tensor) -> TensorType:
    """The tensor type (`FloatTensor`, ...) of the memory."""
    return TENSOR_TYPES[input.dtype]


def retains_grad(input: Tensor) -> bool:
    """Was `retain_grad` called on this result?"""
    if input.is_leaf:
        return False
    owner, index = (input.node.owner, input.node.index) if type(input.node) is Port else (
        input.node, 0)
    hooks = (owner.hooks or {}).get(index, ())
    return any(getattr(hook, "keeps", None) is not None for hook in hooks)


def dense_places(input: Any) -> Any:
    """[ndim, n]: where elements are that are not 0."""
    return nonzero(input).t()


METHODS: dict[str, Any] = {
    **{name: _removed(name, instead) for name, instead in {
        "eig": "pentad.linalg.eig", "symeig": "pentad.linalg.eigh",
        "solve": "pentad.linalg.solve", "lstsq": "pentad.linalg.lstsq",
        "reinforce": "pentad.distributions",
    }.items()},
    **{name: _only_sparse(name) for name in (
        "col_indices", "row_indices", "crow_indices", "ccol_indices", "to_padded_tensor",
        "resize_as_sparse_",
    )},
    "new": new, "resize": resize, "resize_as": lambda input, other: resize(input, other.shape),
    "resize_as_": resize_as_, "as_subclass": as_subclass, "module_load": module_load,
    "dim_order": dim_order, "set_": set_, "storage_type": type_of_storage,
    "slice_inverse": older.slice_inverse, "nonzero_static": older.nonzero_static,
    "register_post_accumulate_grad_hook": gradients.register_post_hook,
    "dense_dim": lambda input: input.ndim, "sparse_dim": lambda input: 0,
    "sspaddmm": lambda x, a, b: x.addmm(a, b),
    "to_dense": lambda input, dtype=None, **kw: input if dtype is None else input.to(dtype),
    # There is one layout: what PyTorch would keep as places and values is the tensor itself.
    "to_sparse": lambda input, *args, **kwargs: input,
    "to_sparse_coo": lambda input: input, "coalesce": lambda input: input,
    "is_coalesced": lambda input: True, "indices": dense_places,
    "values": lambda input: input[input != 0],
}
PROPERTIES: dict[str, Any] = {
    "name": property(lambda input: None, doc="None: tensors have no names."),
    "volatile": property(lambda input: False, doc="False: no_grad() has taken its place."),
    "output_nr": property(
        lambda input: input.node.index if type(input.node) is Port else 0,
        doc="Which result of its operation it is."),
    "retains_grad": property(retains_grad),
    "grad_dtype": property(lambda input: input.dtype, doc="The dtype that `.grad` has."),
}
