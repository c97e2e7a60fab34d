"""Tables that are filled once: from keys to values, and from words to numbers."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.resources import SCALAR, apply, handle
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.lookup import rows
from pentad.frontends.tensorflow1.lookup.initializers import (
    KeyValueTensorInitializer,
    TextFileIdTableInitializer,
    TextFileIndex,
    TextFileStringTableInitializer,
)
from pentad.frontends.tensorflow1.ops import strings
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.identity import no_op


class LookupInterface:
    """The base of tables: `lookup(keys)`, `size()`, the types of keys and values."""

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

    @property
    def name(self) -> str:
        """The table's name."""
        raise NotImplementedError

    def size(self, name: str | None = None) -> Any:
        """How many entries there are, as a tensor."""
        raise NotImplementedError

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of keys."""
        raise NotImplementedError

    def _keys(self, keys: Any) -> Any:
        """Keys as a tensor; TypeError if they are of another type than the table's."""
        if not isinstance(keys, SparseTensor):
            keys = convert_to_tensor(keys)
        if keys.dtype.base_dtype != self._key_dtype:
            raise TypeError(static.message(
                "Signature mismatch. Keys are of another dtype", expected=self._key_dtype.name,
                got=repr(keys), hint=f"use tf.cast(..., tf.{self._key_dtype.name})"))
        return keys


