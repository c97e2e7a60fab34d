"""Parity with PyTorch, op by op, on PyTorch's own samples: `python -m parity --help`."""
