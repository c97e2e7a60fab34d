"""tf.flags: what a program takes from its command line."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from pentad.frontends.tensorflow1.platform.flag_parsers import (
    ArgumentParser,
    ArgumentSerializer,
    BaseListParser,
    BooleanParser,
    CsvListSerializer,
    EnumClassListSerializer,
    EnumClassParser,
    EnumClassSerializer,
    EnumParser,
    Error,
    FloatParser,
    IllegalFlagValueError,
    IntegerParser,
    ListParser,
    ListSerializer,
    WhitespaceSeparatedListParser,
)
from pentad.frontends.tensorflow1.platform.flag_values import (
    FLAGS,
    BooleanFlag,
    CantOpenFlagFileError,
    DuplicateFlagError,
    EnumClassFlag,
    EnumFlag,
    Flag,
    FlagNameConflictsWithMethodError,
    FlagValues,
    MultiEnumClassFlag,
    MultiFlag,
    UnparsedFlagAccessError,
    UnrecognizedFlagError,
    ValidationError,
)

__all__ = [
    "FLAGS", "ArgumentParser", "ArgumentSerializer", "BaseListParser", "BooleanFlag",
    "BooleanParser", "CantOpenFlagFileError", "CsvListSerializer", "DEFINE", "DEFINE_alias",
    "DEFINE_bool", "DEFINE_boolean", "DEFINE_enum", "DEFINE_enum_class", "DEFINE_flag",
    "DEFINE_float", "DEFINE_integer", "DEFINE_list", "DEFINE_multi", "DEFINE_multi_enum",
    "DEFINE_multi_enum_class", "DEFINE_multi_float", "DEFINE_multi_integer",
    "DEFINE_multi_string", "DEFINE_spaceseplist", "DEFINE_string", "DuplicateFlagError",
    "EnumClassFlag", "EnumClassListSerializer", "EnumClassParser", "EnumClassSerializer",
    "EnumFlag", "EnumParser", "Error", "Flag", "FlagHolder", "FlagNameConflictsWithMethodError",
    "FlagValues", "FloatParser", "IllegalFlagValueError", "IntegerParser", "ListParser",
    "ListSerializer", "MultiEnumClassFlag", "MultiFlag", "UnparsedFlagAccessError",
    "UnrecognizedFlagError", "ValidationError", "WhitespaceSeparatedListParser",
    "adopt_module_key_flags", "declare_key_flag", "disclaim_key_flags", "doc_to_help",
    "flag_dict_to_args", "get_help_width", "mark_bool_flags_as_mutual_exclusive",
    "mark_flag_as_required", "mark_flags_as_mutual_exclusive", "mark_flags_as_required",
    "multi_flags_validator", "override_value", "register_multi_flags_validator",
    "register_validator", "set_default", "text_wrap", "validator",
]


class FlagHolder:
    """What a definition gives: the flag, whose value may change."""

    def __init__(self, flag_values: FlagValues, flag: Flag) -> None:
        self._values, self._flag = flag_values, flag

    @property
    def name(self) -> str:
        """The flag's name."""
        return self._flag.name

    @property
    def default(self) -> Any:
        """The flag's default."""
        return self._flag.default

    @property
    def present(self) -> bool:
        """Did the command line have it?"""
        return bool(self._flag.present)

    @property
    def value(self) -> Any:
        """The flag's value."""
        return getattr(self._values, self._flag.name)


def DEFINE_flag(flag: Flag, flag_values: FlagValues = FLAGS, module_name: Any = None) -> FlagHolder:
    """Add a flag."""
    flag_values[flag.name] = flag
    return FlagHolder(flag_values, flag)


def DEFINE(
    parser: ArgumentParser, name: str, default: Any, help: str | None,
    flag_values: FlagValues = FLAGS, serializer: Any = None, module_name: Any = None, **args: Any,
) -> FlagHolder:
    """Add a flag whose values a parser makes."""
    return DEFINE_flag(Flag(parser, serializer, name, default, help, **args), flag_values)


def _definer(what: str, make: Callable[..., Any]) -> Callable[..., FlagHolder]:
    def define(
        name: str, default: Any = None, help: str | None = None, *args: Any,
        flag_values: FlagValues = FLAGS, module_name: Any = None, **more: Any,
    ) -> FlagHolder:
        default = more.pop("default_value", default)
        help = more.pop("docstring", help)
        name = more.pop("flag_name", name)
        return DEFINE_flag(make(name, default, help, *args, **more), flag_values)

    define.__doc__ = f"Add a flag that is {what}: name, default, help."
    return define


