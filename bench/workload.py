"""What is measured: a Workload is data and one program for each kind of framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from bench.peers import Peer

Data = Mapping[str, np.ndarray]
Step = Callable[[], Any]


@dataclass(frozen=True)
class Program:
    """A workload made ready in one framework.

    step: what is timed; it returns when its result is in memory. read: the numbers in its
    result, by which the frameworks are compared.
    """

    step: Step
    read: Callable[[Any], np.ndarray]


Builder = Callable[["Peer", Data], Program | None]
"""Makes the program for one peer; None if that peer's setting changes nothing here."""


@dataclass(frozen=True)
class Workload:
    """One line of a table.

    programs: a builder for each kind of framework ("torch" is also Pentad's, whose names are the
    same). flops and moved (bytes, at least) of one step are known for simple workloads, items (such
    as images) for those that go through a data set. checks:
    how many results are compared before timing; tolerance: how far they may differ, relative to
    the largest. peak: show the share of the machine's limit: of its FMA peak for flops, of its
    memory's rate for bytes, of what is reached last where both are known.
    """

    name: str
    group: str
    data: Callable[[np.random.Generator], Data]
    programs: Mapping[str, Builder]
    flops: float = 0.0
    moved: float = 0.0
    items: int = 0
    checks: int = 1
    tolerance: float = 1e-4
    peak: bool = False
