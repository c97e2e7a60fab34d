"""torch.utils.data: Pentad's data sets and loaders."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

_OWN = ("ImageData", "IterableWrapper", "SequenceWrapper", "digits_split", "load_digits",
        "load_fashion_mnist", "read_idx")
__getattr__, __dir__, __all__ = mirror(__name__, pt.data, without=_OWN)
