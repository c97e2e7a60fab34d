"""torch.nn.parallel: DataParallel; the class for several processes can be imported."""

from __future__ import annotations

from typing import Any, NoReturn

import pentad as pt
from pentad.frontends.torch.mirror import mirror
from pentad.static import message


class DistributedDataParallel:
    """Refused when it is made: programs run in one process."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise pt.ArgumentError(message(
            "DistributedDataParallel: there are no other processes", expected="one process",
            got="DistributedDataParallel(...)", hint="use the module itself"))


__getattr__, __dir__, __all__ = mirror(__name__, pt.nn.parallel)
