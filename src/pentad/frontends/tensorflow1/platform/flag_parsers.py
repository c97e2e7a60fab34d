"""How the texts of a command line become values of flags, and values become texts."""

from __future__ import annotations

import csv
import enum
import io
from typing import Any


class Error(Exception):
    """Anything that is wrong with flags."""


class IllegalFlagValueError(Error):
    """A text that is no value of its flag."""


class ArgumentSerializer:
    """Values to texts."""

    def serialize(self, value: Any) -> str:
        """The text of a value."""
        return str(value)


class ArgumentParser:
    """Texts to values; this one keeps them."""

    syntactic_help = ""

    def parse(self, argument: Any) -> Any:
        """The value; ValueError or TypeError if it is none."""
        if not isinstance(argument, str):
            raise TypeError(f"flag value must be a string, found {argument!r}")
        return argument

    def flag_type(self) -> str:
        """The name of the type."""
        return "string"


class _NumericParser(ArgumentParser):
    def __init__(self, lower_bound: Any = None, upper_bound: Any = None) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound

    def convert(self, argument: Any) -> Any:
        """The number that a text says."""
        raise NotImplementedError

    def parse(self, argument: Any) -> Any:
        """The number; ValueError if it is outside of its bounds."""
        value = self.convert(argument)
        low, high = self.lower_bound, self.upper_bound
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"{value} is not in the range [{low}, {high}]")
        return value


class FloatParser(_NumericParser):
    """Numbers."""

    def convert(self, argument: Any) -> float:
        """The number."""
        if isinstance(argument, bool) or not isinstance(argument, str | int | float):
            raise TypeError(f"expected a number, got {argument!r}")
        return float(argument)

    def flag_type(self) -> str:
        """The name of the type."""
        return "float"


class IntegerParser(_NumericParser):
    """Whole numbers, in the bases that Python writes."""

    def convert(self, argument: Any) -> int:
        """The number."""
        if isinstance(argument, str):
            return int(argument, 0 if argument.strip("-+ ")[:2].lower() in ("0x", "0o") else 10)
        if isinstance(argument, bool) or int(argument) != argument:
            raise TypeError(f"expected a whole number, got {argument!r}")
        return int(argument)

    def flag_type(self) -> str:
        """The name of the type."""
        return "int"


class BooleanParser(ArgumentParser):
    """true, t, 1 and false, f, 0."""

    def parse(self, argument: Any) -> bool:
        """The truth value."""
        if isinstance(argument, bool):
            return argument
        if isinstance(argument, str):
            if argument.lower() in ("true", "t", "1"):
                return True
            if argument.lower() in ("false", "f", "0"):
                return False
        elif isinstance(argument, int) and argument in (0, 1):
            return bool(argument)
        raise ValueError(f"Non-boolean argument to boolean flag: {argument!r}")

    def flag_type(self) -> str:
        """The name of the type."""
        return "bool"


class EnumParser(ArgumentParser):
    """One of some texts."""

    def __init__(self, enum_values: Any, case_sensitive: bool = True) -> None:
        if not enum_values:
            raise ValueError("enum_values cannot be empty")
        self.enum_values, self.case_sensitive = list(enum_values), case_sensitive

    def parse(self, argument: Any) -> str:
        """The text, as it is spelled in the list."""
        for value in self.enum_values:
            same = argument == value if self.case_sensitive else (
                str(argument).upper() == value.upper())
            if same:
                return value
        raise ValueError(f"value should be one of <{'|'.join(self.enum_values)}>")

    def flag_type(self) -> str:
        """The name of the type."""
        return "string enum"


class EnumClassParser(ArgumentParser):
    """The members of an enumeration, by name."""

    def __init__(self, enum_class: Any, case_sensitive: bool = True) -> None:
        if not issubclass(enum_class, enum.Enum) or not enum_class.__members__:
            raise TypeError(f"{enum_class} is no enumeration with members")
        self.enum_class, self.case_sensitive = enum_class, case_sensitive

    def parse(self, argument: Any) -> Any:
        """The member."""
        if isinstance(argument, self.enum_class):
            return argument
        for name, member in self.enum_class.__members__.items():
            if name == argument or (not self.case_sensitive and name.lower() == argument.lower()):
                return member
        raise ValueError(f"value should be one of <{'|'.join(self.enum_class.__members__)}>")

    def flag_type(self) -> str:
        """The name of the type."""
        return "enum class"


class EnumClassSerializer(ArgumentSerializer):
    """Members of enumerations to their names."""

    def __init__(self, lowercase: bool = False) -> None:
        self.lowercase = lowercase

    def serialize(self, value: Any) -> str:
        """The name."""
        return value.name.lower() if self.lowercase else value.name


class ListSerializer(ArgumentSerializer):
    """Lists to texts with a separator."""

    def __init__(self, list_sep: str) -> None:
        self.list_sep = list_sep

    def serialize(self, value: Any) -> str:
        """The elements, joined."""
        return self.list_sep.join(str(v) for v in value)


class EnumClassListSerializer(ListSerializer):
    """Lists of members to their names."""

    def serialize(self, value: Any) -> str:
        """The names, joined."""
        return self.list_sep.join(v.name for v in value)


class CsvListSerializer(ArgumentSerializer):
    """Lists to a line of CSV."""

    def __init__(self, list_sep: str) -> None:
        self.list_sep = list_sep

    def serialize(self, value: Any) -> str:
        """The line."""
        out = io.StringIO()
        csv.writer(out, delimiter=self.list_sep).writerow([str(v) for v in value])
        return out.getvalue().strip()


class BaseListParser(ArgumentParser):
    """Lists of texts between separators."""

    def __init__(self, token: str | None = None, name: str | None = None) -> None:
        self._token, self._name = token, name

    def parse(self, argument: Any) -> list[str]:
        """The parts."""
        if isinstance(argument, list):
            return argument
        return [s.strip() for s in argument.split(self._token)] if argument else []

    def flag_type(self) -> str:
        """The name of the type."""
        return f"{self._name} separated list of strings"


class ListParser(BaseListParser):
    """Texts between commas, with CSV's quotes."""

    def __init__(self) -> None:
        super().__init__(",", "comma")

    def parse(self, argument: Any) -> list[str]:
        """The parts."""
        if isinstance(argument, list):
            return argument
        return [s.strip() for s in next(csv.reader([argument], strict=True))] if argument else []


class WhitespaceSeparatedListParser(BaseListParser):
    """Texts between blanks."""

    def __init__(self, comma_compat: bool = False) -> None:
        self._comma_compat = comma_compat
        super().__init__(None, "whitespace")

    def parse(self, argument: Any) -> list[str]:
        """The parts."""
        if isinstance(argument, list):
            return argument
        return (argument.replace(",", " ") if self._comma_compat else argument).split()
