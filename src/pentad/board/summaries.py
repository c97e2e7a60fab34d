"""Values as TensorBoard's messages: one function for each kind, each of which gives a Summary."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import formats
from pentad.board.package import part, proto
from pentad.board.values import Array


def summary(tag: str, metadata: Any = None, **value: Any) -> Any:
    """A summary of one value."""
    kind = proto("summary").Summary
    return kind(value=[kind.Value(tag=tag, metadata=metadata, **value)])


def tensor(values: Any) -> Any:
    """An array, or texts, as a message."""
    return part("util.tensor_util").make_tensor_proto(values)


def metadata(plugin: str, content: bytes = b"", data_class: str = "DATA_CLASS_TENSOR") -> Any:
    """What belongs to a tag: which plugin shows it, and what that has to know."""
    kinds = proto("summary")
    data = kinds.SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    return kinds.SummaryMetadata(plugin_data=data, data_class=kinds.DataClass.Value(data_class))


def scalar(tag: str, value: float) -> Any:
    """A number in single precision, as TensorFlow 1 wrote it."""
    return summary(tag, simple_value=value)


def scalar_tensor(tag: str, value: float, double: bool) -> Any:
    """A number as TensorFlow 2 writes it."""
    made = tensor(np.array(value, np.float64 if double else np.float32))
    return summary(tag, part("plugins.scalar.metadata").create_summary_metadata("", ""),
                   tensor=made)


def tensor_summary(tag: str, values: Array) -> Any:
    """Any array; no plugin of TensorBoard's own shows it."""
    return summary(tag, metadata("tensor"), tensor=tensor(values))


def text(tag: str, words: str) -> Any:
    """A text, which TensorBoard shows as Markdown."""
    made = tensor(np.array([words.encode()], object))
    kinds = part("plugins.text.metadata")
    return summary(f"{tag}/text_summary", kinds.create_summary_metadata("", ""), tensor=made)


def audio(tag: str, samples: Array, rate: int) -> Any:
    """Samples from -1 to 1 as a sound of one channel, 16 bits."""
    whole = (samples.clip(-1, 1) * 32767).astype("<i2").reshape(-1, 1)
    sound = proto("summary").Summary.Audio(
        sample_rate=rate, num_channels=1, length_frames=len(whole),
        encoded_audio_string=formats.media.wav(whole, rate), content_type="audio/wav")
    return summary(tag, audio=sound)


def histogram(tag: str, low: float, high: float, counts: Any, limits: Any, num: float, sum: float,
              sum_squares: float) -> Any:
    """Counts of values in buckets, with the upper limits of these."""
    made = proto("summary").HistogramProto(
        min=low, max=high, num=num, sum=sum, sum_squares=sum_squares,
        bucket_limit=limits, bucket=counts)
    return summary(tag, histo=made)


def custom_scalars(layout: dict[str, dict[str, list[Any]]]) -> Any:
    """A layout {category: {chart: [kind, tags]}} for the page of custom scalars."""
    kinds = part("plugins.custom_scalar.layout_pb2")
    categories = [
        kinds.Category(title=title, chart=[_chart(kinds, name, *c) for name, c in charts.items()])
        for title, charts in layout.items()]
    content = kinds.Layout(category=categories).SerializeToString()
    return summary("custom_scalars__config__", metadata("custom_scalars"),
                   tensor=tensor(np.array(content, object)))


def _chart(kinds: Any, title: str, kind: str, tags: list[str]) -> Any:
    if kind == "Margin":
        value, lower, upper = tags
        series = kinds.MarginChartContent.Series(value=value, lower=lower, upper=upper)
        return kinds.Chart(title=title, margin=kinds.MarginChartContent(series=[series]))
    return kinds.Chart(title=title, multiline=kinds.MultilineChartContent(tag=tags))


def mesh(tag: str, parts: dict[str, Array], config: str) -> Any:
    """Points (VERTEX), and the triangles (FACE) and colours (COLOR) of these, each (batch, n, 3).
    """
    shown = part("plugins.mesh.metadata")
    kinds = part("plugins.mesh.plugin_data_pb2").MeshPluginData
    sorts = {name: kinds.ContentType.Value(name) for name in parts}
    components = shown.get_components_bitmask(list(sorts.values()))
    made = proto("summary").Summary()
    for name, values in parts.items():
        about = shown.create_summary_metadata(
            tag, None, sorts[name], components, list(values.shape), None, json_config=config)
        numbers = tensor(values.astype(np.float32))
        made.value.extend(summary(shown.get_instance_name(tag, sorts[name]), about,
                                  tensor=numbers).value)
    return made
