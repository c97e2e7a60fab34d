"""Write the files under tests/formats/fixtures/torch with torch 2.13, or read ours.

    python tests/frontends/regenerate/torch_files.py            writes them
    python tests/frontends/regenerate/torch_files.py FILE       checks that one of ours is read
"""

import os
import sys
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "formats", "fixtures", "torch")
TYPES = ["float32", "float64", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8",
         "uint16", "uint32", "uint64", "bool", "complex64", "complex128"]


def everything(legacy):
    """One object of each kind; see tests/formats/test_torch.py."""
    base = torch.arange(24, dtype=torch.float32)
    types = {}
    for name in TYPES:
        if not (legacy and name in ("uint16", "uint32", "uint64")):
            types[name] = torch.tensor([[0, 1, 1], [1, 0, 1]]).to(getattr(torch, name))
    return {
        "types": types,
        "views": [base, base[6:18].view(3, 4), base.view(4, 6).t(), base[::5], base[3],
                  base[:1].expand(2, 3), base[:0]],
        "parameter": nn.Parameter(torch.ones(2, 2), requires_grad=True),
        "frozen": nn.Parameter(torch.zeros(2), requires_grad=False),
        "leaf": torch.full((2,), 3.0, requires_grad=True),
        "conjugate": torch.tensor([1 + 2j, 3 - 4j]).conj(),
        "numbers": [0, 255, 256, 65536, -1, -(1 << 40), 1 << 100, 0.1, -0.0, 1e300, True, None],
        "texts": ["", "name", "\u00e4\u00f6\u4e2d", "x" * 300],
        "bytes": [b"", b"\x00\xff", bytearray(b"abc")],
        "complex": 1 - 2j,
        "nested": OrderedDict([("b", (1, (2, ()))), ("a", {3: [4, {"c": {5, 6}}]})]),
        "size": torch.Size([2, 3]),
        "dtype": torch.bfloat16,
        "device": [torch.device("cpu"), torch.device("cuda", 1)],
    }


def trained():
    """A checkpoint as training programs write it."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.ones(5, 3) * torch.arange(5)[:, None]).square().sum().backward()
        optimizer.step()
        scheduler.step()
    return {"epoch": 3, "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(), "best": 0.5}


def main():
    def place(name):
        return os.path.join(FIXTURES, name)

    os.makedirs(FIXTURES, exist_ok=True)
    torch.save(everything(False), place("everything.pt"))
    torch.save(everything(True), place("legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(trained(), place("trained.pth"))
    for protocol in (3, 4, 5):
        torch.save({"a": torch.ones(2), "b": [b"xy", {1, 2}, "z"], "c": {"d": (True, None)}},
                   place(f"protocol{protocol}.pt"), pickle_protocol=protocol)
    torch.serialization.set_crc32_options(False)
    torch.save(torch.arange(3), place("unchecked.pt"))
    torch.serialization.set_crc32_options(True)
    x = np.arange(6.0).reshape(2, 3)
    torch.save({"array": x, "columns": np.asfortranarray(x), "number": np.float64(0.5),
                "other order": np.arange(2, dtype=">i4")}, place("arrays.pt"))
    program = torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2))
    program.save(place("script.pt"))
    for name in sorted(os.listdir(FIXTURES)):
        print(name, os.path.getsize(place(name)))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(torch.load(sys.argv[1], weights_only=True))
    else:
        main()
