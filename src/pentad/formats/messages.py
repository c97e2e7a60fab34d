"""Protocol buffers by tables of their fields, so that model files need no library of them.

    class NodeDef(Message):
        FIELDS = '''
            1 name string
            3 input string*
            5 attr {string: AttrValue}
        '''

A line is a number, a name, a kind: `*` behind it repeats it, braces make a map, `| value` puts it
into the one-of group "value". Kinds are the scalars of proto3, `enum`, and names of other messages.
Instances behave as those of the protobuf package: fields are attributes with defaults, messages
within messages exist when something in them is set, SerializeToString and ParseFromString convert.

Ours rather than protobuf with compiled schemas: TensorFlow's schemas are in no package that can be
relied on (tensorboard's copies leave out tf.train.Example and checkpoints), and what is needed of
the wire format is short and has limits of its own here.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np

from pentad.formats import encoding, text_format, wire
from pentad.formats.containers import MapField, RepeatedField
from pentad.graph.errors import ArgumentError, DTypeError, message

_DEFAULTS: dict[str, Any] = {
    "string": "", "bytes": b"", "bool": False, "float": 0.0, "double": 0.0,
}
_MESSAGES: dict[str, type[Message]] = {}


class Field(NamedTuple):
    """One line of a table: `kind` of the values, `key` of a map, `group` of a one-of."""

    number: int
    name: str
    kind: str
    repeated: bool = False
    key: str | None = None
    group: str | None = None

    @property
    def message(self) -> type[Message] | None:
        """The class of the values, None for scalars."""
        return _MESSAGES[self.kind] if self.kind[0].isupper() else None

    def checked(self, value: Any) -> Any:
        """A scalar as the field keeps it; DTypeError if it is of another sort."""
        kind = self.kind
        if kind == "string" and isinstance(value, bytes | str):
            return value if isinstance(value, str) else value.decode("utf-8")
        if kind == "bytes" and isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        if kind in ("float", "double") and not isinstance(value, str | bytes):
            return float(np.float32(value)) if kind == "float" else float(value)
        if (kind in encoding.VARINTS or kind in encoding.FIXED) and hasattr(value, "__index__"):
            return bool(value) if kind == "bool" else int(value)
        if kind == "bool" and isinstance(value, np.bool_):
            return bool(value)
        raise DTypeError(message(f"field '{self.name}' takes another type", expected=kind,
                                 got=f"{value!r:.60} of {type(value).__name__}"))


def _parsed(table: str) -> dict[str, Field]:
    found = {}
    for line in table.strip().splitlines():
        text, _, group = line.partition("|")
        number, name, kind = text.split(None, 2)
        kind, key = kind.strip(), None
        if kind.startswith("{"):
            key, kind = kind[1:-1].split(": ")
        repeated = kind.endswith("*")
        found[name] = Field(int(number), name, kind.rstrip("*"), repeated, key,
                            group.strip() or None)
    return found


class Message:
    """A message; subclasses have a table of fields."""

    FIELDS: ClassVar[str] = ""
    fields: ClassVar[dict[str, Field]] = {}
    by_number: ClassVar[dict[int, Field]] = {}

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "FIELDS" in cls.__dict__:
            cls.fields = dict(sorted(_parsed(cls.FIELDS).items(), key=lambda item: item[1].number))
            cls.by_number = {f.number: f for f in cls.fields.values()}
            _MESSAGES[cls.__name__] = cls
            for field in cls.fields.values():
                setattr(cls, f"{field.name.upper()}_FIELD_NUMBER", field.number)

    def __init__(self, **values: Any) -> None:
        d = self.__dict__
        d["_values"], d["_owner"], d["_slot"] = {}, None, ""
        for name, value in values.items():
            field = self._field(name)
            if value is None:
                continue
            if field.key:
                target = getattr(self, name)
                for k, v in value.items():
                    target[k].CopyFrom(v) if field.message else target.__setitem__(k, v)
            elif field.repeated:
                getattr(self, name).extend(value)
            elif field.message:
                made = field.message(**value) if isinstance(value, dict) else value
                getattr(self, name).CopyFrom(made)
            else:
                setattr(self, name, value)

    def _field(self, name: str) -> Field:
        found = self.fields.get(name)
        if found is None:
            raise ArgumentError(message(f"{type(self).__name__} has no field '{name}'",
                                        expected=", ".join(self.fields), got=name))
        return found

    def __getattr__(self, name: str) -> Any:
        field = self.fields.get(name)
        if field is None:
            raise AttributeError(f"{type(self).__name__} has no field '{name}'")
        if name in self._values:
            return self._values[name]
        if field.key:
            made = self._values[name] = MapField(field, self)
            return made
        if field.repeated:
            made = self._values[name] = RepeatedField(field, self)
            return made
        if field.message:
            made = field.message()
            made.__dict__.update(_owner=self, _slot=name)
            return made
        return _DEFAULTS.get(field.kind, 0)

    def __setattr__(self, name: str, value: Any) -> None:
        field = self._field(name)
        if field.key or field.repeated or field.message:
            raise AttributeError(f"cannot assign to the field '{name}': change what is in it, "
                                 "or use CopyFrom, extend or add")
        value = field.checked(value)
        self._clear_group(field)
        self._values[name] = value
        self._touch()

    def _touch(self) -> None:
        """Something in it was set, so that it is set itself."""
        owner, slot = self._owner, self._slot
        if owner is not None and slot and slot not in owner._values:
            owner._clear_group(owner.fields[slot])
            owner._values[slot] = self
        if owner is not None:
            owner._touch()

    def _clear_group(self, field: Field) -> None:
        if field.group:
            for other in self.fields.values():
                if other.group == field.group and other.name != field.name:
                    self._values.pop(other.name, None)

    # -- what the protobuf package calls so --------------------------------------------------

    def HasField(self, name: str) -> bool:
        """Is a message or a member of a one-of group set?"""
        self._field(name)
        return name in self._values

    def WhichOneof(self, group: str) -> str | None:
        """The member of a group that is set."""
        return next((f.name for f in self.fields.values()
                     if f.group == group and f.name in self._values), None)

    def ClearField(self, name: str) -> None:
        """Back to the default."""
        self._field(name)
        self._values.pop(name, None)

    def Clear(self) -> None:
        """All fields back to their defaults."""
        self._values.clear()

    def SetInParent(self) -> None:
        """Let it be set, though empty."""
        self._touch()

    def ListFields(self) -> list[tuple[Field, Any]]:
        """The fields that are set, in the order of their numbers."""
        return [(f, self._values[f.name]) for f in self.fields.values() if self._is_set(f)]

    def _is_set(self, field: Field) -> bool:
        if field.name not in self._values:
            return False
        value = self._values[field.name]
        if field.key or field.repeated:
            return bool(value)
        return bool(field.message or field.group or value or str(value) == "-0.0")

    def MergeFrom(self, other: Message) -> None:
        """Add what another has: its scalars count, what repeats is appended."""
        if type(other) is not type(self):
            raise DTypeError(message("messages of two types", expected=type(self).__name__,
                                     got=type(other).__name__))
        for field, value in other.ListFields():
            mine = getattr(self, field.name)
            if field.key:
                for k, v in value.items():
                    mine[k].CopyFrom(v) if field.message else mine.__setitem__(k, v)
            elif field.repeated:
                mine.extend(value)
            elif field.message:
                mine.MergeFrom(value)
                mine._touch()
            else:
                setattr(self, field.name, value)

    def CopyFrom(self, other: Message) -> None:
        """Become equal to another."""
        if other is not self:
            self.Clear()
            self.MergeFrom(other)
        self._touch()

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """Its bytes."""
        return encoding.encoded(self)

    def ByteSize(self) -> int:
        """How many bytes it takes."""
        return len(self.SerializeToString())

    def ParseFromString(self, data: wire.Data) -> int:
        """Become what bytes say; FormatError if they are broken."""
        self.Clear()
        return self.MergeFromString(data)

    def MergeFromString(self, data: wire.Data, where: str = "") -> int:
        """Add what bytes say."""
        encoding.merge(self, data, where or type(self).__name__)
        self._touch()
        return len(data)

    @classmethod
    def FromString(cls, data: wire.Data) -> Any:
        """A message of bytes; FormatError if they are broken."""
        return cls.read(data, cls.__name__)

    @classmethod
    def read(cls, data: wire.Data, where: str) -> Any:
        """The same; `where` is named in errors."""
        made = cls()
        made.MergeFromString(data, where)
        return made

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.ListFields() == other.ListFields()  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __deepcopy__(self, memo: Any) -> Any:
        made = type(self)()
        made.CopyFrom(self)
        return made

    def __repr__(self) -> str:
        return text_format.printed(self)