class Held(LookupInterface):
    """A table that the session holds."""

    KEY_AXES, VALUE_AXES = 0, 0

    def __init__(
        self, op: Any, key_dtype: Any, value_dtype: Any, default_value: Any, name: str,
        shared_name: str | None = None, mutable: bool = False,
    ) -> None:
        super().__init__(key_dtype, value_dtype)
        with get_default_graph().control_dependencies(None):
            self._default_value = convert_to_tensor(default_value, self._value_dtype)
            self.resource_handle = handle(op, name, shared=shared_name, mutable=mutable)

    @property
    def name(self) -> str:
        """The table's name."""
        return str(self.resource_handle.op.name).rpartition("/")[2]

    def size(self, name: str | None = None) -> Any:
        """How many entries there are, as a tensor."""
        return apply(rows.SIZE, [self.resource_handle], [(dtypes.int64, SCALAR)],
                     name or f"{self.name}_Size").outputs[0]

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of keys, the default value for those that it has not."""
        keys = self._keys(keys)
        if isinstance(keys, SparseTensor):
            return SparseTensor(keys.indices, self.lookup(keys.values, name), keys.dense_shape)
        shape, rank = keys.shape, self.KEY_AXES
        outer = TensorShape(None) if shape.ndims is None else shape[:shape.ndims - rank]
        return apply(
            rows.FIND, [self.resource_handle, keys, self._default_value],
            [(self._value_dtype, outer.concatenate(self._default_value.shape))],
            name or f"{self.name}_Lookup", key_rank=rank).outputs[0]

    def export(self, name: str | None = None) -> Any:
        """All keys and all values."""
        shapes = [self._key_shape(), TensorShape(self._default_value.shape)]
        made = apply(
            rows.EXPORT, [self.resource_handle],
            [(t, TensorShape([None]).concatenate(s))
             for t, s in zip((self._key_dtype, self._value_dtype), shapes)],
            name or f"{self.name}_export_values", shapes=[tuple(s.as_list()) for s in shapes])
        return tuple(made.outputs)

    def _key_shape(self) -> TensorShape:
        return TensorShape([])


class InitializableLookupTableBase(Held):
    """A table with an operation that fills it, `initializer`."""

    def __init__(
        self, default_value: Any, initializer: Any, shared_name: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(rows.TABLE, initializer.key_dtype, initializer.value_dtype,
                         default_value, name or "hash_table", shared_name)
        with get_default_graph().control_dependencies(None):
            self._init_op = initializer.initialize(self)

    @property
    def initializer(self) -> Any:
        """The operation that fills it."""
        return self._init_op

    init = initializer

    @property
    def default_value(self) -> Any:
        """What keys have that it has not."""
        return self._default_value


class StaticHashTable(InitializableLookupTableBase):
    """A table that is filled once."""

    def __init__(self, initializer: Any, default_value: Any, name: str | None = None) -> None:
        super().__init__(default_value, initializer, None, name)


class HashTable(InitializableLookupTableBase):
    """A table that is filled once; sessions share it by its shared_name."""

    def __init__(
        self, initializer: Any, default_value: Any, shared_name: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(default_value, initializer, shared_name, name)


# -- words outside of the vocabulary -----------------------------------------------------------


class HasherSpec(namedtuple("HasherSpec", ["hasher", "key"])):
    """How keys outside of a vocabulary are spread over buckets."""

    __slots__ = ()


FastHashSpec = HasherSpec("fasthash", None)


class StrongHashSpec(HasherSpec):
    """Buckets that depend on a key of two numbers."""

    __slots__ = ()

    def __new__(cls, key: Any) -> StrongHashSpec:
        if len(key) != 2:
            raise pt.ArgumentError(static.message(
                f"key must have size 2, got {len(key)}.", got=repr(key)))
        if not all(isinstance(k, int) for k in key):
            raise TypeError(static.message("Invalid key. Must be unsigned integer values.",
                                           got=repr(key)))
        return super().__new__(cls, "stronghash", key)


class IdTableWithHashBuckets(LookupInterface):
    """Numbers of words: those of a table, and behind these a few for all words that it has not."""

    def __init__(
        self, table: Any, num_oov_buckets: int, hasher_spec: HasherSpec = FastHashSpec,
        name: str | None = None, key_dtype: Any = None,
    ) -> None:
        own = dtypes.string if table is None else table.key_dtype
        super().__init__(key_dtype or own, dtypes.int64)
        if table is None and num_oov_buckets <= 0:
            raise pt.ArgumentError("oov_buckets must be > 0 if no table is supplied.")
        if own not in (dtypes.int64, dtypes.string) or own.is_integer != self._key_dtype.is_integer:
            raise TypeError(static.message(
                "Invalid key dtype", expected="string, or integers for a table of int64",
                got=f"{self._key_dtype.name} for a table of {own.name}"))
        if table is not None and table.value_dtype is not dtypes.int64:
            raise TypeError(static.message("Invalid value dtype", expected="int64",
                                           got=table.value_dtype.name))
        if not isinstance(hasher_spec, HasherSpec):
            raise TypeError(f"hasher_spec must be of type HasherSpec, got {hasher_spec}")
        self._table, self._num_oov_buckets, self._spec = table, num_oov_buckets, hasher_spec
        self._name = (name or (table.name if table is not None else "hash_bucket")).rstrip("/")

    @property
    def name(self) -> str:
        """The table's name."""
        return self._name.rpartition("/")[2]

    @property
    def resource_handle(self) -> Any:
        """The tensor that stands for the table, None if there is none."""
        return None if self._table is None else self._table.resource_handle

    @property
    def initializer(self) -> Any:
        """The operation that fills it."""
        return no_op("init") if self._table is None else self._table.initializer

    init = initializer

    def size(self, name: str | None = None) -> Any:
        """How many numbers there are."""
        with name_scope(name, f"{self.name}_Size"):
            own: Any = (convert_to_tensor(0, dtypes.int64) if self._table is None
                        else self._table.size())
            return own + self._num_oov_buckets

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The numbers of keys."""
        keys = self._keys(keys)
        if isinstance(keys, SparseTensor):
            return SparseTensor(keys.indices, self.lookup(keys.values, name), keys.dense_shape)
        if self._table is not None and self._table.key_dtype is dtypes.int64:
            keys = cast(keys, dtypes.int64)
        if not self._num_oov_buckets:
            return self._table.lookup(keys, name)
        with name_scope(name, f"{self.name}_Lookup"):
            buckets = self._buckets(
                keys if keys.dtype.base_dtype is dtypes.string else strings.as_string(keys))
            if self._table is None:
                return buckets
            from pentad.frontends.tensorflow1.ops.comparison import not_equal, where_v2

            ids = self._table.lookup(keys)
            known = not_equal(ids, self._table.default_value)
            return where_v2(known, ids, buckets + self._table.size())

    def _buckets(self, texts: Any) -> Any:
        count = self._num_oov_buckets
        if self._spec.hasher == "stronghash":
            return strings.string_to_hash_bucket_strong(texts, count, self._spec.key)
        if self._spec.hasher == "legacy":
            return strings.string_to_hash_bucket(texts, count)
        if self._spec.hasher != "fasthash":
            raise pt.ArgumentError(static.message(
                f"Unknown hasher {self._spec.hasher}", expected="fasthash, stronghash or legacy"))
        return strings.string_to_hash_bucket_fast(texts, count, name="hash_bucket")


class StaticVocabularyTable(IdTableWithHashBuckets):
    """Numbers of words: those of an initializer, and behind these a few for all others."""

    def __init__(
        self, initializer: Any, num_oov_buckets: int, lookup_key_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        if num_oov_buckets <= 0:
            raise pt.ArgumentError("oov_buckets must be > 0.")
        table = None if initializer is None else StaticHashTable(initializer, -1)
        super().__init__(table, num_oov_buckets, FastHashSpec, name, lookup_key_dtype)


# -- the functions -----------------------------------------------------------------------------


def _checked(num_oov_buckets: int, dtype: Any) -> Any:
    dtype = dtypes.as_dtype(dtype)
    if num_oov_buckets < 0:
        raise pt.ArgumentError(
            f"num_oov_buckets must be greater or equal than 0, got {num_oov_buckets}.")
    if not dtype.is_integer and dtype is not dtypes.string:
        raise TypeError("Only integer and string keys are supported.")
    return dtype


def _file_given(vocabulary_file: Any, vocab_size: int | None) -> None:
    if vocabulary_file is None or (isinstance(vocabulary_file, str) and not vocabulary_file):
        raise pt.ArgumentError("vocabulary_file must be specified and must not be empty.")
    if vocab_size is not None and vocab_size < 1:
        raise pt.ArgumentError(static.message(
            f"vocab_size must be greater than 0, got {vocab_size}. vocabulary_file: "
            f"{vocabulary_file}"))


def index_table_from_file(
    vocabulary_file: Any = None, num_oov_buckets: int = 0, vocab_size: int | None = None,
    default_value: int = -1, hasher_spec: Any = FastHashSpec, key_dtype: Any = dtypes.string,
    name: str | None = None, key_column_index: int = TextFileIndex.WHOLE_LINE,
    value_column_index: int = TextFileIndex.LINE_NUMBER, delimiter: str = "\t",
) -> Any:
    """The table from the lines of a file to their numbers."""
    _file_given(vocabulary_file, vocab_size)
    dtype = _checked(num_oov_buckets, key_dtype)
    with name_scope(name, "string_to_index"), name_scope(None, "hash_table"):
        filling = TextFileIdTableInitializer(
            vocabulary_file, key_column_index, value_column_index, vocab_size, delimiter,
            "table_init", dtypes.int64 if dtype.is_integer else dtype)
        table: Any = StaticHashTable(filling, default_value)
    if num_oov_buckets:
        table = IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, key_dtype=dtype)
    return table


def index_table_from_tensor(
    vocabulary_list: Any, num_oov_buckets: int = 0, default_value: int = -1,
    hasher_spec: Any = FastHashSpec, dtype: Any = dtypes.string, name: str | None = None,
    mapping: Any = None,
) -> Any:
    """The table from the elements of a tensor to their places; `mapping` is its older name."""
    from pentad.frontends.tensorflow1.ops.creation import range as range_
    from pentad.frontends.tensorflow1.ops.shaping import size

    vocabulary_list = mapping if vocabulary_list is None else vocabulary_list
    if vocabulary_list is None:
        raise pt.ArgumentError("vocabulary_list must be specified.")
    dtype = _checked(num_oov_buckets, dtype)
    with name_scope(name, "string_to_index"):
        keys = convert_to_tensor(vocabulary_list)
        own = keys.dtype.base_dtype
        if own.is_integer != dtype.is_integer or (not dtype.is_integer and own is not dtype):
            raise pt.ArgumentError(static.message(
                "the vocabulary is of another type than the keys", expected=dtype.name,
                got=own.name))
        keys = cast(keys, dtypes.int64) if own.is_integer else keys
        with name_scope(None, "hash_table"):
            filling = KeyValueTensorInitializer(
                keys, cast(range_(size(keys)), dtypes.int64), name="table_init")
            table: Any = StaticHashTable(filling, default_value)
    if num_oov_buckets:
        table = IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, key_dtype=dtype)
    return table


def index_to_string_table_from_file(
    vocabulary_file: Any, vocab_size: int | None = None, default_value: str = "UNK",
    name: str | None = None, key_column_index: int = TextFileIndex.LINE_NUMBER,
    value_column_index: int = TextFileIndex.WHOLE_LINE, delimiter: str = "\t",
) -> Any:
    """The table from the numbers of a file's lines to the lines."""
    _file_given(vocabulary_file, vocab_size)
    with name_scope(name, "index_to_string"):
        return StaticHashTable(TextFileStringTableInitializer(
            vocabulary_file, key_column_index, value_column_index, vocab_size, delimiter,
            "table_init"), default_value)


