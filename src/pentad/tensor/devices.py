"""Devices and sizes by PyTorch's names. There is one device, "cpu"; others can be named, as in
PyTorch where they are not built in, and whoever asks for memory there is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import index
from typing import Any, NoReturn

from pentad.graph.errors import ArgumentError, DTypeError, ResourceError, message
from pentad.graph.naming import naming

KNOWN = ("cpu", "cuda", "ipu", "maia", "meta", "mkldnn", "mps", "mtia", "xla", "xpu", "hpu",
         "vulkan", "privateuseone")


class device(str):
    """Where memory is: `device("cpu")`, `device("cuda", 1)`; a text, too, such as "cuda:1".

    type: the part before the colon; index: the number after it, or None. As a context manager it
    says where tensors are made. ArgumentError for a kind that PyTorch does not know.
    """

    type: str
    index: int | None  # type: ignore[assignment]

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> device:
        if isinstance(type, int) and not isinstance(type, bool):
            type, index = "cuda", type
        kind, _, number = str(type).partition(":")
        if kind not in KNOWN or not (number.isdigit() or number == ""):
            raise ArgumentError(
                message("not a device", expected=", ".join(KNOWN) + "; with or without :NUMBER",
                        got=repr(type))
            )
        if number and index is not None:
            raise ArgumentError(
                message("device: the index is given twice", expected=f"device({kind!r}, {index})",
                        got=f"device({str(type)!r}, {index})")
            )
        at = int(number) if number else index
        made = str.__new__(cls, kind if at is None else f"{kind}:{at}")
        made.type, made.index = kind, at
        return made

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (str(self),)

    def __enter__(self) -> device:
        require_device("with device", self)
        return self

    def __exit__(self, *error: object) -> None:
        return None


CPU = device()


class Size(tuple[Any, ...]):
    """The sizes of a tensor's dimensions: a tuple that knows its product.

    DTypeError, which is a TypeError, for what is no whole number.
    """

    __slots__ = ()

    def __new__(cls, sizes: Any = ()) -> Size:
        given = tuple(sizes)
        for i, n in enumerate(given):
            if not hasattr(n, "__index__"):
                raise DTypeError(message("Size() takes an iterable of 'int'", expected="integers",
                                         got=f"{type(n).__name__} as item {i}"))
        return sized(tuple([n if hasattr(n, "terms") else index(n) for n in given]))

    def numel(self) -> Any:
        """The number of elements of a tensor of this size."""
        return math.prod(self)

    def __add__(self, other: Any) -> Any:
        return sized(tuple.__add__(self, other))

    def __radd__(self, other: Any) -> Any:
        return sized(other + tuple(self))

    def __mul__(self, times: Any) -> Any:
        return sized(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __getitem__(self, at: Any) -> Any:
        found = tuple.__getitem__(self, at)
        return sized(found) if type(at) is slice else found

    def __repr__(self) -> str:
        return f"{naming.package}.Size({list(self)})"


def sized(sizes: tuple[Any, ...]) -> Size:
    """A Size of sizes that are known to be whole numbers, symbolic ones among them."""
    return tuple.__new__(Size, sizes)


def require_device(name: str, where: Any) -> None:
    """ArgumentError unless the device is the CPU, or None."""
    if where is not None and str(where).partition(":")[0] != "cpu":
        raise ArgumentError(
            message(f"{name}: no such device", expected='"cpu"', got=repr(where),
                    hint="this build computes on the CPU; ask torch.cuda.is_available() first")
        )


def _elsewhere(name: str) -> Callable[..., NoReturn]:
    """`x.cuda()` and its like."""

    def method(input: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise ResourceError(
            message(f"x.{name}(): there is no such device", expected="tensors on the CPU",
                    got=name, hint=f"leave .{name}() out, or ask whether the device is there first")
        )

    method.__name__ = method.__qualname__ = name
    method.__doc__ = "Refused: this build computes on the CPU."
    return method


OTHERS = ("cuda", "ipu", "mtia", "xpu")
METHODS: dict[str, Any] = {name: _elsewhere(name) for name in OTHERS}
METHODS.update(
    pin_memory=lambda input, device=None: input, share_memory_=lambda input: input,
    record_stream=lambda input, stream: None,
)
_ABSENT = """
is_cuda is_ipu is_maia is_meta is_mkldnn is_mps is_mtia is_nested is_quantized is_sparse
is_sparse_csr is_vulkan is_xla is_xpu
"""
PROPERTIES: dict[str, Any] = {
    name: property(lambda input: False, doc="Always False.") for name in _ABSENT.split()
}
PROPERTIES["layout"] = property(lambda input: "strided", doc="Always strided: there are strides.")
PROPERTIES["is_cpu"] = property(lambda input: True, doc="Always True.")
