"""Flags and the object that holds them: `FLAGS.batch_size` is what the command line says."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pentad.frontends.tensorflow1.platform.flag_parsers import (
    ArgumentParser,
    ArgumentSerializer,
    BooleanParser,
    EnumClassParser,
    EnumClassSerializer,
    EnumParser,
    Error,
    IllegalFlagValueError,
)


class CantOpenFlagFileError(Error):
    """A file of flags cannot be read."""


class DuplicateFlagError(Error):
    """Two flags of one name."""


class FlagNameConflictsWithMethodError(Error):
    """A flag that is called as a method of FlagValues."""


class UnrecognizedFlagError(Error):
    """A flag on the command line that nobody has defined."""

    def __init__(self, flagname: str, flagvalue: str = "", suggestions: Sequence[str] = ()) -> None:
        self.flagname, self.flagvalue = flagname, flagvalue
        tip = f". Did you mean: {', '.join(suggestions)} ?" if suggestions else ""
        super().__init__(f"Unknown command line flag '{flagname}'{tip}")


class UnparsedFlagAccessError(Error):
    """A flag was read before the command line was."""


class ValidationError(Error):
    """A value that a validator refuses."""


class Flag:
    """A flag: its name, its default, its value."""

    def __init__(
        self, parser: ArgumentParser, serializer: ArgumentSerializer | None, name: str,
        default: Any, help_string: str | None, short_name: str | None = None,
        boolean: bool = False, allow_override: bool = False,
    ) -> None:
        self.parser, self.serializer, self.name = parser, serializer, name
        self.help = help_string or "(no help available)"
        self.short_name, self.boolean = short_name, boolean
        self.allow_override, self.present, self.using_default_value = allow_override, 0, True
        self.validators: list[tuple[Callable[[Any], Any], str]] = []
        self._set_default(default)

    def _set_default(self, value: Any) -> None:
        self.default = None if value is None else self._parse(value)
        if self.using_default_value:
            self.value = self.default

    def _parse(self, argument: Any) -> Any:
        try:
            return self.parser.parse(argument)
        except (TypeError, ValueError) as error:
            raise IllegalFlagValueError(
                f"flag --{self.name}={argument}: {error}") from None

    def parse(self, argument: Any) -> None:
        """Take a value of the command line."""
        self.value = self._parse(argument)
        self.present += 1
        self.using_default_value = False

    def unparse(self) -> None:
        """Back to the default."""
        self.value, self.using_default_value, self.present = self.default, True, 0

    def serialize(self) -> str:
        """As it would stand on a command line."""
        if self.value is None:
            return ""
        if self.boolean:
            return f"--{self.name}" if self.value else f"--no{self.name}"
        return f"--{self.name}={(self.serializer or ArgumentSerializer()).serialize(self.value)}"

    def flag_type(self) -> str:
        """The name of its type."""
        return self.parser.flag_type()

    def validate(self) -> None:
        """IllegalFlagValueError if a validator refuses the value."""
        for checker, text in self.validators:
            try:
                fits = checker(self.value)
            except ValidationError as error:
                fits, text = False, str(error)
            if not fits:
                raise IllegalFlagValueError(f"flag --{self.name}={self.value}: {text}")


class BooleanFlag(Flag):
    """A flag that is there, or not there as `--noname`."""

    def __init__(
        self, name: str, default: Any, help: str | None, short_name: str | None = None, **args: Any
    ) -> None:
        super().__init__(BooleanParser(), None, name, default, help, short_name, True, **args)


class EnumFlag(Flag):
    """One of some texts."""

    def __init__(
        self, name: str, default: Any, help: str | None, enum_values: Any,
        short_name: str | None = None, case_sensitive: bool = True, **args: Any,
    ) -> None:
        super().__init__(EnumParser(enum_values, case_sensitive), ArgumentSerializer(), name,
                         default, help, short_name, **args)


class EnumClassFlag(Flag):
    """A member of an enumeration."""

    def __init__(
        self, name: str, default: Any, help: str | None, enum_class: Any,
        short_name: str | None = None, case_sensitive: bool = True, **args: Any,
    ) -> None:
        super().__init__(EnumClassParser(enum_class, case_sensitive), EnumClassSerializer(), name,
                         default, help, short_name, **args)


class MultiFlag(Flag):
    """A flag that may be given several times: a list."""

    def _parse(self, argument: Any) -> list[Any]:
        many = isinstance(argument, list | tuple)
        return [super(MultiFlag, self)._parse(a) for a in (argument if many else [argument])]

    def parse(self, argument: Any) -> None:
        """One more value."""
        new = self._parse(argument)
        self.value = [*self.value, *new] if self.present else new
        self.present += len(new)
        self.using_default_value = False

    def serialize(self) -> str:
        """As it would stand on a command line."""
        one = self.serializer or ArgumentSerializer()
        return "\n".join(f"--{self.name}={one.serialize(v)}" for v in self.value or ())

    def flag_type(self) -> str:
        """The name of its type."""
        return f"multi {self.parser.flag_type()}"


class MultiEnumClassFlag(MultiFlag):
    """Several members of an enumeration."""

    def __init__(
        self, name: str, default: Any, help_string: str | None, enum_class: Any,
        case_sensitive: bool = True, **args: Any,
    ) -> None:
        super().__init__(EnumClassParser(enum_class, case_sensitive), EnumClassSerializer(), name,
                         default, help_string, **args)


class FlagValues:
    """All flags of a program, as attributes. The command line is read when one is first asked."""

    def __init__(self) -> None:
        d = self.__dict__
        d["_flags"], d["_parsed"], d["_validators"] = {}, False, []
        d["_key_modules"] = {}

    def __setitem__(self, name: str, flag: Flag) -> None:
        old = self._flags.get(name)
        if old is not None and not (flag.allow_override or old.allow_override) and (
                (old.help, old.default, old.flag_type())
                != (flag.help, flag.default, flag.flag_type())):
            raise DuplicateFlagError(f"The flag '{name}' is defined twice.")
        if hasattr(FlagValues, name):
            raise FlagNameConflictsWithMethodError(
                f"'{name}' is a method of FlagValues: give the flag another name")
        self._flags[name] = flag
        if flag.short_name:
            self._flags[flag.short_name] = flag

    def __getitem__(self, name: str) -> Flag:
        return self._flags[name]

    def __contains__(self, name: str) -> bool:
        return name in self._flags

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags)

    def __len__(self) -> int:
        return len(self._flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._flags:
            raise AttributeError(name)
        if not self._parsed:
            self(sys.argv, known_only=True)
        return self._flags[name].value

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._flags:
            raise AttributeError(name)
        flag = self._flags[name]
        flag.value, flag.using_default_value = value, False
        self._validate()

    def __delattr__(self, name: str) -> None:
        if name not in self._flags:
            raise AttributeError(name)
        del self._flags[name]

    def __dir__(self) -> list[str]:
        return sorted(self._flags)

    def __call__(self, argv: Sequence[str], known_only: bool = False) -> list[str]:
        """Read a command line; what is left of it. Unknown flags are errors unless known_only."""
        rest, i = [argv[0]] if argv else [], 1
        while i < len(argv):
            argument = argv[i]
            i += 1
            if argument == "--":
                rest += ["--", *argv[i:]] if known_only else argv[i:]
                break
            if not argument.startswith("-") or argument == "-":
                rest.append(argument)
                continue
            name, equals, value = argument.lstrip("-").partition("=")
            flag = self._flags.get(name)
            if flag is None and name.startswith("no") and not equals:
                flag, value, equals = self._flags.get(name[2:]), "false", "="
                flag = flag if flag is not None and flag.boolean else None
            if flag is None:
                if not known_only:
                    raise UnrecognizedFlagError(name, value, self._near(name))
                rest.append(argument)
                continue
            if not equals and not flag.boolean:
                if i >= len(argv):
                    raise Error(f"Missing value for flag {argument}")
                value, i = argv[i], i + 1
            flag.parse(value if equals or not flag.boolean else "true")
        self.__dict__["_parsed"] = True
        self._validate()
        return rest

    def _near(self, name: str) -> list[str]:
        return difflib.get_close_matches(name, self._flags, 2)

    def _validate(self) -> None:
        for flag in self._flags.values():
            flag.validate()
        for check in self._validators:
            check(self)

    def is_parsed(self) -> bool:
        """Was the command line read?"""
        return self._parsed

    def mark_as_parsed(self) -> None:
        """Take the defaults where nothing was read."""
        self.__dict__["_parsed"] = True

    def unparse_flags(self) -> None:
        """Forget what was read."""
        for flag in self._flags.values():
            flag.unparse()
        self.__dict__["_parsed"] = False

    def set_default(self, name: str, value: Any) -> None:
        """Another default."""
        self._flags[name]._set_default(value)
        self._validate()

    def flag_values_dict(self) -> dict[str, Any]:
        """Values by name."""
        return {n: f.value for n, f in self._flags.items()}

    def flags_into_string(self) -> str:
        """All as they would stand on a command line, one a line."""
        return "".join(f"{f.serialize()}\n" for f in dict.fromkeys(self._flags.values())
                       if f.value is not None)

    def get_help(self) -> str:
        """What --help prints."""
        rows = []
        for name, flag in sorted(self._flags.items()):
            if name == flag.name:
                rows.append(f"  --{'[no]' if flag.boolean else ''}{name}: {flag.help}\n"
                            f"    (default: {flag.default!r})")
        return "\n".join(rows)

    main_module_help = get_help

    def __hash__(self) -> int:
        return id(self)


FLAGS = FlagValues()
