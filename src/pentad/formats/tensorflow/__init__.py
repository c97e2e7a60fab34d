"""TensorFlow's files: checkpoints of both versions, messages of graphs, events and examples."""

from pentad.formats.tensorflow import events, examples, graphs, objects, slices, tensors

__all__ = ["events", "examples", "graphs", "objects", "slices", "tensors"]
