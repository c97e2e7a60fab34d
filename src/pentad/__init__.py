"""Pentad: deep learning in pure Python, one graph, native code of its own."""

from __future__ import annotations

from pentad.graph.config import VERSION as __version__

__all__ = ["__version__"]
