"""Writing PyTorch's files: the pickle of data, step by step."""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from pentad.formats import limits
from pentad.formats.torch.arrays import CODE
from pentad.formats.torch.instances import Classes
from pentad.formats.torch.objects import STORAGE_NAMES
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, message
from pentad.nn.parameter import Parameter
from pentad.runtime.memory import Storage
from pentad.tensor.convert import require_values
from pentad.tensor.functions.pointwise import clone
from pentad.tensor.tensor import Tensor

_TYPED = {dtype: name for name, dtype in STORAGE_NAMES.items()}


class _Kept(NamedTuple):
    """A storage that is written: its key, the element type of all tensors on it."""

    key: str
    storage: Storage
    dtype: DType


class _Extent:
    """Of a container: the containers within each other in it, the items that are reached in it."""

    __slots__ = ("depth", "items")

    def __init__(self, items: int) -> None:
        self.depth, self.items = 1, items


class Pickler:
    """Makes the pickle of one object; `storages` are those that it refers to."""

    def __init__(self, classes: Classes | None = None) -> None:
        self.classes = classes
        self.out = bytearray(b"\x80\x02")
        self.memo: dict[Any, int] = {}
        self.alive: list[Any] = []  # what the memo knows by its address
        self.storages: dict[int, _Kept] = {}
        self.steps = 0
        self.within: dict[int, _Extent] = {}  # the containers that are being written
        self.extents: dict[int, _Extent] = {}  # those that were

    def dumped(self, obj: Any) -> bytearray:
        """The pickle; ArgumentError for what is no data, or what `load` would refuse."""
        self.put(obj, ())
        self.step(b".")
        for count, most, what in ((self.steps, limits.PICKLE_STEPS, "steps"),
                                  (len(self.memo), limits.PICKLE_MEMO, "objects"),
                                  (len(self.out), limits.PICKLE_BYTES, "bytes beside tensors")):
            if count > most:
                raise _no_data((), f"{count} {what}", f"at most {most} {what}",
                               "save many numbers as one tensor")
        return self.out

    def step(self, data: bytes) -> None:
        """One step of the pickle."""
        self.out += data
        self.steps += 1

    def put(self, obj: Any, path: tuple[Any, ...]) -> None:
        """Append the steps that make an object, which lies at a path of keys."""
        if isinstance(obj, np.generic):
            obj = obj.item()
        if obj is None or obj is True or obj is False:
            self.step({None: b"N", True: b"\x88", False: b"\x89"}[obj])
            return
        for kinds, write in _WRITERS:
            if isinstance(obj, kinds):
                write(self, obj, path)
                return
        name = None if self.classes is None else self.classes.name_of(obj)
        if name is None:
            raise _no_data(path, f"{type(obj).__module__}.{type(obj).__qualname__}")
        if callable(obj) and hasattr(obj, "__name__"):
            self.name(*name)
        else:
            self.instance(name, obj, path)

    def instance(self, name: tuple[str, str], obj: Any, path: tuple[Any, ...]) -> None:
        """An instance of a class: its name, then its attributes."""
        if self.known(id(obj)):
            return
        assert self.classes is not None
        self.name(*name)
        self.out += b")\x81"
        self.alive.append(obj)
        self.remember(id(obj))
        state = self.classes.attributes(obj)
        self.alive.append(state)
        self.put(state, path)
        self.out += b"b"

    # -- the memo ----------------------------------------------------------------------------------

    def known(self, key: Any) -> bool:
        """Push what was made before, if it was."""
        index = self.memo.get(key)
        if index is None:
            return False
        self.step(struct.pack("<BB", 0x68, index) if index < 256 else struct.pack(
            "<BI", 0x6A, index))
        return True

    def remember(self, key: Any) -> None:
        """Let what was just made be found again."""
        index = self.memo[key] = len(self.memo)
        self.step(struct.pack("<BB", 0x71, index) if index < 256 else struct.pack(
            "<BI", 0x72, index))

    def once(self, obj: Any, make: Callable[[], None]) -> None:
        """Make an object, or push it if it was made before."""
        if not self.known(id(obj)):
            make()
            self.alive.append(obj)
            self.remember(id(obj))

    # -- numbers, texts, names ---------------------------------------------------------------------

    def integer(self, number: int, path: tuple[Any, ...]) -> None:
        """An integer in as few bytes as the format has."""
        for form, code, low, high in (("<BB", 0x4B, 0, 1 << 8), ("<BH", 0x4D, 0, 1 << 16),
                                      ("<Bi", 0x4A, -(1 << 31), 1 << 31)):
            if low <= number < high:
                self.step(struct.pack(form, code, number))
                return
        length = number.bit_length() // 8 + 1
        if length > 255:
            raise _no_data(path, f"an integer of {length} bytes", "at most 255 bytes")
        self.step(bytes([0x8A, length]) + number.to_bytes(length, "little", signed=True))

    def text(self, text: str, path: tuple[Any, ...] = ()) -> None:
        """A text, which is written once."""
        if not self.known(text):
            self.letters(text, path)
            self.remember(text)

    def letters(self, text: str, path: tuple[Any, ...]) -> None:
        """A text."""
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise _no_data(path, f"the text {text!r:.40}", "texts that UTF-8 has") from error
        if len(data) > limits.PICKLE_TEXT:
            raise _no_data(path, f"a text of {len(data)} bytes", f"{limits.PICKLE_TEXT} at most")
        self.step(struct.pack("<BI", 0x58, len(data)) + data)

    def name(self, module: str, name: str) -> None:
        """A class or function of PyTorch or Python."""
        if not self.known((module, name)):
            self.step(f"c{module}\n{name}\n".encode())
            self.remember((module, name))

    def applied(self, module: str, name: str, arguments: Iterable[Callable[[], None]]) -> None:
        """What a name makes of arguments, each of which appends itself."""
        self.name(module, name)
        self.step(b"(")
        for argument in arguments:
            argument()
        self.step(b"t")
        self.step(b"R")

    # -- containers --------------------------------------------------------------------------------

    def container(
        self, obj: Any, path: tuple[Any, ...], begin: Callable[[], None] | None,
        rest: Callable[[], None],
    ) -> None:
        """A container, or what stands for it where it was written before.

        begin: makes it empty, so that it is known before its items are; None for a tuple.
        """
        if id(obj) in self.within:
            raise _no_data(path, "a container within itself", "a tree of containers")
        if not self.known(id(obj)):
            extent = self.within[id(obj)] = _Extent(len(obj))
            if len(self.within) <= limits.PICKLE_DEPTH:  # else it is refused below
                self._write_container(obj, begin, rest)
            del self.within[id(obj)]
            self.extents[id(obj)] = extent
        extent = self.extents[id(obj)]
        if len(path) + extent.depth > limits.PICKLE_DEPTH:
            raise _no_data(path[:6], "containers too deep", f"{limits.PICKLE_DEPTH} levels at most")
        if extent.items > limits.PICKLE_ITEMS:
            raise _no_data(path, f"{extent.items} items, those of what is shared counted again",
                           f"at most {limits.PICKLE_ITEMS}")
        if self.within:
            outer = next(reversed(self.within.values()))
            outer.depth = max(outer.depth, extent.depth + 1)
            outer.items += extent.items

    def _write_container(
        self, obj: Any, begin: Callable[[], None] | None, rest: Callable[[], None]
    ) -> None:
        self.alive.append(obj)
        if begin is None:
            rest()
            self.remember(id(obj))
            return
        begin()
        self.remember(id(obj))
        rest()

    def sequence(self, items: Iterable[Any], path: tuple[Any, ...], end: bytes) -> None:
        """Items after a mark, then the step that takes them."""
        self.step(b"(")
        for i, item in enumerate(items):
            self.put(item, (*path, i))
        self.step(end)

    def key(self, key: Any, path: tuple[Any, ...]) -> None:
        """A key of a dict, or an element of a set: what `load` takes as one."""
        number = isinstance(key, int) and abs(key) < limits.PICKLE_KEY
        if not number and not isinstance(key, (str, bytes, float, type(None))):
            raise _no_data(path, f"the key {key!r:.60}",
                           "keys, and elements of sets, that are texts, or numbers below 2**60")
        self.put(key, path)

    def mapping(self, items: Mapping[Any, Any], path: tuple[Any, ...]) -> None:
        """A dict; an OrderedDict with the versions of modules that a state_dict carries."""
        ordered = isinstance(items, OrderedDict)

        def begin() -> None:
            if ordered:
                self.applied("collections", "OrderedDict", ())
            else:
                self.step(b"}")

        def rest() -> None:
            self.step(b"(")
            for key, value in items.items():
                self.key(key, path)
                self.put(value, (*path, key))
            self.step(b"u")
            versions = getattr(items, "_metadata", None)
            if ordered and versions is not None:
                self.put({"_metadata": versions}, (*path, "_metadata"))
                self.step(b"b")

        self.container(items, path, begin, rest)

    def items(self, items: list[Any], path: tuple[Any, ...]) -> None:
        """A list."""
        self.container(items, path, lambda: self.step(b"]"),
                       lambda: self.sequence(items, path, b"e"))

    def elements(self, elements: set[Any], path: tuple[Any, ...]) -> None:
        """The list of a set's elements."""
        self.step(b"]")
        self.step(b"(")
        for element in sorted(elements, key=repr):
            self.key(element, path)
        self.step(b"e")

    def encoded(self, data: bytes, path: tuple[Any, ...]) -> None:
        """Bytes, as Python 3 writes them for Python 2."""
        # Texts that are equal are not looked for: each byte here is one that the file has.
        self.applied("_codecs", "encode", [lambda: self.letters(data.decode("latin-1"), path),
                                           lambda: self.text("latin1")])

    def array(self, array: np.ndarray[Any, Any], path: tuple[Any, ...]) -> None:
        """A NumPy array of numbers, which weights_only=True refuses unless told otherwise."""
        if CODE.fullmatch(array.dtype.str[1:]) is None or isinstance(array, np.ma.MaskedArray):
            raise _no_data(path, f"a {type(array).__name__} of {array.dtype}",
                           "arrays of numbers")
        kind = array.dtype.str
        self.applied("numpy.core.multiarray", "_reconstruct", [
            lambda: self.name("numpy", "ndarray"), lambda: self.sequence((0,), path, b"t"),
            lambda: self.encoded(b"b", path)])
        self.step(b"(")
        self.step(b"K\x01")
        self.sequence(array.shape, path, b"t")
        self.applied("numpy", "dtype", [lambda: self.text(kind[1:]), lambda: self.put(False, path),
                                        lambda: self.put(True, path)])
        self.sequence((3, kind[0], None, None, None, -1, -1, 0), path, b"t")
        self.step(b"b")
        self.step(b"\x89")
        self.encoded(array.tobytes(), path)
        self.step(b"t")
        self.step(b"b")

    # -- tensors -----------------------------------------------------------------------------------

    def tensor(self, t: Tensor, path: tuple[Any, ...]) -> None:
        """A tensor as a view of its storage; a Parameter around one."""
        require_values("save", t)
        if isinstance(t, Parameter):
            plain = t.detach()  # type: ignore[attr-defined]
            self.applied("torch._utils", "_rebuild_parameter", [
                lambda: self.rebuilt(plain, path, False), lambda: self.put(t.requires_grad, path),
                self.hooks])
        else:
            self.rebuilt(t, path, t.requires_grad)

    def rebuilt(self, t: Tensor, path: tuple[Any, ...], requires_grad: bool) -> None:
        """The call that makes a tensor of its storage."""
        steps, start = t.stride(), t.ptr - t.storage.ptr
        repeats = t.nbytes > max(limits.EXPANDED_BYTES, limits.EXPANDED * t.storage.nbytes)
        if min(steps, default=0) < 0 or start % t.itemsize or repeats:
            t = clone(t.detach())  # type: ignore[attr-defined]
            self.alive.append(t)
            steps, start = t.stride(), 0
        typed = t.dtype in _TYPED
        arguments = [
            lambda: self.storage(t, path), lambda: self.integer(start // t.itemsize, path),
            lambda: self.sequence(t.shape, path, b"t"), lambda: self.sequence(steps, path, b"t"),
            lambda: self.put(requires_grad, path), self.hooks,
        ]
        if not typed:
            arguments.append(lambda: self.name("torch", t.dtype.name))
        version = "_rebuild_tensor_v2" if typed else "_rebuild_tensor_v3"
        self.applied("torch._utils", version, arguments)

    def hooks(self) -> None:
        """The place of hooks, which are never written."""
        self.applied("collections", "OrderedDict", ())

    def storage(self, t: Tensor, path: tuple[Any, ...]) -> None:
        """A reference to the storage of a tensor."""
        new = _Kept(str(len(self.storages)), t.storage, t.dtype)
        kept = self.storages.setdefault(id(t.storage), new)
        if kept.dtype is not t.dtype:
            raise _no_data(path, f"{t.dtype.name} on the memory of a {kept.dtype.name} tensor",
                           "one element type on each memory", "clone() one of the two")
        self.step(b"(")
        self.text("storage")
        if t.dtype in _TYPED:
            self.name("torch", _TYPED[t.dtype])
        else:
            self.name("torch.storage", "UntypedStorage")
        self.text(kept.key)
        self.text("cpu")
        self.integer(kept.storage.nbytes // (t.itemsize if t.dtype in _TYPED else 1), path)
        self.step(b"t")
        self.step(b"Q")


_WRITERS: list[tuple[Any, Callable[[Pickler, Any, tuple[Any, ...]], None]]] = [
    (int, lambda p, x, path: p.integer(int(x), path)),
    (float, lambda p, x, path: p.step(struct.pack(">Bd", 0x47, x))),
    (str, lambda p, x, path: p.text(str(x), path)),
    (Tensor, lambda p, x, path: p.once(x, lambda: p.tensor(x, path))),
    (dict, lambda p, x, path: p.mapping(x, path)),
    (list, lambda p, x, path: p.items(x, path)),
    (tuple, lambda p, x, path: p.container(x, path, None, lambda: p.sequence(x, path, b"t"))),
    (complex, lambda p, x, path: p.applied("__builtin__", "complex", [
        lambda: p.put(x.real, path), lambda: p.put(x.imag, path)])),
    (bytes, lambda p, x, path: p.encoded(x, path)),
    (bytearray, lambda p, x, path: p.applied("__builtin__", "bytearray", [
        lambda: p.encoded(bytes(x), path)])),
    (set, lambda p, x, path: p.applied("__builtin__", "set", [
        lambda: p.elements(x, path)])),
    (DType, lambda p, x, path: p.name("torch", x.name)),
    (np.ndarray, lambda p, x, path: p.once(x, lambda: p.array(x, path))),
]
"""What is data, and how it is written."""


def _no_data(path: tuple[Any, ...], got: str, expected: str = "", hint: str = "") -> ArgumentError:
    place = "".join(f"[{key!r}]" for key in path)
    return ArgumentError(message(
        f"save: {'the object' if not path else place} cannot be written as data",
        expected=expected or "tensors, numbers, texts, and containers of them", got=got,
        hint=hint or "save model.state_dict() and numbers beside it, not objects",
    ))
