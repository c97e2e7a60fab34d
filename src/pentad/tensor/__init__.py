"""What the user holds: Tensor and its methods by family, autograd, tracing, compile, random.

`pentad.tensor` is also the function that makes a tensor of data. Importing a submodule binds the
name to this package, whose module object can therefore be called like the function.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallableModule(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from pentad.tensor.creation import tensor

        return tensor(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableModule
