"""What a model is made of: its parts, what they give and cost, and how values flow through them."""

from __future__ import annotations

from pentad.nn.anatomy.record import Anatomy, Box, Call, anatomy
from pentad.nn.anatomy.summary import Summary, summary

__all__ = ["Anatomy", "Box", "Call", "Summary", "anatomy", "summary"]
