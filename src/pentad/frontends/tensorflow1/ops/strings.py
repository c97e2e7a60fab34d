"""Texts: they are handled in Python, as arrays of bytes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.reductions import every_axis


def each(function: Callable[[bytes], Any], texts: Any, dtype: Any = object) -> Any:
    """An array of what a function gives for each text."""
    found = np.empty(np.shape(texts), dtype)
    flat = found.reshape(-1)
    for i, text in enumerate(np.asarray(texts, object).reshape(-1)):
        flat[i] = function(text)
    return flat.reshape(np.shape(texts))


def _elementwise(name: str, signature: str, run: Any, dtype: Any = dtypes.string) -> Any:
    return op(name, signature, run, host=True, differentiable=False,
              types=lambda x, *rest, **attrs: [
                  (attrs.get("out_type") or dtype, x.static_type.shape)])


_LENGTH = _elementwise(
    "StringLength", "input: string; unit='BYTE' -> output: int32",
    lambda x, unit: each(lambda t: len(t if unit == "BYTE" else t.decode()), x, np.int32),
    dtypes.int32)
_LOWER = _elementwise("StringLower", "input: string; encoding='' -> output: string",
                      lambda x, encoding: each(lambda t: t.decode().lower().encode(), x))
_UPPER = _elementwise("StringUpper", "input: string; encoding='' -> output: string",
                      lambda x, encoding: each(lambda t: t.decode().upper().encode(), x))
_STRIP = _elementwise("StringStrip", "input: string -> output: string",
                      lambda x: each(lambda t: t.strip(), x))
_REPLACE = _elementwise(
    "RegexReplace",
    "input: string, pattern: string, rewrite: string; replace_global=True -> output: string",
    lambda x, pattern, rewrite, replace_global: each(
        lambda t: re.sub(pattern.item(), _rewritten(rewrite.item()), t,
                         count=0 if replace_global else 1), x))
_MATCH = _elementwise(
    "RegexFullMatch", "input: string, pattern: string -> output: bool",
    lambda x, pattern: each(lambda t: re.fullmatch(pattern.item(), t) is not None, x, np.bool_),
    dtypes.bool_)
_SUBSTR = _elementwise(
    "Substr", "input: string, pos: T, len: T; unit='BYTE' -> output: string",
    lambda x, pos, length, unit: _parts(x, pos, length, unit))
_TO_NUMBER = _elementwise(
    "StringToNumber", "string_tensor: string; out_type=float32 -> output: out_type",
    lambda x, out_type: each(lambda t: _number(t, out_type), x, out_type.as_numpy_dtype))
_HASH = _elementwise(
    "StringToHashBucketFast", "input: string; num_buckets -> output: int64",
    lambda x, num_buckets: each(lambda t: _bucket(t, num_buckets), x, np.int64), dtypes.int64)
_STRONG = _elementwise(
    "StringToHashBucketStrong", "input: string; num_buckets, key -> output: int64",
    lambda x, num_buckets, key: each(lambda t: _bucket(repr(key).encode() + t, num_buckets), x,
                                     np.int64), dtypes.int64)
_ENCODE64 = _elementwise("EncodeBase64", "input: string; pad=False -> output: string",
                         lambda x, pad: each(lambda t: _encoded(t, pad), x))
_DECODE64 = _elementwise("DecodeBase64", "input: string -> output: string",
                         lambda x: each(lambda t: base64.urlsafe_b64decode(t + b"=="), x))
_AS_STRING = _elementwise(
    "AsString",
    "input: T; precision=-1, scientific=False, shortest=False, width=-1, fill='' -> "
    "output: string",
    lambda x, **form: each(_former(np.asarray(x).dtype, **form), x))


def _rewritten(text: bytes) -> bytes:
    return re.sub(rb"\\0", rb"\\g<0>", text)


def _parts(x: Any, pos: Any, length: Any, unit: str) -> Any:
    x, pos, length = np.broadcast_arrays(x, pos, length)
    found = np.empty(x.shape, object)
    for place in np.ndindex(x.shape):
        text, begin = x[place], int(pos[place])
        text = text if unit == "BYTE" else text.decode()
        begin = begin + len(text) if begin < 0 else begin
        if not 0 <= begin <= len(text):
            raise pt.IndexOutOfRange(static.message(
                f"pos {int(pos[place])} out of range for string {x[place]!r}"))
        part = text[begin:begin + int(length[place])]
        found[place] = part if unit == "BYTE" else part.encode()
    return found


def _number(text: bytes, out_type: Any) -> Any:
    try:
        return int(text) if out_type.is_integer else float(text)
    except ValueError:
        raise pt.ArgumentError(static.message(
            f"StringToNumberOp could not correctly convert string: {text!r}")) from None


def _bucket(text: bytes, count: int) -> int:
    """The bucket of a text: by a hash of Pentad's, not by TensorFlow's."""
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") % count


def _encoded(text: bytes, pad: bool) -> bytes:
    found = base64.urlsafe_b64encode(text)
    return found if pad else found.rstrip(b"=")


def _former(
    dtype: Any, precision: int, scientific: bool, shortest: bool, width: int, fill: str
) -> Callable[[Any], bytes]:
    if dtype == np.bool_:
        return lambda v: b"true" if v else b"false"
    kind = "d"
    if dtype.kind == "f":
        digits = "" if precision < 0 else f".{precision}"
        kind = digits + ("e" if scientific else "g" if shortest else "f")
    pattern = f"%{fill}{width if width >= 0 else ''}{kind}"
    return lambda v: (pattern % v).encode()


def string_length(input: Any, name: str | None = None, unit: str = "BYTE") -> Any:
    """How long texts are."""
    return _LENGTH(input, unit=unit, name=name)


def string_lower(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Texts in small letters."""
    return _LOWER(input, encoding=encoding, name=name)


