"""Tensor: storage, meta, autograd node. Its methods come from the modules of their families."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from weakref import ref

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import AutogradError, message
from pentad.graph.naming import naming
from pentad.runtime.memory import Storage, allocate, as_numpy, lend
from pentad.tensor.devices import CPU
from pentad.tensor.memory_format import checked
from pentad.tensor.meta import Meta
from pentad.tensor.meta import is_contiguous as in_order
from pentad.tensor.state import state

_new = object.__new__


class Alias:
    """How a view comes from the tensor that its storage was made for.

    root: that tensor's meta; steps: the (view function, arguments) from there; base: the tensor
    whose autograd history this view shares, which is `depth` steps from the root.
    """

    __slots__ = ("base", "depth", "root", "steps")

    def __init__(self, base: Tensor | None, root: Meta, steps: tuple[Any, ...], depth: int) -> None:
        self.base = base
        self.root = root
        self.steps = steps
        self.depth = depth


class Notes:
    """What tensors keep on their storage: the line of the last write, the views to refresh."""

    __slots__ = ("views", "written_at")

    def __init__(self) -> None:
        self.views: list[ref[Tensor]] = []
        self.written_at: str | None = None


class Leaf:
    """The end of the autograd graph at a tensor made by the user: gradients accumulate there."""

    __slots__ = ("__weakref__", "after", "hooks", "tensor")

    parents: tuple[Any, ...] = ()

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = ref(tensor)
        self.hooks: dict[int, list[Any]] | None = None
        self.after: list[Any] | None = None

    def __repr__(self) -> str:
        return "<AccumulateGrad>"


class ConsumedGrad:
    """Stands in `.grad` for a gradient that a compiled function used up."""

    __slots__ = ("function",)

    def __init__(self, function: str) -> None:
        self.function = function

    def explain(self) -> str:
        """The text of the error that reading it raises."""
        return message(
            f"the gradient was consumed inside the compiled function {self.function}",
            expected="a gradient that the function left behind",
            got="one that lived inside its native call only",
            hint="compile with keep_grads=True, or zero the gradients before accumulating",
        )


class Tensor:
    """An n-dimensional array of one dtype; see `pentad.tensor(...)` to make one.

    storage: the memory, shared with views; ptr: the address of the first element; meta: shape,
    strides, dtype; node: where gradients flow on (None: no gradient is required).
    """

    __slots__ = ("__weakref__", "_grad", "alias", "meta", "node", "ptr", "storage")

    storage: Storage
    ptr: int
    meta: Meta
    node: Any
    alias: Alias | None
    _grad: Any

    __array_priority__ = 1000

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """`Tensor(2, 3)`: uninitialised float32 of that shape; `Tensor(data)`: float32 of data."""
        from pentad.tensor.legacy import legacy_tensor

        return retyped(legacy_tensor(args, kwargs), cls)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes of the dimensions."""
        return self.meta.shape

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self.meta.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.meta.ndim

    @property
    def device(self) -> Any:
        """Where the memory is: always device("cpu"), which is the text "cpu", too."""
        return CPU

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.meta.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.meta.nbytes

    @property
    def _version(self) -> int:
        return self.storage.version

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        if dim is None:
            return self.shape
        from pentad.tensor.promotion import normalize_dim

        return self.meta.shape[normalize_dim("size", dim, self.meta.ndim)]

    def stride(self, dim: int | None = None) -> Any:
        """The steps between neighbours, in elements."""
        return self.meta.strides if dim is None else self.meta.strides[dim]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.meta.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self.meta.numel

    nelement = numel

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.meta.dtype.itemsize

    def storage_offset(self) -> int:
        """Elements between the start of the storage and the first element."""
        return (self.ptr - self.storage.ptr) // self.meta.dtype.itemsize

    def data_ptr(self) -> int:
        """The address of the first element."""
        lend(self.storage, Tensor)  # whoever has it may write there, for ever
        return self.ptr

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Do the elements lie in row-major order without gaps? Or in that of a memory format?"""
        wanted = None if memory_format is None else checked(memory_format).channels_last_of
        if wanted is None:
            return self.meta.contiguous
        sizes, strides = self.meta.shape, self.meta.strides
        if len(sizes) != wanted:
            return False
        last = (0, *range(2, len(sizes)), 1)
        return in_order([sizes[i] for i in last], [strides[i] for i in last])

    def is_floating_point(self) -> bool:
        """Is the element type a float type?"""
        return self.meta.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Is the element type a complex type?"""
        return self.meta.dtype.is_complex

    def __len__(self) -> int:
        if self.meta.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return int(self.meta.shape[0])

    def __hash__(self) -> int:
        return id(self)

    # -- autograd ------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Do gradients flow to (or through) this tensor?"""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for the gradient of this leaf, or stop asking.

        AutogradError for dtypes that have no gradient and for results of recorded operations.
        """
        if requires_grad and not self.meta.dtype.is_inexact:
            raise AutogradError(
                message(
                    "only floating-point and complex tensors can require a gradient",
                    expected=", ".join(d.name for d in dtypes.INEXACT),
                    got=self.meta.dtype.name,
                    hint="convert it first: x.to(pentad.float32).requires_grad_()",
                )
            )
        if state.trace is not None:
            state.trace.touch(self)
        if requires_grad:
            if self.node is None:
                self.node = Leaf(self)
        elif self.is_leaf:
            self.node = None
        else:
            raise AutogradError(
                message(
                    "requires_grad can only be switched off for leaf tensors",
                    expected="a tensor that no recorded operation made",
                    got=f"the result of {self.node!r}",
                    hint="use x.detach() for a tensor without history",
                )
            )
        return self

    @property
    def is_leaf(self) -> bool:
        """Was it made by the user, not by a recorded operation?"""
        return self.node is None or type(self.node) is Leaf

    @property
    def grad_fn(self) -> Any:
        """The autograd node that made it; None for leaves."""
        return None if self.is_leaf else self.node

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` accumulated, or None."""
        if state.trace is not None:
            return state.trace.read_grad(self)
        found = self._grad
        if found is None or isinstance(found, Tensor):
            return found
        raise AutogradError(found.explain())

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            self._check_grad(value)
        if state.trace is not None:
            state.trace.set_grad(self, value)
        else:
            self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    def _check_grad(self, value: Tensor) -> None:
        fits = isinstance(value, Tensor) and value is not self
        if not fits or value.shape != self.shape or value.dtype is not self.dtype:
            raise AutogradError(
                message(
                    "the assigned .grad does not fit the tensor",
                    expected=f"another tensor of type {self.meta.type}",
                    got=str(value.meta.type) if isinstance(value, Tensor) else repr(value),
                )
            )

    @property
    def data(self) -> Tensor:
        """The same memory without autograd history; writes to it are not recorded."""
        return self.detach()  # type: ignore[attr-defined, no-any-return]

    @data.setter
    def data(self, value: Tensor) -> None:
        if state.trace is not None:
            state.trace.replace_data(self, value)
            return
        self.storage, self.ptr = value.storage, value.ptr
        self.meta, self.alias = value.meta, value.alias

    @property
    def is_view(self) -> bool:
        """Does it share its memory with the tensor that it was taken from?"""
        return self.alias is not None

    @property
    def _base(self) -> Tensor | None:
        return None if self.alias is None else self.alias.base


