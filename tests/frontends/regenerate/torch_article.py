"""Write what real PyTorch computes in the article's program (tests/frontends/torch/article.py).

With PyTorch 2.13 (CPU), from the root of the project:
    python -m tests.frontends.regenerate.torch_article
"""

import runpy
from pathlib import Path

import numpy as np
import torch

PLACE = Path(__file__).parent.parent / "torch"


def main() -> None:
    """The last loss and the weights, of random numbers that NumPy draws."""
    stream = np.random.RandomState(4)
    torch.randn = lambda *size: torch.tensor(stream.randn(*size).astype("float32"))
    found = runpy.run_path(str(PLACE / "article.py"))
    np.savez_compressed(PLACE / "numbers" / "article.npz", loss=found["loss"].numpy(),
                        w1=found["w1"].numpy()[::50], w2=found["w2"].numpy())


main()
