"""What native code takes for granted of the interpreter: how our objects lie in memory."""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from collections.abc import Mapping

from pentad.runtime import call_ir
from pentad.runtime import eager_ir as ir
from pentad.runtime.memory import Storage
from pentad.tensor.nodes import GradNode
from pentad.tensor.state import known_modes
from pentad.tensor.tensor import Alias, Notes, Tensor, empty_tensor

CLASSES: dict[str, type] = {
    "Tensor": Tensor, "Storage": Storage, "GradNode": GradNode, "Alias": Alias, "Notes": Notes,
}


def unavailable() -> str | None:
    """Why there is no native short way here; None if there is."""
    if sys.implementation.name != "cpython":
        return f"the interpreter is {sys.implementation.name}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "the interpreter has no global lock"
    if ctypes.sizeof(ctypes.c_void_p) != 8:
        return "pointers do not have 64 bits"
    missing = [n for n in (*ir.PYTHON_API, *call_ir.PYTHON_API) if not hasattr(ctypes.pythonapi, n)]
    if missing:
        return f"the interpreter lacks {missing[0]}"
    for value in (None, 0, 0.5, known_modes, empty_tensor):
        if _word(id(value) + ir.TYPE_OFFSET) != id(type(value)):
            return "objects are laid out in another way"
    if _offsets(CLASSES) is None:
        return "slots of objects are laid out in another way"
    return None


def _word(address: int) -> int:
    return ctypes.c_size_t.from_address(address).value


def _offsets(classes: Mapping[str, type]) -> dict[str, int] | None:
    """Where the slots of classes of ours are, found by looking for what was put there."""
    found: dict[str, int] = {}
    for name, kind in classes.items():
        probe = object.__new__(kind)
        slots = [s for c in kind.__mro__ for s in vars(c).get("__slots__", ())]
        marks = {s: object() for s in slots if not s.startswith("__")}
        for slot, mark in marks.items():
            setattr(probe, slot, mark)
        words = {_word(id(probe) + at): at for at in range(0, kind.__basicsize__, 8)}
        if kind is Storage:
            probe._free = None  # type: ignore[attr-defined]
        for slot, mark in marks.items():
            if id(mark) not in words:
                return None
            found[f"{name}.{slot}"] = words[id(mark)]
    return found


def slot_offsets(classes: Mapping[str, type]) -> dict[str, int]:
    """Where the slots of classes are, as "Tensor.meta"; `unavailable` has said that it is known."""
    found = _offsets(classes)
    assert found is not None
    return found
