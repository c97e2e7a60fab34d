"""Array: the array object of the standard, a thin object around a Tensor.

Its operators and methods are the functions of this namespace; `operators.py` installs them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.tensor import Tensor

importlib.import_module("pentad.tensor.methods")  # gives Tensor its methods

CPU = "cpu"


class Array:
    """An n-dimensional array of the Python Array API standard; see `asarray` to make one.

    It holds a Tensor and shares its memory: `asarray(tensor)` makes one of a Tensor, `x.tensor`
    gives the Tensor back, neither copies.
    """

    __slots__ = ("__weakref__", "tensor")

    tensor: Tensor

    __array_ufunc__ = None  # so that NumPy's operators ask ours
    __hash__ = None  # type: ignore[assignment]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """TypeError: arrays are made by functions."""
        raise TypeError("an Array is made by asarray(...) and its like, not by its class")

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self.tensor.meta.shape

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self.tensor.meta.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.tensor.meta.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.tensor.meta.numel  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """Where the memory is: always "cpu"."""
        return CPU

    @property
    def T(self) -> Array:
        """The transpose of a matrix; ShapeError unless there are two axes."""
        return self._transposed("T", self.ndim == 2)

    @property
    def mT(self) -> Array:
        """The last two axes exchanged; ShapeError with fewer than two axes."""
        return self._transposed("mT", self.ndim >= 2)

    _transposed: Callable[..., Array]

    def to_device(self, device: Any, /, *, stream: Any = None) -> Array:
        """The array itself: there is one device."""
        check_device("to_device", device)
        if stream is not None:
            raise ArgumentError(
                message("to_device: a stream", expected="None on the CPU", got=repr(stream))
            )
        return self

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        """The module pentad.array_api; ArgumentError for a version that it does not follow."""
        from pentad import array_api

        if api_version not in (None, *VERSIONS):
            raise ArgumentError(
                message("no such version of the Array API", expected=" or ".join(VERSIONS),
                        got=repr(api_version))
            )
        return array_api


VERSION = "2024.12"
VERSIONS = ("2021.12", "2022.12", "2023.12", VERSION)
_new = object.__new__


def wrap(tensor: Tensor) -> Array:
    """An Array on the memory of a Tensor."""
    x = _new(Array)
    x.tensor = tensor
    return x


def check_device(name: str, device: Any) -> None:
    """ArgumentError unless `device` is None or "cpu"."""
    if device is not None and device != CPU:
        raise ArgumentError(
            message(f"{name}: no such device", expected='"cpu"', got=repr(device),
                    hint="this build computes on the CPU")
        )