def _chooser(what: str, make: Callable[..., Any]) -> Callable[..., FlagHolder]:
    def define(
        name: str, default: Any, choices: Any = None, help: str | None = None,
        flag_values: FlagValues = FLAGS, module_name: Any = None, **more: Any,
    ) -> FlagHolder:
        for keyword in ("enum_values", "enum_class"):
            choices = more.pop(keyword, choices)
        return DEFINE_flag(make(name, default, help, choices, **more), flag_values)

    define.__doc__ = f"Add a flag that is {what}: name, default, choices, help."
    return define


def _plain(kind: Callable[..., ArgumentParser], multi: bool = False) -> Callable[..., Any]:
    def make(
        name: str, default: Any, help: str | None, lower_bound: Any = None,
        upper_bound: Any = None, **more: Any,
    ) -> Flag:
        bounded = kind in (FloatParser, IntegerParser)
        parser = kind(lower_bound, upper_bound) if bounded else kind()
        serializer = CsvListSerializer(",") if kind is ListParser else (
            ListSerializer(" ") if kind is WhitespaceSeparatedListParser else ArgumentSerializer())
        return (MultiFlag if multi else Flag)(parser, serializer, name, default, help, **more)

    return make


def _multi_enum(
    name: str, default: Any, help: str | None, enum_values: Any = (), case_sensitive: bool = True,
    **more: Any,
) -> Flag:
    return MultiFlag(EnumParser(enum_values, case_sensitive), ArgumentSerializer(), name, default,
                     help, **more)


DEFINE_string = _definer("a text", _plain(ArgumentParser))
DEFINE_integer = _definer("a whole number", _plain(IntegerParser))
DEFINE_float = _definer("a number", _plain(FloatParser))
DEFINE_bool = DEFINE_boolean = _definer("true or false", BooleanFlag)
DEFINE_list = _definer("a list between commas", _plain(ListParser))
DEFINE_spaceseplist = _definer("a list between blanks", _plain(WhitespaceSeparatedListParser))
DEFINE_multi_string = _definer("texts", _plain(ArgumentParser, True))
DEFINE_multi_integer = _definer("whole numbers", _plain(IntegerParser, True))
DEFINE_multi_float = _definer("numbers", _plain(FloatParser, True))
DEFINE_enum = _chooser("one of some texts", EnumFlag)
DEFINE_enum_class = _chooser("a member of an enumeration", EnumClassFlag)
DEFINE_multi_enum = _chooser("some of some texts", _multi_enum)
DEFINE_multi_enum_class = _chooser("members of an enumeration", MultiEnumClassFlag)


def DEFINE_multi(
    parser: ArgumentParser, serializer: Any, name: str, default: Any, help: str | None,
    flag_values: FlagValues = FLAGS, module_name: Any = None, **args: Any,
) -> FlagHolder:
    """Add a flag that may be given several times, whose values a parser makes."""
    return DEFINE_flag(MultiFlag(parser, serializer, name, default, help, **args), flag_values)


def DEFINE_alias(
    name: str, original_name: str, flag_values: FlagValues = FLAGS, module_name: Any = None
) -> FlagHolder:
    """Another name of a flag."""
    if original_name not in flag_values:
        raise UnrecognizedFlagError(original_name)
    flag = flag_values[original_name]
    flag_values._flags[name] = flag
    return FlagHolder(flag_values, flag)


# -- conditions ----------------------------------------------------------------------------------


def register_validator(
    flag_name: str, checker: Callable[[Any], Any], message: str = "Flag validation failed",
    flag_values: FlagValues = FLAGS,
) -> None:
    """Let a flag have only values for which the checker gives true."""
    flag_values[flag_name].validators.append((checker, message))


def validator(
    flag_name: str, message: str = "Flag validation failed", flag_values: FlagValues = FLAGS
) -> Callable[[Any], Any]:
    """The same as a decorator of the checker."""

    def decorate(function: Any) -> Any:
        register_validator(flag_name, function, message, flag_values)
        return function

    return decorate


