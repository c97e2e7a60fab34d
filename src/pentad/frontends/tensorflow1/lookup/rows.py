"""The operations of tables. What a table holds stands in the session, beside its variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework.resources import boxed, name_of
from pentad.frontends.tensorflow1.platform.file_io import GFile

WHOLE_LINE, LINE_NUMBER = -2, -1


class Rows:
    """The entries of a table: keys as numbers, bytes or tuples, values as arrays."""

    def __init__(self, name: str, ready: bool) -> None:
        self.name, self.ready = name, ready
        self.entries: dict[Any, Any] = {}


def _made(store: Any, node: Any) -> Any:
    name = node.extra["shared"] or node.name
    store.resource(("table", name), lambda: Rows(node.name, node.extra["mutable"]))
    return boxed(name)


def table_of(store: Any, table: Any) -> Rows:
    """The entries of a handle's table."""
    found: Rows = store.resources["table", name_of(table)]
    return found


def keys_of(array: Any, rank: int) -> list[Any]:
    """The keys in an array: its elements, or its rows where keys have axes of their own."""
    if not rank:
        flat = np.asarray(array).reshape(-1).tolist()
        return [k.encode() if isinstance(k, str) else k for k in flat]
    rows = np.asarray(array).reshape(-1, *np.shape(array)[np.ndim(array) - rank:])
    return [tuple(row.reshape(-1).tolist()) for row in rows]


def _fill(store: Any, node: Any, table: Any, keys: Any, values: Any) -> Any:
    _filled(table_of(store, table), keys_of(keys, 0), np.asarray(values).reshape(-1).tolist())
    return ()


def _filled(table: Rows, keys: Any, values: Any) -> None:
    if table.ready:
        return
    found: dict[Any, Any] = {}
    for key, value in zip(keys, values, strict=True):
        if found.setdefault(key, value) != value:
            raise errors.FailedPreconditionError(None, None, static.message(
                "HashTable has different value for same key.", expected=f"{key!r}: {found[key]!r}",
                got=f"{key!r}: {value!r}", hint=f"give each key of '{table.name}' once"))
    table.entries.update(found)
    table.ready = True


def _fill_from_file(store: Any, node: Any, table: Any, filename: Any, **how: Any) -> Any:
    path = name_of(filename)
    keys: list[Any] = []
    values: list[Any] = []
    with GFile(path) as file:
        for number, line in enumerate(file):
            if number == how["vocab_size"]:
                break
            line = line.rstrip("\n")
            pair = (("key_index", "key_dtype", keys), ("value_index", "value_dtype", values))
            for index, dtype, found in pair:
                found.append(_field(line, number, how[index], how[dtype], how["delimiter"], path))
    if how["vocab_size"] not in (-1, len(keys)):
        raise errors.InvalidArgumentError(None, None, static.message(
            f"Invalid vocab_size in {path}", expected=f"{how['vocab_size']} lines",
            got=str(len(keys))))
    _filled(table_of(store, table), keys, values)
    return ()


def _field(line: str, number: int, index: int, dtype: Any, delimiter: str, path: str) -> Any:
    if index == LINE_NUMBER:
        return number
    text = line
    if index != WHOLE_LINE:
        parts = line.split(delimiter)
        if index >= len(parts):
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Invalid number of columns in {path} line {number} ({line})",
                expected=f"at least {index + 1}", got=str(len(parts))))
        text = parts[index]
    if dtype.name == "string":
        return text.encode()
    try:
        return int(text) if dtype.is_integer else float(text)
    except ValueError:
        raise errors.InvalidArgumentError(None, None, static.message(
            f"Field {text} in line {number} is not a valid {dtype.name}.", got=text,
            hint=f"look at line {number + 1} of {path}")) from None


def _find(store: Any, node: Any, table: Any, keys: Any, default: Any) -> Any:
    found = table_of(store, table)
    if not found.ready:
        raise errors.FailedPreconditionError(None, None, static.message(
            f"Table not initialized: '{found.name}'", expected="a table that was filled",
            hint="run tf.tables_initializer() first"))
    rank, default = node.extra["key_rank"], np.asarray(default)
    kind = default.dtype
    flat = keys_of(keys, rank)
    made = np.empty((len(flat), *default.shape), kind)
    for place, key in enumerate(flat):
        made[place] = found.entries.get(key, default[()])
    return made.reshape(np.shape(keys)[:np.ndim(keys) - rank] + default.shape)


def _insert(store: Any, node: Any, table: Any, keys: Any, values: Any) -> Any:
    found, flat = table_of(store, table), keys_of(keys, node.extra["key_rank"])
    values = np.asarray(values)
    values = values.reshape(len(flat), *values.shape[values.ndim - node.extra["value_rank"]:])
    if node.extra["whole"]:
        found.entries.clear()
    found.entries.update(zip(flat, values.tolist() if values.ndim == 1 else list(values)))
    return ()


def _remove(store: Any, node: Any, table: Any, keys: Any) -> Any:
    found = table_of(store, table)
    for key in keys_of(keys, node.extra["key_rank"]):
        found.entries.pop(key, None)
    return ()


def _size(store: Any, node: Any, table: Any) -> Any:
    return np.int64(len(table_of(store, table).entries))


def _export(store: Any, node: Any, table: Any) -> Any:
    entries = table_of(store, table).entries
    shapes, kinds = node.extra["shapes"], [t.tensor_dtype.numpy for t in node.extra["dtypes"]]
    found = []
    for part, shape, kind in zip((list(entries), list(entries.values())), shapes, kinds):
        array = np.empty((len(part), *shape), kind)
        for place, value in enumerate(part):
            array[place] = np.reshape(value, shape) if shape else value
        found.append(array)
    return tuple(found)


def _static(name: str) -> static.ResourceOp:
    return static.ResourceOp(name, _made)


TABLE, MUTABLE, DENSE = (
    _static(n) for n in ("HashTableV2", "MutableHashTableV2", "MutableDenseHashTableV2"))
FILL = static.ResourceOp("InitializeTableV2", _fill)
FILL_FROM_FILE = static.ResourceOp("InitializeTableFromTextFileV2", _fill_from_file)
FIND = static.ResourceOp("LookupTableFindV2", _find)
INSERT = static.ResourceOp("LookupTableInsertV2", _insert)
REMOVE = static.ResourceOp("LookupTableRemoveV2", _remove)
SIZE = static.ResourceOp("LookupTableSizeV2", _size)
EXPORT = static.ResourceOp("LookupTableExportV2", _export)
