"""Modules that hold others: Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pentad.graph.errors import IndexOutOfRange, message
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.tensor.epoch import bump_epoch


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
            return type(self)(*self._given(list(self)[index]))
        return self._modules[self._key(index)]

    def _given(self, parts: list[Any]) -> list[Any]:
        return parts

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

    def _given(self, parts: list[Any]) -> list[Any]:
        names = {id(m): name for name, m in self._modules.items()}
        return [OrderedDict((names[id(m)], m) for m in parts)]

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

    def _given(self, parts: list[Any]) -> list[Any]:
        return [parts]


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

    def pop(self, key: str) -> Any:
        """Take a part out."""
        bump_epoch()
        return self._modules.pop(key)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add parts, or put others in their places."""
        for key, module in modules.items() if isinstance(modules, Mapping) else modules:
            self.add_module(key, module)


class ParameterList(Module):
    """A list of parameters."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        for value in values or []:
            self.append(value)

    def append(self, value: Any) -> Any:
        """Add one; tensors become parameters."""
        parameter = value if isinstance(value, Parameter) else Parameter(value)
        self.register_parameter(str(len(self)), parameter)
        return self

    def __getitem__(self, index: int) -> Any:
        return list(self._parameters.values())[index]

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._parameters.values()))


class ParameterDict(Module):
    """A dict of parameters."""

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        for key, value in (parameters or {}).items():
            self[key] = value

    def __getitem__(self, key: str) -> Any:
        return self._parameters[key]

    def __setitem__(self, key: str, value: Any) -> None:
        parameter = value if isinstance(value, Parameter) else Parameter(value)
        self.register_parameter(key, parameter)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __contains__(self, key: str) -> bool:
        return key in self._parameters

    def keys(self) -> Any:
        """The names."""
        return self._parameters.keys()

    def values(self) -> Any:
        """The parameters."""
        return self._parameters.values()

    def items(self) -> Any:
        """(name, parameter)."""
        return self._parameters.items()