def register_multi_flags_validator(
    flag_names: Sequence[str], multi_flags_checker: Callable[[Any], Any],
    message: str = "Flags validation failed", flag_values: FlagValues = FLAGS,
) -> None:
    """Let flags have only values for which the checker, called with a dict, gives true."""

    def check(values: FlagValues) -> None:
        if not multi_flags_checker({n: values[n].value for n in flag_names}):
            raise IllegalFlagValueError(
                f"{message}: {', '.join(f'--{n}={values[n].value}' for n in flag_names)}")

    flag_values._validators.append(check)


def multi_flags_validator(
    flag_names: Sequence[str], message: str = "Flag validation failed",
    flag_values: FlagValues = FLAGS,
) -> Callable[[Any], Any]:
    """The same as a decorator of the checker."""

    def decorate(function: Any) -> Any:
        register_multi_flags_validator(flag_names, function, message, flag_values)
        return function

    return decorate


def mark_flag_as_required(flag_name: str, flag_values: FlagValues = FLAGS) -> None:
    """Let the command line have to have a flag."""
    register_validator(flag_name, lambda value: value is not None,
                       f"Flag --{flag_name} must have a value other than None.", flag_values)


def mark_flags_as_required(flag_names: Sequence[str], flag_values: FlagValues = FLAGS) -> None:
    """Let the command line have to have these flags."""
    for name in flag_names:
        mark_flag_as_required(name, flag_values)


def mark_flags_as_mutual_exclusive(
    flag_names: Sequence[str], required: bool = False, flag_values: FlagValues = FLAGS
) -> None:
    """Let at most one of these be given."""

    def check(values: dict[str, Any]) -> bool:
        count = sum(v is not None for v in values.values())
        return count == 1 or (not required and count == 0)

    register_multi_flags_validator(flag_names, check, "At most one of these may be given",
                                   flag_values)


def mark_bool_flags_as_mutual_exclusive(
    flag_names: Sequence[str], required: bool = False, flag_values: FlagValues = FLAGS
) -> None:
    """Let at most one of these be true."""

    def check(values: dict[str, Any]) -> bool:
        count = sum(bool(v) for v in values.values())
        return count == 1 or (not required and count == 0)

    register_multi_flags_validator(flag_names, check, "At most one of these may be true",
                                   flag_values)


# -- the rest --------------------------------------------------------------------------------------


def set_default(flag_holder: FlagHolder, value: Any) -> None:
    """Another default."""
    flag_holder._values.set_default(flag_holder.name, value)


def override_value(flag_holder: FlagHolder, value: Any) -> None:
    """Another value."""
    setattr(flag_holder._values, flag_holder.name, value)


def declare_key_flag(flag_name: str, flag_values: FlagValues = FLAGS) -> None:
    """Let a flag be shown in the help: all are."""
    if flag_name not in flag_values:
        raise UnrecognizedFlagError(flag_name)


def adopt_module_key_flags(module: Any, flag_values: FlagValues = FLAGS) -> None:
    """Let the flags of a module be shown in the help: all are."""
    if not hasattr(module, "__name__"):
        raise Error(f"Expected a module object, got {module!r}")


def disclaim_key_flags() -> None:
    """Let the flags of the calling module not be its own: flags belong to no module here."""


def flag_dict_to_args(flag_map: dict[str, Any], multi_flags: Any = None) -> Any:
    """The arguments of a command line for values by name."""
    for name, value in flag_map.items():
        if value is None:
            yield f"--{name}"
        elif isinstance(value, bool):
            yield f"--{name}" if value else f"--no{name}"
        elif isinstance(value, bytes | str):
            yield f"--{name}={value}"
        elif multi_flags and name in multi_flags:
            yield from (f"--{name}={v}" for v in value)
        else:
            try:
                yield f"--{name}={','.join(str(v) for v in value)}"
            except TypeError:
                yield f"--{name}={value}"


def get_help_width() -> int:
    """How wide a help text is."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 80


def doc_to_help(doc: str) -> str:
    """A docstring as a help text."""
    return textwrap.dedent(doc.expandtabs().lstrip("\n")).strip()


def text_wrap(text: str, length: Any = None, indent: str = "", firstline_indent: Any = None) -> str:
    """A text in lines of a length."""
    first = indent if firstline_indent is None else firstline_indent
    wrap = textwrap.TextWrapper(length or get_help_width(), first, indent)
    lines = []
    for paragraph in (p.strip() for p in text.splitlines()):
        lines += wrap.wrap(paragraph) or [""]
        wrap.initial_indent = indent
    return "\n".join(lines)
