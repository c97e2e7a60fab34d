"""What the user holds: Tensor and its methods by family, autograd, tracing, compile, random.

`pentad.tensor` is also the function that makes a tensor of data. Importing a submodule binds the
name to this package, whose module object can therefore be called like the function.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _CallableModule(ModuleType):
    _make: Callable[..., Any] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A tensor with a copy of the data; see pentad.tensor.functions.creation.tensor."""
        if self._make is None:
            importlib.import_module("pentad.tensor.methods")
            self._make = importlib.import_module("pentad.tensor.functions.creation").tensor
        return self._make(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableModule
