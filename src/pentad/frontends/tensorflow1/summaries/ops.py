"""tf.summary: operations whose results FileWriter writes for TensorBoard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pentad import formats, static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.messages import (
    Summary,
    SummaryDescription,
    SummaryMetadata,
)
from pentad.frontends.tensorflow1.summaries import encoding

tensors = formats.tensorflow.tensors
_ILLEGAL = re.compile(r"[^-/\w\.]")


def _text(value: Any) -> str:
    found = np.asarray(value, object).reshape(-1)[0]
    return found.decode() if isinstance(found, bytes) else found


def _result(summary: Any) -> Any:
    made = np.empty((), object)
    made[()] = summary.SerializeToString()
    return made


def _one_text(*inputs: Any, **attrs: Any) -> list[Any]:
    return [(dtypes.string, ())]


def _host(name: str, signature: str, run: Any) -> Any:
    return op(name, signature, run, types=_one_text, host=True, differentiable=False)


def _scalars(tags: Any, values: Any) -> Any:
    if np.shape(tags) != np.shape(values):
        raise errors.InvalidArgumentError(None, None, static.message(
            "tags and values not the same shape", expected=str(np.shape(tags)),
            got=f"{np.shape(values)} (tag '{_text(tags)}')"))
    names = [t.decode() for t in np.asarray(tags, object).reshape(-1)]
    return _result(Summary(value=[
        Summary.Value(tag=t, simple_value=v) for t, v in zip(names, np.reshape(values, -1))]))


def _histogram(tag: Any, values: Any) -> Any:
    made = encoding.histogram(values)
    return _result(Summary(value=[Summary.Value(tag=_text(tag), histo=made)]))


def _images(tag: Any, tensor: Any, max_images: int, bad_color: Any = None) -> Any:
    tag, made = _text(tag), Summary()
    if tensor.ndim != 4 or tensor.shape[3] not in (1, 3, 4):
        raise errors.InvalidArgumentError(None, None, static.message(
            "Tensor must be 4-D with last dim 1, 3, or 4", got=str(tensor.shape)))
    bad = (255, 0, 0, 255) if bad_color is None else np.reshape(bad_color, -1)
    for i, image in enumerate(tensor[:max_images]):
        name = f"{tag}/image" if max_images == 1 else f"{tag}/image/{i}"
        made.value.append(encoding.image_value(name, image, bad))
    return _result(made)


def _sounds(tag: Any, tensor: Any, sample_rate: Any, max_outputs: int) -> Any:
    tag, made = _text(tag), Summary()
    for i, samples in enumerate(tensor[:max_outputs]):
        name = f"{tag}/audio" if max_outputs == 1 else f"{tag}/audio/{i}"
        samples = samples.reshape(len(samples), -1)
        made.value.append(encoding.audio_value(name, samples, float(sample_rate)))
    return _result(made)


def _tensors(tag: Any, tensor: Any, metadata: Any) -> Any:
    value = Summary.Value(tag=_text(tag))
    value.tensor.CopyFrom(tensors.make_tensor_proto(tensor))
    value.metadata.CopyFrom(SummaryMetadata.FromString(np.asarray(metadata, object).item()))
    return _result(Summary(value=[value]))


def _merged(*inputs: Any) -> Any:
    made, seen = Summary(), set()
    for value in inputs:
        for data in np.asarray(value, object).reshape(-1):
            for row in Summary.FromString(data).value:
                if row.tag in seen:
                    raise errors.InvalidArgumentError(None, None, static.message(
                        f"Duplicate tag {row.tag} found in summary inputs"))
                seen.add(row.tag)
                made.value.append(row)
    return _result(made)


_SCALAR = _host("ScalarSummary", "tags: string, values: T -> summary: string", _scalars)
_HISTOGRAM = _host("HistogramSummary", "tag: string, values: T -> summary: string", _histogram)
_IMAGE = _host("ImageSummary",
               "tag: string, tensor: T; max_images=3, bad_color=None -> summary: string", _images)
_AUDIO = _host("AudioSummaryV2", "tag: string, tensor: float32, sample_rate: float32; "
               "max_outputs=3 -> summary: string", _sounds)
_TENSOR = _host("TensorSummaryV2", "tag: string, tensor: T, serialized_summary_metadata: string "
                "-> summary: string", _tensors)
_MERGE = _host("MergeSummary", "inputs: N*string -> summary: string", _merged)


@contextmanager
def _scope(name: str, family: str | None, values: Any) -> Iterator[tuple[str, str]]:
    """The tag of a summary, and the scope of its operations."""
    name = _clean(name)
    family = None if family is None else _clean(family)
    base = name if family is None else f"{family}/{name}"
    with name_scope(base, None, values) as scope:
        tag = scope.rstrip("/")
        yield tag if family is None else f"{family}/{tag}", scope


def _clean(name: str) -> str:
    """A name as tags may be: other characters become underscores."""
    return _ILLEGAL.sub("_", name).lstrip("/")


def _collected(value: Any, collections: Any) -> Any:
    keys = [GraphKeys.SUMMARIES] if collections is None else collections
    get_default_graph().add_to_collections(keys, value)
    return value


def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Any:
    """A number."""
    with _scope(name, family, [tensor]) as (tag, scope):
        return _collected(_SCALAR(_tags(tag), convert_to_tensor(tensor), name=scope), collections)


def _tags(tag: str) -> Any:
    return convert_to_tensor(tag, dtypes.string, name="tags")


def _numbers(values: Any) -> Any:
    """A tensor; arrays become float32 where they can."""
    return convert_to_tensor(values, preferred_dtype=dtypes.float32)


def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Any:
    """The distribution of values."""
    with _scope(name, family, [values]) as (tag, scope):
        return _collected(_HISTOGRAM(_tags(tag), _numbers(values), name=scope), collections)


def image(
    name: str, tensor: Any, max_outputs: int = 3, collections: Any = None,
    family: str | None = None,
) -> Any:
    """Images: (batch, height, width, channels), of bytes or of numbers, which are scaled."""
    with _scope(name, family, [tensor]) as (tag, scope):
        return _collected(_IMAGE(_tags(tag), _numbers(tensor), max_images=max_outputs, name=scope),
                          collections)


def audio(
    name: str, tensor: Any, sample_rate: Any, max_outputs: int = 3, collections: Any = None,
    family: str | None = None,
) -> Any:
    """Sounds: (batch, frames) or (batch, frames, channels), from -1 to 1."""
    with _scope(name, family, [tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtypes.float32, name="sample_rate")
        return _collected(_AUDIO(_tags(tag), convert_to_tensor(tensor), rate,
                                 max_outputs=max_outputs, name=scope), collections)


def tensor_summary(
    name: str, tensor: Any, summary_description: Any = None, collections: Any = None,
    summary_metadata: Any = None, family: str | None = None, display_name: str | None = None,
) -> Any:
    """Any tensor, for a plugin of TensorBoard."""
    metadata = SummaryMetadata()
    if summary_metadata is not None:
        metadata.CopyFrom(summary_metadata)
    metadata.display_name = display_name or metadata.display_name or name
    if summary_description is not None:
        metadata.summary_description = str(summary_description)
    with _scope(name, family, [tensor]) as (tag, scope):
        data = convert_to_tensor(metadata.SerializeToString(), dtypes.string, name="metadata")
        return _collected(_TENSOR(_tags(tag), convert_to_tensor(tensor), data, name=scope),
                          collections)


def text(name: str, tensor: Any, collections: Any = None) -> Any:
    """Texts, which TensorBoard shows as Markdown."""
    tensor = convert_to_tensor(tensor)
    if tensor.dtype.base_dtype is not dtypes.string:
        raise TypeError(static.message(
            f"Expected tensor {tensor.name} to have dtype string", got=tensor.dtype.name))
    metadata = SummaryMetadata(plugin_data={"plugin_name": "text"})
    return tensor_summary(name, tensor, summary_metadata=metadata, collections=collections)


def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Any:
    """One summary of several."""
    inputs = [convert_to_tensor(v, dtypes.string) for v in inputs]
    with name_scope(name, "Merge", inputs) as scope:
        found = _MERGE(inputs, name=scope)
    get_default_graph().add_to_collections(collections or [], found)
    return found


def merge_all(
    key: Any = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Any:
    """One summary of all of the default graph, None if it has none."""
    found = get_default_graph().get_collection(key, scope)
    return merge(found, name=name) if found else None


def get_summary_description(node_def: Any) -> Any:
    """The description of a summary operation."""
    if node_def.op != "TensorSummary":
        raise ValueError(static.message("Can't get_summary_description on a node that is no "
                                        "TensorSummary", got=node_def.op))
    return SummaryDescription(type_hint=node_def.attr["description"].s.decode())


def initialize(graph: Any = None, session: Any = None) -> None:
    """Nothing has to be initialised."""


def all_v2_summary_ops() -> list[Any]:
    """The summary operations of the second kind: none, since they need eager execution."""
    return []


__all__ = ["audio", "histogram", "image", "merge", "merge_all", "scalar", "text"]