_TUPLES = vars(Tensor)["shape"]
_SIZES = property(lambda self: self.meta.size, doc="The sizes of the dimensions, as a Size.")


def present_as(package: str, sizes: bool) -> None:
    """Name dtypes and their like after another package in texts; sizes: let shapes be Sizes."""
    naming.package = package
    Tensor.shape = _SIZES if sizes else _TUPLES  # type: ignore[method-assign]


def wrap(
    storage: Storage, meta: Meta, ptr: int | None = None, alias: Alias | None = None
) -> Tensor:
    """A Tensor on memory that is already there."""
    t = _new(Tensor)
    t.storage = storage
    t.ptr = storage.ptr if ptr is None else ptr
    t.meta = meta
    t.alias = alias
    t.node = t._grad = None
    return t


def empty_tensor(meta: Meta) -> Tensor:
    """A Tensor on fresh, uninitialised memory."""
    return wrap(allocate(meta.nbytes), meta)


def numpy_view(t: Tensor) -> np.ndarray:
    """The tensor's memory as a NumPy array (bfloat16 as uint16)."""
    meta = t.meta
    offset = (t.ptr - t.storage.ptr) // meta.dtype.itemsize
    return as_numpy(t.storage, offset, meta.shape, meta.strides, meta.dtype)


def same_value(t: Tensor, node: Any) -> Tensor:
    """Another Tensor object on the same memory, with `node` as its history."""
    other = _new(Tensor)
    other.storage = t.storage
    other.ptr = t.ptr
    other.meta = t.meta
    other.alias = t.alias
    other.node = node
    other._grad = None
    return other


def retyped(t: Tensor, cls: type[Any]) -> Any:
    """The tensor as an object of a subclass (a Parameter), on the same memory, as a leaf."""
    if cls is Tensor:
        return t
    made = _new(cls)
    made.storage, made.ptr, made.meta, made.alias = t.storage, t.ptr, t.meta, t.alias
    made.node = made._grad = None
    return made


def notes_of(storage: Any) -> Notes:
    """The notes of a storage, made on first use."""
    if storage.notes is None:
        storage.notes = Notes()
    return storage.notes  # type: ignore[no-any-return]


def add_methods(table: dict[str, Callable[..., Any]], names: Iterable[str] = ()) -> None:
    """Install functions as methods of Tensor: a family module calls this once."""
    for name, function in table.items():
        setattr(Tensor, name, function)
    for name in names:
        setattr(Tensor, name, table[name])