def string_upper(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Texts in capital letters."""
    return _UPPER(input, encoding=encoding, name=name)


def string_strip(input: Any, name: str | None = None) -> Any:
    """Texts without white space around them."""
    return _STRIP(input, name=name)


def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Any:
    """Texts in which what matches a pattern is something else."""
    return _REPLACE(input, pattern, rewrite, replace_global=replace_global, name=name)


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Any:
    """Do texts match a pattern wholly?"""
    return _MATCH(input, pattern, name=name)


def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Any:
    """Parts of texts."""
    return _SUBSTR(input, pos, len, unit=unit, name=name)


def string_to_number(
    string_tensor: Any = None, out_type: Any = dtypes.float32, name: str | None = None,
    input: Any = None,
) -> Any:
    """The numbers that texts say."""
    return _TO_NUMBER(string_tensor if input is None else input, out_type=out_type, name=name)


def string_to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Any:
    """A number for each text, below num_buckets."""
    return _HASH(input, num_buckets=num_buckets, name=name)


def string_to_hash_bucket(
    string_tensor: Any = None, num_buckets: int | None = None, name: str | None = None,
    input: Any = None,
) -> Any:
    """A number for each text, below num_buckets."""
    return _HASH(string_tensor if input is None else input, num_buckets=num_buckets, name=name)


def string_to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Any, name: str | None = None
) -> Any:
    """A number for each text, below num_buckets, that depends on a key."""
    return _STRONG(input, num_buckets=num_buckets, key=list(key), name=name)


def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Any:
    """Texts in base 64, safe in addresses."""
    return _ENCODE64(input, pad=pad, name=name)


def decode_base64(input: Any, name: str | None = None) -> Any:
    """Texts out of base 64."""
    return _DECODE64(input, name=name)


def as_string(
    input: Any, precision: int = -1, scientific: bool = False, shortest: bool = False,
    width: int = -1, fill: str = "", name: str | None = None,
) -> Any:
    """Numbers as texts."""
    return _AS_STRING(input, precision=precision, scientific=scientific, shortest=shortest,
                      width=width, fill=fill, name=name)


# -- several texts -----------------------------------------------------------------------------


def _joined(*inputs: Any, separator: Any) -> Any:
    rows = np.broadcast_arrays(*[np.asarray(v, object) for v in inputs])
    between = separator.encode() if isinstance(separator, str) else separator
    found = np.empty(rows[0].shape, object)
    for place in np.ndindex(found.shape):
        found[place] = between.join(r[place] for r in rows)
    return found


def _joint_shape(*inputs: Any, **_: Any) -> Any:
    shape = next((x.static_type.shape for x in inputs if x.static_type.shape != ()), ())
    return [(dtypes.string, shape)]


_JOIN = op("StringJoin", "inputs: N*string; separator='' -> output: string", _joined, host=True,
           types=_joint_shape, differentiable=False)


def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Any:
    """Texts one behind the other, element by element."""
    return _JOIN(list(inputs), separator=separator, name=name)


def _reduced(inputs: Any, axes: Any, keep_dims: bool, separator: str) -> Any:
    found = np.asarray(inputs, object)
    order = [int(a) % found.ndim for a in np.asarray(axes).reshape(-1)]
    for axis in order:
        moved = np.moveaxis(found, axis, -1)
        joined = np.empty(moved.shape[:-1], object)
        for place in np.ndindex(joined.shape):
            joined[place] = separator.encode().join(moved[place])
        found = np.expand_dims(joined, axis)
    return found if keep_dims else np.squeeze(found, tuple(order)) if order else found


_REDUCE = op("ReduceJoin", "inputs: string, reduction_indices: int32; keep_dims=False, "
             "separator='' -> output: string", _reduced, host=True, differentiable=False,
             types=lambda x, axes, keep_dims, separator: [
                 (dtypes.string, () if axes.shape.num_elements() == x.shape.ndims
                  and not keep_dims else None)])


def reduce_join(
    inputs: Any, axis: Any = None, keep_dims: Any = None, separator: str = "",
    name: str | None = None, reduction_indices: Any = None, keepdims: Any = None,
) -> Any:
    """Texts joined over axes."""
    axis = reduction_indices if axis is None else axis
    keep = bool(keep_dims if keepdims is None else keepdims)
    with name_scope(name, "ReduceJoin", [inputs]) as scope:
        x = convert_to_tensor(inputs)
        axes = np.arange(x.shape.ndims - 1, -1, -1) if axis is None else every_axis(x, axis)
        return _REDUCE(x, convert_to_tensor(axes, preferred_dtype=dtypes.int32)
                       if hasattr(axes, "graph") else np.asarray(axes, np.int32), keep_dims=keep,
                       separator=separator, name=scope)


def _split(texts: Any, delimiter: Any, skip_empty: bool) -> Any:
    mark = delimiter.item() if np.ndim(delimiter) == 0 else delimiter[0]
    indices, values, longest = [], [], 0
    for i, text in enumerate(texts):
        if not mark:
            parts = [text[k:k + 1] for k in range(len(text))]
        else:
            parts = re.split(b"[" + re.escape(mark) + b"]", text)
        parts = [p for p in parts if p or not skip_empty]
        indices += [(i, k) for k in range(len(parts))]
        values += parts
        longest = max(longest, len(parts))
    found = np.empty(len(values), object)
    found[:] = values
    return (np.array(indices, np.int64).reshape(-1, 2), found,
            np.array([len(texts), longest], np.int64))


_SPLIT = op("StringSplit", "input: string, delimiter: string; skip_empty=True -> indices: int64, "
            "values: string, shape: int64", _split, host=True, differentiable=False,
            types=lambda *_, **__: [(dtypes.int64, (None, 2)), (dtypes.string, (None,)),
                                    (dtypes.int64, (2,))])
_SPLIT_V2 = op(
    "StringSplitV2", "input: string, sep: string; maxsplit=-1 -> indices: int64, values: string, "
    "shape: int64", lambda x, sep, maxsplit: _split_words(x, sep, maxsplit), host=True,
    differentiable=False,
    types=lambda *_, **__: [(dtypes.int64, (None, 2)), (dtypes.string, (None,)),
                            (dtypes.int64, (2,))])


def _split_words(texts: Any, sep: Any, maxsplit: int) -> Any:
    rows = [t.split(sep.item() or None, maxsplit) for t in texts]
    indices = [(i, k) for i, row in enumerate(rows) for k in range(len(row))]
    found = np.empty(len(indices), object)
    found[:] = [part for row in rows for part in row]
    longest = max((len(r) for r in rows), default=0)
    return (np.array(indices, np.int64).reshape(-1, 2), found,
            np.array([len(rows), longest], np.int64))


def string_split(
    source: Any = None, sep: Any = None, skip_empty: bool = True, delimiter: Any = None,
    result_type: str = "SparseTensor", name: str | None = None,
) -> Any:
    """The parts of texts between delimiters, as a SparseTensor."""
    from pentad.frontends.tensorflow1.framework.sparse import SparseTensor

    mark = delimiter if sep is None else sep
    found = _SPLIT(source, " " if mark is None else mark, skip_empty=skip_empty, name=name)
    return SparseTensor(*found)


def strings_split(
    input: Any = None, sep: Any = None, maxsplit: int = -1, result_type: str = "SparseTensor",
    source: Any = None, name: str | None = None,
) -> Any:
    """The parts of texts between separators, at white space if none is given."""
    from pentad.frontends.tensorflow1.framework.sparse import SparseTensor

    if result_type not in ("SparseTensor", None):
        raise pt.ArgumentError(static.message("strings.split gives a SparseTensor only",
                                              got=repr(result_type)))
    found = _SPLIT_V2(source if input is None else input, sep or "", maxsplit=maxsplit, name=name)
    return SparseTensor(*found)


def _formatted(*inputs: Any, template: str, placeholder: str, summarize: int) -> Any:
    from pentad.frontends.tensorflow1.ops.checks import _pretty

    pieces = template.split(placeholder)
    text = pieces[0] + "".join(
        _pretty(v, summarize) + rest for v, rest in zip(inputs, pieces[1:]))
    return np.asarray(text.encode(), object)


_FORMAT = op("StringFormat", "inputs: T...; template='%s', placeholder='%s', summarize=3 -> "
             "output: string", _formatted, host=True, differentiable=False,
             types=lambda *_, **__: [(dtypes.string, ())])


def string_format(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3,
    name: str | None = None,
) -> Any:
    """A text in which places are filled with what tensors are."""
    inputs = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    if template.count(placeholder) != len(inputs):
        raise pt.ArgumentError(
            f"{template.count(placeholder)} placeholder(s) in template does not match "
            f"{len(inputs)} tensor(s) provided as input")
    return _FORMAT(inputs, template=template, placeholder=placeholder, summarize=summarize,
                   name=name)



