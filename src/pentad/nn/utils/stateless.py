"""Modules as functions of their parameters, by the older name; see pentad.func."""

from __future__ import annotations

from pentad.nn.stateless import functional_call

__all__ = ["functional_call"]
