"""What a reader takes at most from a file, whatever the file declares.

Sizes that a file declares are compared with its length before anything is allocated; these limits
hold besides. They are generous for real models and small enough that a hostile file costs seconds.
"""

from __future__ import annotations

MESSAGE_DEPTH = 64
"""Messages within messages of a protocol buffer, blocks within blocks of its text form."""

MESSAGE_BYTES = 2 << 30
"""One protocol buffer: the format's own limit."""

TEXT_BYTES = 256 << 20
"""A protocol buffer in its text form."""

PROJECTOR_BYTES = 16 << 20
"""The configuration of TensorBoard's projector."""

RANK = 254
"""Axes of a tensor: the limit of TensorFlow."""

ELEMENTS = 1 << 40
"""Elements of one tensor."""

EXPANSION = 64
"""How many bytes one byte of Snappy data may become; its densest element gives 64 for 3."""

BLOCK_BYTES = 1 << 30
"""One block of a table, when unpacked."""

TABLE_ENTRIES = 4_000_000
"""Keys of one table."""

SHARDS = 100_000
"""Data files of one checkpoint."""

RECORD_BYTES = 1 << 30
"""One record of a TFRecord file."""

ARCHIVE_ENTRIES = 1_000_000
"""Entries of a zip archive."""

ARCHIVE_DIRECTORY = 256 << 20
"""The directory of a zip archive."""

EXPANDED = 100
"""How many bytes one byte of a file may become: by Deflate, by strides that repeat elements."""

EXPANDED_BYTES = 64 << 20
"""So many bytes may come of however few."""

NAME_BYTES = 1024
"""The name of an entry of an archive, of a class in a pickle."""

MADE = 4
"""How many bytes one byte of a file of PyTorch may become by steps that copy: an array of NumPy is
a text first, then bytes, then an array."""

MADE_BYTES = 256 << 20
"""So many bytes may come of however few."""

PICKLE_BYTES = 2 << 30
"""The pickle in a file of PyTorch: names, numbers, arrays of NumPy; not the values of tensors."""

PICKLE_STEPS = 8_000_000
"""Operations of a pickle."""

PICKLE_MEMO = 2_000_000
"""What a pickle keeps to refer to it again."""

PICKLE_DEPTH = 64
"""Containers within containers of a pickle."""

PICKLE_ITEMS = 16_000_000
"""What its containers hold, counted as often as it is reached."""

PICKLE_TEXT = 2 << 30
"""One text of a pickle, which may be the values of an array of NumPy."""

PICKLE_KEY = 1 << 60
"""An integer that is a key: beyond this, keys of equal hashes make a dict slow."""

TORCH_RANK = 64
"""Axes of a tensor in a file of PyTorch or NumPy: NumPy's limit."""