def index_to_string_table_from_tensor(
    vocabulary_list: Any, default_value: str = "UNK", name: str | None = None, mapping: Any = None,
) -> Any:
    """The table from the places of a tensor's elements to the elements."""
    from pentad.frontends.tensorflow1.ops.creation import range as range_
    from pentad.frontends.tensorflow1.ops.shaping import size

    vocabulary_list = mapping if vocabulary_list is None else vocabulary_list
    if vocabulary_list is None:
        raise pt.ArgumentError("vocabulary_list must be specified.")
    with name_scope(name, "index_to_string"):
        values = convert_to_tensor(vocabulary_list, dtypes.string)
        keys = cast(range_(size(values)), dtypes.int64)
        return StaticHashTable(
            KeyValueTensorInitializer(keys, values, name="table_init"), default_value)


string_to_index_table_from_file = index_table_from_file
string_to_index_table_from_tensor = index_table_from_tensor


def string_to_index(
    tensor: Any, mapping: Any, default_value: int = -1, name: str | None = None
) -> Any:
    """The places of texts in a vocabulary."""
    return index_table_from_tensor(mapping, 0, default_value, name=name).lookup(tensor)


def index_to_string(
    tensor: Any, mapping: Any, default_value: str = "UNK", name: str | None = None
) -> Any:
    """The texts at places in a vocabulary."""
    return index_to_string_table_from_tensor(mapping, default_value, name).lookup(tensor)
