"""tf.data.Options: how data sets are optimised and run. Kept, without effect."""

from __future__ import annotations

from typing import Any


class Options:
    """Any fields."""

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        for name in ("experimental_optimization", "experimental_threading",
                     "experimental_distribute", "experimental_stats"):
            self.__dict__[name] = _Fields()

    def merge(self, options: Options) -> Options:
        """Both's fields, the other's first."""
        made = type(self)()
        made.__dict__.update({**self.__dict__, **options.__dict__})
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class _Fields:
    """Fields that are None until they are set."""

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


OptimizationOptions = ThreadingOptions = DistributeOptions = StatsOptions = _Fields
MapVectorizationOptions = _Fields
