"""What fills a table: tensors of keys and values, or the lines of a file."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.resources import apply
from pentad.frontends.tensorflow1.lookup import rows


class TextFileIndex:
    """What of a file's lines is a key or a value, beside the numbers of columns."""

    WHOLE_LINE, LINE_NUMBER = rows.WHOLE_LINE, rows.LINE_NUMBER


class TableInitializerBase:
    """The base of what fills tables: the types of keys and values, `initialize(table)`."""

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self._key_dtype, self._value_dtype = map(dtypes.as_dtype, (key_dtype, value_dtype))

    @property
    def key_dtype(self) -> Any:
        """The type of keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> Any:
        """The type of values."""
        return self._value_dtype

    def initialize(self, table: Any) -> Any:
        """An operation that fills a table."""
        raise NotImplementedError

    def _filling(self, table: Any, op: Any, inputs: Any, name: str, attrs: Any = None) -> Any:
        wanted, own = (table.key_dtype, table.value_dtype), (self._key_dtype, self._value_dtype)
        if wanted != own:
            raise TypeError(static.message(
                "Invalid key or value dtype for the table",
                expected=" -> ".join(t.name for t in own),
                got=" -> ".join(t.name for t in wanted)))
        with name_scope(name, None, []) as scope:
            made = apply(op, [table.resource_handle, *inputs], [], scope, attrs)
        get_default_graph().add_to_collection(GraphKeys.TABLE_INITIALIZERS, made)
        return made


class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table with a tensor of keys and one of values."""

    def __init__(
        self, keys: Any, values: Any, key_dtype: Any = None, value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "key_value_init", [keys, values]):
            self._keys = convert_to_tensor(keys, key_dtype, "keys")
            self._values = convert_to_tensor(values, value_dtype, "values")
        self._name = name or "key_value_init"
        super().__init__(self._keys.dtype.base_dtype, self._values.dtype.base_dtype)

    def initialize(self, table: Any) -> Any:
        """An operation that fills a table."""
        return self._filling(table, rows.FILL, [self._keys, self._values], self._name)


class TextFileInitializer(TableInitializerBase):
    """Fills a table from the lines of a file, one entry of each.

    key_index, value_index: TextFileIndex.WHOLE_LINE, LINE_NUMBER, or the number of a column
    between delimiters. vocab_size: how many lines there are to be, all if None.
    """

    def __init__(
        self, filename: Any, key_dtype: Any, key_index: int, value_dtype: Any, value_index: int,
        vocab_size: int | None = None, delimiter: str = "\t", name: str | None = None,
    ) -> None:
        super().__init__(key_dtype, value_dtype)
        if (not isinstance(filename, str | bytes) and not hasattr(filename, "dtype")) or not (
            hasattr(filename, "dtype") or filename
        ):
            raise pt.ArgumentError(static.message("Filename required for the table",
                                                  got=repr(filename)))
        self._check(key_index, value_index, vocab_size)
        self._filename = convert_to_tensor(filename, dtypes.string, "asset_filepath")
        get_default_graph().add_to_collection(GraphKeys.ASSET_FILEPATHS, self._filename)
        self._name = name or "text_file_init"
        self._how = {
            "key_index": key_index, "key_dtype": self._key_dtype, "value_index": value_index,
            "value_dtype": self._value_dtype, "delimiter": delimiter,
            "vocab_size": -1 if vocab_size is None else vocab_size,
        }

    def _check(self, key: int, value: int, vocab_size: int | None) -> None:
        """ValueError for columns and types that do not fit."""
        number, line = TextFileIndex.LINE_NUMBER, TextFileIndex.WHOLE_LINE
        for what, index, dtype in (("key", key, self._key_dtype),
                                   ("value", value, self._value_dtype)):
            wanted = None
            if index == number and dtype is not dtypes.int64:
                wanted = "int64, for the number of a line"
            text = dtype is dtypes.string or (what == "key" and dtype.is_integer)
            if index == line and not text:
                wanted = "string, for a whole line"
            if wanted:
                raise pt.ArgumentError(static.message(
                    f"Signature mismatch. {what.capitalize()}s must be of another dtype",
                    expected=wanted, got=dtype.name))
            if index < line:
                raise pt.ArgumentError(static.message(f"Invalid {what} index {index}."))
        if vocab_size is not None and vocab_size <= 0:
            raise pt.ArgumentError(static.message(f"Invalid vocab_size {vocab_size}."))
        if key == value:
            raise pt.ArgumentError(static.message(
                f"Key and value are the same {key}.", hint="give them columns of their own"))

    def initialize(self, table: Any) -> Any:
        """An operation that fills a table."""
        return self._filling(table, rows.FILL_FROM_FILE, [self._filename], self._name, self._how)


class TextFileStringTableInitializer(TextFileInitializer):
    """Fills a table from the numbers of lines to the lines."""

    def __init__(
        self, filename: Any, key_column_index: int = TextFileIndex.LINE_NUMBER,
        value_column_index: int = TextFileIndex.WHOLE_LINE, vocab_size: int | None = None,
        delimiter: str = "\t", name: str = "text_file_string_table_init",
    ) -> None:
        super().__init__(filename, dtypes.int64, key_column_index, dtypes.string,
                         value_column_index, vocab_size, delimiter, name)


class TextFileIdTableInitializer(TextFileInitializer):
    """Fills a table from lines to their numbers."""

    def __init__(
        self, filename: Any, key_column_index: int = TextFileIndex.WHOLE_LINE,
        value_column_index: int = TextFileIndex.LINE_NUMBER, vocab_size: int | None = None,
        delimiter: str = "\t", name: str = "text_file_id_table_init",
        key_dtype: Any = dtypes.string,
    ) -> None:
        super().__init__(filename, key_dtype, key_column_index, dtypes.int64, value_column_index,
                         vocab_size, delimiter, name)
