"""The error for a file that is not there."""

from __future__ import annotations

from pentad.graph.errors import ResourceError


class MissingFile(ResourceError, FileNotFoundError):
    """A file that is not there: what programs catch as FileNotFoundError, as everywhere."""
