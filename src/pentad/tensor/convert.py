"""From tensors to other things: dtypes, NumPy, Python numbers."""

from __future__ import annotations

import ctypes
import warnings
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, AutogradError, CaptureError, DTypeError, message
from pentad.tensor.functions.creation import check_dtype
from pentad.tensor.functions.pointwise import cast, clone
from pentad.tensor.legacy import TENSOR_TYPES, TensorType
from pentad.tensor.memory_format import checked, contiguous_format, preserve_format
from pentad.tensor.meta import contiguous_meta
from pentad.tensor.run import leaked
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, empty_tensor, numpy_view, retyped

# What reads one element in memory quickly; NumPy reads the rest.
_SCALARS: dict[DType, Any] = {
    dtypes.float32: ctypes.c_float, dtypes.float64: ctypes.c_double, dtypes.bool_: ctypes.c_bool,
    dtypes.int8: ctypes.c_int8, dtypes.int16: ctypes.c_int16, dtypes.int32: ctypes.c_int32,
    dtypes.int64: ctypes.c_int64, dtypes.uint8: ctypes.c_uint8, dtypes.uint16: ctypes.c_uint16,
    dtypes.uint32: ctypes.c_uint32, dtypes.uint64: ctypes.c_uint64,
}


def to(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """The tensor in another dtype (`to(pentad.float64)`), or in that of another tensor.

    A device may be named as well; there is only "cpu". The tensor itself if nothing changes.
    """
    dtype, copy = kwargs.get("dtype"), kwargs.get("copy", False)
    devices = [kwargs["device"]] if kwargs.get("device") is not None else []
    for value in args:
        if isinstance(value, Tensor):
            dtype = value.dtype
        elif isinstance(value, str) or (hasattr(value, "type") and not isinstance(value, DType)):
            devices.append(value)
        elif isinstance(value, bool):
            continue  # non_blocking
        elif value is not None:
            dtype = check_dtype(value)
    for device in devices:
        if str(device).partition(":")[0] != "cpu":
            raise ArgumentError(
                message("to: no such device", expected='"cpu"', got=repr(device),
                        hint="this build computes on the CPU")
            )
    if dtype is None or dtype is input.meta.dtype:
        return clone(input) if copy else input
    wanted = check_dtype(dtype)
    if input.meta.dtype.is_complex and not (wanted.is_complex or wanted is dtypes.bool_):
        text = "the imaginary parts are discarded; take x.real to say that it is meant"
        warnings.warn(text, UserWarning, stacklevel=2)
    return cast(input, wanted)


def type_(input: Tensor, dtype: Any = None) -> Any:
    """The tensor's type as text, or the tensor converted (`x.type(pentad.FloatTensor)`)."""
    if dtype is None:
        known = TENSOR_TYPES.get(input.dtype)
        return repr(known or input.dtype)
    if isinstance(dtype, str):
        name = dtype.rpartition(".")[2]
        for known in TENSOR_TYPES.values():
            if known.__name__ == name:
                return to(input, known.dtype)
        return to(input, dtypes.by_name(name))
    return to(input, dtype.dtype if isinstance(dtype, TensorType) else check_dtype(dtype))


def type_as(input: Tensor, other: Tensor) -> Any:
    """The tensor in the dtype of another."""
    return to(input, other.dtype)


def arranged(input: Any, memory_format: Any) -> Any:
    """The same values, their dimensions in memory in the order of a format.

    ArgumentError for what is no format, or one for another number of dimensions.
    """
    wanted = checked(memory_format).channels_last_of
    if memory_format is preserve_format:
        return input
    if memory_format is contiguous_format:
        return input.contiguous()
    if wanted != input.ndim:
        raise ArgumentError(
            message("a memory format that does not fit", got=f"{memory_format} for {input.ndim}",
                    expected=f"one for {wanted} dimensions")
        )
    return input.movedim(1, -1).contiguous().movedim(-1, 1)


def conversion(dtype: DType) -> Any:
    """The method that converts to one dtype (`x.float()`)."""

    def method(input: Tensor, *, memory_format: Any = None) -> Any:
        made = to(input, dtype)
        return made if memory_format is None else arranged(made, memory_format)

    method.__name__ = method.__qualname__ = dtype.name
    method.__doc__ = f"The tensor as {dtype.name}."
    return method


def device_method(name: str) -> Any:
    """`x.cpu()` and its like: there is one device."""

    def method(input: Tensor) -> Any:
        return input

    method.__name__ = method.__qualname__ = name
    method.__doc__ = "The tensor itself: there is one device."
    return method


# -- values ----------------------------------------------------------------------------------------


def require_values(what: str, t: Tensor) -> None:
    """CaptureError if the tensor is a traced one, whose values are not known."""
    trace = state.trace
    if trace is not None:
        trace.require_values(what, t)
    elif t.meta.traced is not None:
        raise leaked([t])


def values_of(t: Tensor, what: str = "the values") -> np.ndarray:
    """The values as NumPy knows them (bfloat16 as float32); may share memory."""
    require_values(what, t)
    return dtypes.from_memory(numpy_view(t), t.meta.dtype)


def numpy(input: Tensor, *, force: bool = False) -> np.ndarray:
    """A NumPy array on the same memory.

    AutogradError for a tensor that requires a gradient, DTypeError for bfloat16, unless `force`,
    which detaches and converts.
    """
    if force:
        return values_of(input, "numpy()")
    if input.node is not None:
        raise AutogradError(
            message(
                "numpy() of a tensor that requires a gradient",
                expected="a tensor without history",
                got=repr(input.meta.type),
                hint="use x.detach().numpy()",
            )
        )
    if input.dtype is dtypes.bfloat16:
        raise DTypeError(
            message("numpy() of bfloat16", expected="a dtype that NumPy has", got="bfloat16",
                    hint="use x.float().numpy()")
        )
    require_values("numpy()", input)
    return numpy_view(input)


def array(input: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    """`numpy.asarray(x)`."""
    values = numpy(input)
    if dtype is not None and np.dtype(dtype) != values.dtype:
        return values.astype(dtype)
    return values.copy() if copy else values


def item(input: Tensor) -> Any:
    """The value of a tensor of one element, as a Python number."""
    if input.meta.traced is not None:
        require_values("item()", input)
    if input.meta.numel != 1:
        raise ArgumentError(
            message(
                "item() of a tensor with several elements",
                expected="one element",
                got=f"shape {list(input.shape)}",
                hint="index it first, or use tolist()",
            )
        )
    scalar = _SCALARS.get(input.meta.dtype)
    if scalar is None or input.ptr is None:
        return values_of(input, "item()").item()
    return scalar.from_address(input.ptr).value


def tolist(input: Tensor) -> Any:
    """The values as nested lists of Python numbers."""
    return values_of(input, "tolist()").tolist()


def truth(input: Tensor) -> bool:
    """`bool(x)` of one element; ArgumentError for several."""
    if input.meta.traced is not None:
        require_values("a branch", input)
    if input.meta.numel != 1:
        raise ArgumentError(
            message(
                "the truth of a tensor with several elements is not defined",
                expected="one element",
                got=f"shape {list(input.shape)}",
                hint="use x.any() or x.all()",
            )
        )
    return bool(values_of(input, "a branch").item())


def as_int(input: Tensor) -> int:
    """`int(x)`."""
    return int(item(input))


def as_float(input: Tensor) -> float:
    """`float(x)`."""
    return float(item(input))


def as_complex(input: Tensor) -> complex:
    """`complex(x)`."""
    return complex(item(input))


def as_index(input: Tensor) -> int:
    """An integer 0-d tensor where Python wants an integer."""
    if not (input.dtype.is_integer or input.dtype is dtypes.bool_):
        raise TypeError("only integer tensors of one element can be an index")
    return int(item(input))


def deepcopy(input: Tensor, memo: dict[int, Any]) -> Any:
    """`copy.deepcopy(x)` of a leaf: its own memory, the same requires_grad."""
    if id(input) in memo:
        return memo[id(input)]
    if not input.is_leaf:
        raise AutogradError(
            message("deepcopy of a result", expected="a leaf", got=repr(input.grad_fn),
                    hint="use x.detach().clone()")
        )
    if state.trace is not None:
        raise CaptureError(message("deepcopy while tracing", hint="use x.clone()"))
    copied = retyped(clone(input.detach()), type(input))  # type: ignore[attr-defined]
    if hasattr(input, "__dict__"):
        from copy import deepcopy as copy_deeply

        copied.__dict__.update(copy_deeply(input.__dict__, memo))
    memo[id(input)] = copied
    if input.requires_grad:
        copied.requires_grad_()
    return copied


def copy(input: Tensor) -> Any:
    """`copy.copy(x)`: a leaf on the same memory, as in PyTorch."""
    if state.trace is not None:
        raise CaptureError(message("copy.copy while tracing", hint="use x.clone() or x.detach()"))
    copied = retyped(input.detach(), type(input))  # type: ignore[attr-defined]
    if hasattr(input, "__dict__"):
        copied.__dict__.update(input.__dict__)
    if input.requires_grad:
        copied.requires_grad_()
    return copied


def reduce_ex(input: Tensor, protocol: Any) -> tuple[Any, ...]:
    """How a tensor is pickled: as a leaf, by its dtype, its shape and its values as bytes."""
    require_values("pickling a tensor", input)
    content = numpy_view(input).tobytes()
    made = (type(input), input.dtype.name, input.shape, content, input.requires_grad)
    return rebuilt, made, getattr(input, "__dict__", None) or None


def rebuilt(
    cls: type[Tensor], dtype: str, shape: tuple[int, ...], content: bytes, requires_grad: bool
) -> Any:
    """The tensor that `reduce_ex` took apart; ArgumentError if the parts do not fit."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise ArgumentError(message("a pickled tensor", expected="a class of tensors",
                                    got=repr(cls)))
    meta = contiguous_meta(shape, dtypes.by_name(dtype))
    if len(content) != meta.nbytes:
        raise ArgumentError(
            message("a pickled tensor", expected=f"{meta.nbytes} bytes", got=str(len(content)))
        )
    made = empty_tensor(meta)
    numpy_view(made)[...] = np.frombuffer(content, meta.dtype.memory).reshape(meta.shape)
    return retyped(made, cls).requires_grad_(requires_grad)
