"""Pictures of trainings and models, as SVG and PNG: `pentad.plot`, `pentad.draw`."""

from __future__ import annotations

from pentad.pictures.canvas import Picture
from pentad.pictures.draw import draw
from pentad.pictures.plot import plot

__all__ = ["Picture", "draw", "plot"]
