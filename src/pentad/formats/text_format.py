"""The text form of protocol buffers: `name: value`, `name { ... }`, comments behind `#`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from pentad.formats import encoding, limits
from pentad.formats.files import broken

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<name>[A-Za-z_][\w.]*)|(?P<number>-?\s*(?:[\d.][\w.+]*(?:(?<=[eE])-\d+)?|
    inf\w*|nan))|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<mark>[{}<>:;,\[\]])""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f",
            b"v": b"\v"}
_ENUMS: dict[str, dict[str, int]] = {}


def enum(field: str, names: dict[str, int]) -> None:
    """Let the numbers of an enum field be written by name; `field` is "Message.field"."""
    _ENUMS[field] = names


# -- printing ------------------------------------------------------------------------------------


def printed(message: Any, indent: str = "") -> str:
    """A message as text."""
    lines = []
    for field, value in message.ListFields():
        if field.key:
            for key in sorted(value):
                inner = f"{indent}  key: {_literal(field.key, key)}\n"
                if field.message:
                    inner += f"{indent}  value {{\n{printed(value[key], indent + '    ')}"
                    inner += f"{indent}  }}\n"
                else:
                    inner += f"{indent}  value: {_literal(field.kind, value[key])}\n"
                lines.append(f"{indent}{field.name} {{\n{inner}{indent}}}\n")
            continue
        names = {n: k for k, n in _ENUMS.get(f"{type(message).__name__}.{field.name}", {}).items()}
        for element in value if field.repeated else [value]:
            if field.message:
                inner = printed(element, indent + "  ")
                lines.append(f"{indent}{field.name} {{\n{inner}{indent}}}\n")
            else:
                text = names.get(element) or _literal(field.kind, element)
                lines.append(f"{indent}{field.name}: {text}\n")
    return "".join(lines)


def _literal(kind: str, value: Any) -> str:
    if kind == "string":
        value = value.encode("utf-8")
    if isinstance(value, bytes):
        return '"' + "".join(map(_character, value)) + '"'
    if isinstance(value, bool):
        return str(value).lower()
    if kind == "float":
        return str(np.float32(value))
    return repr(value)


def _character(byte: int) -> str:
    special = {10: "\\n", 13: "\\r", 9: "\\t", 34: '\\"', 39: "\\'", 92: "\\\\"}
    return special.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")


# -- parsing -------------------------------------------------------------------------------------


class _Tokens:
    def __init__(self, text: str, where: str) -> None:
        self.text, self.where, self.at = text, where, 0
        self.all = self._split()
        self.next()

    def _split(self) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(self.text):
            found = _TOKEN.match(self.text, at)
            if found is None:
                self.at = at
                raise self.error("a character that belongs to nothing", repr(self.text[at]))
            if found.lastgroup:
                self.at = at
                yield found.lastgroup, found.group()
            at = found.end()
        self.at = len(self.text)
        yield "end", ""

    def next(self) -> tuple[str, str]:
        """The token; it is passed over."""
        before = getattr(self, "token", ("", ""))
        self.token = next(self.all, ("end", ""))
        return before

    def take(self, mark: str) -> bool:
        """Pass over a mark, if it is next."""
        if self.token == ("mark", mark):
            self.next()
            return True
        return False

    def error(self, what: str, got: str) -> Exception:
        """FormatError with the line."""
        line = self.text.count("\n", 0, self.at) + 1
        return broken(f"{self.where}, line {line}", what, got=got)


def parse(text: str | bytes, message: Any, where: str = "") -> Any:
    """Add to a message what a text says; FormatError if it is broken. Gives the message."""
    where = where or type(message).__name__
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise broken(where, "a text that is not UTF-8") from error
    if len(text) > limits.TEXT_BYTES:
        raise broken(where, "a text that is too long", f"at most {limits.TEXT_BYTES} bytes")
    tokens = _Tokens(text, where)
    while tokens.token[0] != "end":
        _field(tokens, message, 0)
    return message


Parse = Merge = parse


def _field(tokens: _Tokens, message: Any, depth: int) -> None:
    if depth > limits.MESSAGE_DEPTH:
        raise tokens.error("blocks within blocks", f"more than {limits.MESSAGE_DEPTH}")
    sort, name = tokens.next()
    field = message.fields.get(name)
    if sort != "name" or field is None:
        raise tokens.error(f"not a field of {type(message).__name__}", repr(name))
    colon = tokens.take(":")
    if field.key:
        _pair(tokens, message, field, depth)
    elif colon and tokens.take("["):
        while not tokens.take("]"):
            _value(tokens, message, field, depth)
            tokens.take(",")
    else:
        _value(tokens, message, field, depth)
    tokens.take(",") or tokens.take(";")


def _value(tokens: _Tokens, message: Any, field: Any, depth: int) -> None:
    if field.message:
        target = getattr(message, field.name)
        inner = target.add() if field.repeated else target
        _block(tokens, lambda: _field(tokens, inner, depth + 1))
        inner._touch()
        return
    value = _parsed_scalar(tokens, message, field, field.kind)
    if field.repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)


def _block(tokens: _Tokens, each: Any) -> None:
    end = "}" if tokens.take("{") else ">" if tokens.take("<") else None
    if end is None:
        raise tokens.error("a block was expected", repr(tokens.token[1]))
    while not tokens.take(end):
        if tokens.token[0] == "end":
            raise tokens.error("the text ends within a block", "its end")
        each()


def _pair(tokens: _Tokens, message: Any, field: Any, depth: int) -> None:
    target = getattr(message, field.name)
    state: dict[str, Any] = {"key": "" if field.key == "string" else 0}
    made = field.message() if field.message else None

    def part() -> None:
        _, name = tokens.next()
        tokens.take(":")
        if name == "key":
            state["key"] = _parsed_scalar(tokens, message, field, field.key)
        elif name == "value" and made is not None:
            _block(tokens, lambda: _field(tokens, made, depth + 1))
        elif name == "value":
            state["value"] = _parsed_scalar(tokens, message, field, field.kind)
        else:
            raise tokens.error("a pair of a map has key and value", repr(name))

    _block(tokens, part)
    if made is not None:
        target[state["key"]].CopyFrom(made)
    elif "value" in state:
        target[state["key"]] = state["value"]


def _parsed_scalar(tokens: _Tokens, message: Any, field: Any, kind: str) -> Any:
    sort, text = tokens.next()
    if kind in ("string", "bytes"):
        parts = []
        while sort == "text":
            parts.append(_unescaped(text))
            if tokens.token[0] != "text":
                break
            sort, text = tokens.next()
        if parts:
            try:
                return b"".join(parts).decode("utf-8") if kind == "string" else b"".join(parts)
            except UnicodeDecodeError:
                raise tokens.error("a text that is not UTF-8", text) from None
    elif kind == "bool" and text in ("true", "false", "1", "0", "True", "False", "t", "f"):
        return text in ("true", "1", "True", "t")
    elif sort == "name" and kind == "enum":
        names = _ENUMS.get(f"{type(message).__name__}.{field.name}", {})
        if text in names:
            return names[text]
    elif sort in ("number", "name"):
        try:
            if kind in ("float", "double"):
                return float(text.rstrip("f") if text[-3:] != "inf" else text)
            number = int(text, 0)
            low, high = _range(kind)
            if low <= number < high:
                return number
        except ValueError:
            pass
    raise tokens.error(f"no value for '{field.name}' ({kind})", repr(text))


def _range(kind: str) -> tuple[int, int]:
    narrow = kind in ("int32", "uint32", "enum") or encoding.FIXED.get(kind, "").endswith("4")
    bits = 32 if narrow else 64
    return (0, 1 << bits) if kind[0] in "uf" else (-(1 << bits - 1), 1 << bits - 1)


def _unescaped(text: str) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        octal, hexadecimal, letter = found.groups()
        if octal or hexadecimal:
            return bytes([int(octal, 8) & 0xFF if octal else int(hexadecimal, 16)])
        return _LETTERS.get(letter, letter)

    return _ESCAPE.sub(one, text[1:-1].encode("utf-8"))
