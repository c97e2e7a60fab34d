"""Readers and writers of model files: pure data, bounded, written whole or not at all.

    from pentad import formats

`checkpoints` reads and writes TensorFlow's checkpoints, `tfrecord` files of records, `tensorflow`
has the messages in them (graphs, events, examples), `text_format` their text form. What a reader
takes at most stands in `limits`. Files that are not what they should be raise FormatError.
"""

from pentad.formats import (
           checkpoints,
           crc32c,
           files,
           limits,
           messages,
           tensorflow,
           text_format,
           tfrecord,
           wire,
)

__all__ = ["checkpoints", "crc32c", "files", "limits", "messages", "tensorflow", "text_format",
           "tfrecord", "wire"]
