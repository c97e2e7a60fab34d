"""Modules that hold others: Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pentad.graph.errors import IndexOutOfRange, message
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.tensor import Tensor


class _Numbered(Module):
    """What Sequential and ModuleList share: parts named "0", "1", ..."""

    def _key(self, index: Any) -> str:
        keys = list(self._modules)
        if not -len(keys) <= index < len(keys):
            raise IndexOutOfRange(
                message(f"{type(self).__name__}: no part {index}",
                        expected=f"-{len(keys)} <= index < {len(keys)}", got=str(index))
            )
        return keys[index]

    def _replace(self, parts: Iterable[Any]) -> None:
        self._modules.clear()
        for i, part in enumerate(parts):
            self.add_module(str(i), part)
        bump_epoch()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._slice(list(self._modules.items())[index])
        return self._modules[self._key(index)]

    def _slice(self, items: list[tuple[str, Any]]) -> Any:
        """A container of some of the parts. Filling it is no change of a module that a compiled
        function may have read, so that a `forward` with slices leaves the epoch as it is."""
        if type(self) not in (Sequential, ModuleList):
            return type(self)(*self._given(items))
        made = type(self)()
        made._modules.update(self._renamed(items))
        return made

    def _given(self, items: list[tuple[str, Any]]) -> list[Any]:
        """What the constructor takes for these parts."""
        raise NotImplementedError

    def _renamed(self, items: list[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
        """The parts by their names in a container of their own."""
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._key(index), module)

    def __delitem__(self, index: Any) -> None:
        parts = list(self)
        del parts[index]
        self._replace(parts)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    def append(self, module: Module) -> Any:
        """Add a part at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add parts at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take a part out."""
        found = self[index]
        del self[index]
        return found

    def __iadd__(self, modules: Iterable[Module]) -> Any:
        return self.extend(modules)

    def __add__(self, modules: Iterable[Module]) -> Any:
        made = type(self)()
        return made.extend([*self, *modules])

    def insert(self, index: int, module: Module) -> Any:
        """Add a part before another."""
        parts = list(self)
        parts.insert(index, module)
        self._replace(parts)
        return self


class Sequential(_Numbered):
    """Its parts one after the other; given as arguments or as an OrderedDict of names."""

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def _given(self, items: list[tuple[str, Any]]) -> list[Any]:
        return [OrderedDict(items)]

    def _renamed(self, items: list[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
        return items

    def forward(self, input: Any) -> Any:
        """The input through every part."""
        for module in self._modules.values():
            input = module(input)
        return input


class ModuleList(_Numbered):
    """A list whose members are parts of the module that holds it."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or [])

    def _given(self, items: list[tuple[str, Any]]) -> list[Any]:
        return [[module for _, module in items]]

    def _renamed(self, items: list[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
        return ((str(i), module) for i, (_, module) in enumerate(items))

    def __repr__(self) -> str:
        """Like a Module's, equal neighbours being counted."""
        texts = [repr(part) for part in self]
        if not texts:
            return f"{type(self).__name__}()"
        lines = []
        first = 0
        for i, text in enumerate(texts):
            if i + 1 < len(texts) and texts[i + 1] == text:
                continue
            several = f"({first}-{i}): {i - first + 1} x {text}"
            line = several if i > first else f"({first}): {text}"
            lines.append(line.replace("\n", "\n  "))
            first = i + 1
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """A dict whose values are parts of the module that holds it."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]
        bump_epoch()

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def values(self) -> Any:
        """The parts."""
        return self._modules.values()

    def items(self) -> Any:
        """(name, part)."""
        return self._modules.items()

    def clear(self) -> None:
        """Take all parts out."""
        self._modules.clear()
        bump_epoch()

    def pop(self, key: str) -> Any:
        """Take a part out."""
        bump_epoch()
        return self._modules.pop(key)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add parts, or put others in their places."""
        for key, module in modules.items() if isinstance(modules, Mapping) else modules:
            self.add_module(key, module)


class ParameterList(Module):
    """A list of parameters; tensors become parameters, other values stay what they are."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.__dict__["_size"] = 0
        self.extend(values or [])

    def _at(self, index: int) -> str:
        if not -self._size <= index < self._size:
            raise IndexOutOfRange(
                message("ParameterList: no such entry",
                        expected=f"-{self._size} <= index < {self._size}", got=str(index))
            )
        return str(index % self._size)

    def append(self, value: Any) -> Any:
        """Add one."""
        self.__dict__["_size"] += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        """Add several."""
        for value in list(values):
            self.append(value)
        return self

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)([self[i] for i in range(self._size)[index]])
        return getattr(self, self._at(index))

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, self._at(index), _as_parameter(value))

    def pop(self, index: int = -1) -> Any:
        """Take one out."""
        values = list(self)
        found = values.pop(index)
        for i in range(self._size):
            delattr(self, str(i))
        self.__dict__["_size"] = 0
        self.extend(values)
        return found

    def __len__(self) -> int:
        return self._size  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(self._size)])

    def __iadd__(self, values: Iterable[Any]) -> Any:
        return self.extend(values)

    def extra_repr(self) -> str:
        """What each entry is."""
        return "\n".join(_line(str(i), value) for i, value in enumerate(self))

    def __repr__(self) -> str:
        return _lines(self)


def _as_parameter(value: Any) -> Any:
    wrap = isinstance(value, Tensor) and not isinstance(value, Parameter)
    return Parameter(value) if wrap else value


def _line(name: str, value: Any) -> str:
    if not isinstance(value, Tensor):
        return f"({name}): Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    sizes = "x".join(map(str, value.shape))
    return f"({name}): {kind} containing: [torch.{value.dtype.name} of size {sizes}]".replace(
        "torch.", "")


def _lines(holder: Any) -> str:
    lines = holder.extra_repr().split("\n") if len(holder) else []
    return f"{type(holder).__name__}({''.join(chr(10) + '  ' + n for n in lines)}" + (
        "\n)" if lines else ")")


class ParameterDict(Module):
    """A dict of parameters; tensors become parameters, other values stay what they are."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.__dict__["_keys"] = {}
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        self._keys[key]
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._keys[key] = None
        setattr(self, key, _as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def keys(self) -> Any:
        """The names."""
        return self._keys.keys()

    def values(self) -> Any:
        """The parameters."""
        return [self[key] for key in self._keys]

    def items(self) -> Any:
        """(name, parameter)."""
        return [(key, self[key]) for key in self._keys]

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of a name, or the default."""
        found: Any = default
        if key in self:
            found = self[key]
        return found

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter of a name, which is the default from now on if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Take one out."""
        found = self[key]
        del self[key]
        return found

    def popitem(self) -> tuple[str, Any]:
        """Take the last (name, parameter) out."""
        key = list(self._keys)[-1]
        return key, self.pop(key)

    def clear(self) -> None:
        """Take all out."""
        for key in list(self._keys):
            del self[key]

    def copy(self) -> ParameterDict:
        """Another ParameterDict of the same parameters."""
        return ParameterDict(dict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A ParameterDict with one value under several names."""
        return ParameterDict(dict.fromkeys(keys, default))

    def update(self, parameters: Any) -> None:
        """Add parameters, or put others in their places."""
        given = parameters.items() if hasattr(parameters, "items") else parameters
        for key, value in given:
            self[key] = value

    def extra_repr(self) -> str:
        """What each entry is."""
        return "\n".join(_line(key, value) for key, value in self.items())

    def __repr__(self) -> str:
        return _lines(self)


class Container(Module):
    """A module with the given parts (PyTorch's older name for a Module)."""

    def __init__(self, **kwargs: Module) -> None:
        super().__init__()
        for name, part in kwargs.items():
            self.add_module(name, part)
