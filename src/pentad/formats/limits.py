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
