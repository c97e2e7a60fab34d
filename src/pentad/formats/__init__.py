"""Readers and writers of model files: pure data, bounded, written whole or not at all.

    from pentad import formats

`torch` reads and writes PyTorch's files, `npz` NumPy's, `weights` is what `pentad.save` and
`pentad.load` do, `conversion` what `pentad convert` does. `checkpoints` reads and writes
TensorFlow's checkpoints, `tfrecord` files of records, `tensorflow` has the messages in them
(graphs, events, examples), `text_format` their text form. What a reader takes at most stands in
`limits`. Files that are not what they should be raise FormatError.
"""

from pentad.formats import (
           archive,
           checkpoints,
           conversion,
           crc32c,
           files,
           limits,
           media,
           messages,
           npz,
           tensorflow,
           text_format,
           tfrecord,
           torch,
           weights,
           wire,
)

__all__ = ["archive", "checkpoints", "conversion", "crc32c", "files", "limits", "media", "messages",
           "npz", "tensorflow", "text_format", "tfrecord", "torch", "weights", "wire"]
