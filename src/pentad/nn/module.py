"""Module: a layer or a network, with its parameters, buffers, parts and hooks.

Names, state_dict keys and the text form are PyTorch's. Each change of an attribute counts as an
epoch (pentad.tensor.capture.epoch), by which compiled functions notice that a module is another
one now.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from pentad.graph.errors import ArgumentError, DTypeError, PentadError, message
from pentad.nn.converting import Converted
from pentad.nn.hooks import EVERYWHERE, Hooked, call_with_hooks
from pentad.nn.parameter import Buffer, Parameter
from pentad.nn.state_dict import IncompatibleKeys, Saved, collect, load
from pentad.tensor.capture.epoch import bump_epoch, toggle_mode
from pentad.tensor.tensor import Tensor

_TABLES = ("_parameters", "_buffers", "_modules")


class Module(Hooked, Saved, Converted):
    """The base of all layers: subclasses make their parts in __init__ and define `forward`.

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(4, 8)

        def forward(self, x):
            return self.hidden(x).relu()
    """

    training: bool

    def __init__(self) -> None:
        fields = self.__dict__
        fields["training"] = True
        fields["_parameters"] = {}
        fields["_buffers"] = {}
        fields["_modules"] = {}
        fields["_transient"] = set()
        fields["_hooks"] = {}

    # -- calling -------------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """forward(...), with the hooks before and after it."""
        try:
            if not (self._hooks or EVERYWHERE):
                return self.forward(*args, **kwargs)
            return call_with_hooks(self, args, kwargs)
        except PentadError as error:
            if not hasattr(error, "__notes__"):
                error.add_note(f"  in layer: {self._line()}")
            raise

    # -- attributes ----------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__
        for table in _TABLES:
            found = fields.get(table)
            if found is not None and name in found:
                return found[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        fields = self.__dict__
        if name in fields:
            if fields[name] is not value:
                self._assign_plain(name, value)
        elif isinstance(value, Parameter):
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self.add_module(name, value)
        else:
            self._assign_plain(name, value)

    def _assign_plain(self, name: str, value: Any) -> None:
        """Assign what may be anything, also over a parameter, a module or a buffer."""
        fields = self.__dict__
        if isinstance(value, (Parameter, Module)):
            del fields[name]
            setattr(self, name, value)
            return
        for table, kind in (("_parameters", "Parameter"), ("_modules", "Module")):
            if name in fields.get(table, ()):
                if value is not None:
                    raise DTypeError(
                        message(f"attribute {name!r} of {type(self).__name__} is a {kind}",
                                expected=f"a {kind} or None", got=type(value).__name__)
                    )
                fields[table][name] = None
                bump_epoch()
                return
        if name in fields.get("_buffers", ()) and (value is None or isinstance(value, Tensor)):
            fields["_buffers"][name] = value
        elif isinstance(value, Buffer):
            fields.pop(name, None)
            self.register_buffer(name, value, value.persistent)
        else:
            object.__setattr__(self, name, value)
        bump_epoch()

    def __delattr__(self, name: str) -> None:
        bump_epoch()
        for table in _TABLES:
            if name in self.__dict__[table]:
                del self.__dict__[table][name]
                self._transient.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        own = [name for table in _TABLES for name in self.__dict__.get(table, ())]
        return sorted({*object.__dir__(self), *own})

    def _enter(self, table: str, name: str, value: Any) -> None:
        """Put a parameter, buffer or module into its table and out of all others."""
        fields = self.__dict__
        if table not in fields:
            raise AttributeError("call super().__init__() before assigning parts of a Module")
        if not isinstance(name, str) or not name or "." in name:
            raise ArgumentError(
                message("not a name of a module's part", expected="text without dots",
                        got=repr(name))
            )
        for other in _TABLES:
            if other != table:
                fields[other].pop(name, None)
        fields[table][name] = value
        bump_epoch()

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or the name of one that is absent (None)."""
        if param is not None and not isinstance(param, Parameter):
            raise DTypeError(
                message(f"parameter {name!r} of {type(self).__name__}", expected="a Parameter",
                        got=type(param).__name__, hint="wrap it: nn.Parameter(tensor)")
            )
        self._enter("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state, but not trained; saved with the others if persistent."""
        if tensor is not None and not isinstance(tensor, Tensor):
            raise DTypeError(
                message(f"buffer {name!r} of {type(self).__name__}", expected="a Tensor",
                        got=type(tensor).__name__)
            )
        self._enter("_buffers", name, tensor)
        (self._transient.discard if persistent else self._transient.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a part."""
        if module is not None and not isinstance(module, Module):
            raise DTypeError(
                message(f"part {name!r} of {type(self).__name__}", expected="a Module",
                        got=type(module).__name__)
            )
        self._enter("_modules", name, module)

    register_module = add_module

    # -- walking -------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """(path, module) of this module and of all its parts, parents first."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, part in self._modules.items():
            if part is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from part.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all its parts."""
        return (m for _, m in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the direct parts."""
        seen: set[Any] = set()
        for name, part in self._modules.items():
            if part is not None and part not in seen:
                seen.add(part)
                yield name, part

    def children(self) -> Iterator[Module]:
        """The direct parts."""
        return (m for _, m in self.named_children())

    def _named(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules: Any = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, value in module.__dict__[table].items():
                if value is None or (remove_duplicate and id(value) in seen):
                    continue
                seen.add(id(value))
                yield f"{path}.{name}" if path else name, value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter); one that occurs several times is given once."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and (recurse) its parts."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(path, buffer)."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and (recurse) its parts."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The part at a path such as "encoder.0"; AttributeError if there is none."""
        module: Any = self
        for name in target.split(".") if target else ():
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"{name!r} in {target!r} is no module")
        return module  # type: ignore[no-any-return]

    def _at(self, table: str, target: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        found = getattr(self.get_submodule(path), table).get(name)
        if found is None:
            raise AttributeError(f"{target!r} is no {what}")
        return found

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path; AttributeError if there is none."""
        return self._at("_parameters", target, "parameter")  # type: ignore[no-any-return]

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path; AttributeError if there is none."""
        return self._at("_buffers", target, "buffer")  # type: ignore[no-any-return]

    def set_submodule(self, target: str, module: Module) -> None:
        """Put another part in the place of the one at a path; AttributeError if there is none."""
        self.get_submodule(target)
        path, _, name = target.rpartition(".")
        self.get_submodule(path).add_module(name, module)

    # -- state ---------------------------------------------------------------------------------

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Tensor]:
        """{path: tensor} of the parameters and persistent buffers; the tensors share memory."""
        if args:  # PyTorch's older order
            destination, prefix, keep_vars = (*args, destination, prefix, keep_vars)[:3]
        return collect(self, destination, prefix, keep_vars)

    def load_state_dict(
        self, state_dict: Any, strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Take the values of {path: tensor or array} over.

        ArgumentError, before anything is written, that names every missing, unexpected (strict)
        or differently shaped entry. assign: take the tensors themselves instead of copying.
        Returns (missing_keys, unexpected_keys).
        """
        return load(self, state_dict, strict, assign)

    def train(self, mode: bool = True) -> Any:
        """Say whether the module is being trained: dropout and batch norm depend on it."""
        if not isinstance(mode, bool):
            raise ArgumentError(message("train: mode", expected="True or False", got=repr(mode)))
        for module in self.modules():
            fields = module.__dict__
            if fields["training"] is not mode:
                fields["training"] = mode
                toggle_mode(module)
        return self

    def eval(self) -> Any:
        """train(False)."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or (set_to_none=False) fill them with zeros."""
        for p in self.parameters():
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                p.grad.detach_().zero_()

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Train all parameters, or freeze them."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        bump_epoch()
        return self

    def apply(self, fn: Callable[[Module], Any]) -> Any:
        """Call `fn` on every part and at last on this module."""
        for part in self.children():
            part.apply(fn)
        fn(self)
        return self

    def compile(
        self, *, fullgraph: bool = False, dynamic: bool | None = None, backend: Any = None,
        mode: str | None = None, options: Any = None,
    ) -> None:
        """Compile forward, in place: hooks stay outside, parameters where they are.

        What cannot be captured runs as it is, with one warning; with fullgraph=True it is a
        CaptureError. dynamic, backend, mode and options change nothing.
        """
        from pentad.tensor.capture.falling_back import FallingBack

        if not isinstance(self.__dict__.get("forward"), FallingBack):
            object.__setattr__(self, "forward", FallingBack(self.forward, fullgraph))
            bump_epoch()

    # -- text ----------------------------------------------------------------------------------

    def summary(self, *inputs: Any, **options: Any) -> Any:
        """Print and return a table of the layers: see pentad.summary."""
        from pentad.nn.anatomy.summary import summary

        return summary(self, *inputs, **options)

    def extra_repr(self) -> str:
        """What stands between the parentheses of `repr`; subclasses say it."""
        return ""

    def _line(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"

    def __repr__(self) -> str:
        parts = [
            f"({name}): " + repr(part).replace("\n", "\n  ") for name, part in self._modules.items()
        ]
        if not parts:
            return self._line()
        extra = self.extra_repr()
        lines = [*(extra.split("\n") if extra else []), *parts]
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"
