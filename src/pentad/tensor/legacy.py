"""Making tensors by PyTorch's old names: Tensor(...), FloatTensor(...) and their like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.naming import naming
from pentad.tensor.functions.creation import empty, tensor
from pentad.tensor.tensor import Tensor


def legacy_tensor(
    args: Sequence[Any], kwargs: dict[str, Any], dtype: DType = dtypes.float32
) -> Tensor:
    """What `Tensor(...)` and `FloatTensor(...)` make: of sizes, uninitialised; of data, filled."""
    if kwargs:
        raise TypeError(f"unexpected arguments: {', '.join(kwargs)}")
    if len(args) == 1 and not hasattr(args[0], "__index__"):
        return tensor(args[0], dtype=dtype)  # type: ignore[no-any-return]
    if len(args) == 1 and isinstance(args[0], (Tensor, np.ndarray)):
        return tensor(args[0], dtype=dtype)  # type: ignore[no-any-return]
    return empty(*args, dtype=dtype) if args else empty(0, dtype=dtype)  # type: ignore[no-any-return]


class TensorType:
    """`FloatTensor` and its like: makes tensors of one dtype, and names it in `x.type(...)`."""

    def __init__(self, name: str, dtype: DType) -> None:
        self.__name__ = self.__qualname__ = name
        self.dtype = dtype

    def __call__(self, *args: Any) -> Any:
        return legacy_tensor(args, {}, self.dtype)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, Tensor) and value.dtype is self.dtype

    def __repr__(self) -> str:
        return f"{naming.package}.{self.__name__}"


FloatTensor = TensorType("FloatTensor", dtypes.float32)
DoubleTensor = TensorType("DoubleTensor", dtypes.float64)
HalfTensor = TensorType("HalfTensor", dtypes.float16)
BFloat16Tensor = TensorType("BFloat16Tensor", dtypes.bfloat16)
LongTensor = TensorType("LongTensor", dtypes.int64)
IntTensor = TensorType("IntTensor", dtypes.int32)
ShortTensor = TensorType("ShortTensor", dtypes.int16)
CharTensor = TensorType("CharTensor", dtypes.int8)
ByteTensor = TensorType("ByteTensor", dtypes.uint8)
BoolTensor = TensorType("BoolTensor", dtypes.bool_)
TENSOR_TYPES = {
    t.dtype: t
    for t in (
        FloatTensor, DoubleTensor, HalfTensor, BFloat16Tensor, LongTensor,
        IntTensor, ShortTensor, CharTensor, ByteTensor, BoolTensor,
    )
}
