"""PyTorch's files: weights, and containers of them, read as data and written as data.

    from pentad.formats import torch

    state = torch.load("model.pt")
    torch.save(state, "copy.pt")

Both formats are read: the zip archive that PyTorch writes since 1.6 and the sequence of pickles
before it. A pickle is a program; ours is interpreted by `machine`, which knows the steps that make
data, the few names in `objects`, and nothing else: no step imports or calls what a file names.
"""

from pentad.formats.torch.checkpoint import is_torch_file, load, load_pickle, save

__all__ = ["is_torch_file", "load", "load_pickle", "save"]
