"""A small training that tests start, stop and resume, also in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pentad as pt
from pentad import nn, optim, train
from pentad.data import DataLoader, TensorDataset
from pentad.optim.lr_scheduler import StepLR
from pentad.train.callbacks import Callback


def sets():
    generator = pt.Generator().manual_seed(1)
    x = pt.randn(50, 6, generator=generator)
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0.5).long()
    return TensorDataset(x, y)


def parts(seed=0, **options):
    pt.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.2),
                          nn.Linear(12, 3))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    loader = DataLoader(sets(), 8, shuffle=True, **options)
    return model, loader, optimizer


def run(path=None, epochs=3, callbacks=(), **options):
    """(model, history) after a training with everything that has a state."""
    model, loader, optimizer = parts()
    history = train.fit(
        model, loader, nn.CrossEntropyLoss(), optimizer, epochs, metrics=["accuracy"],
        validation=DataLoader(sets(), 25), scheduler=StepLR(optimizer, 1, 0.8),
        callbacks=list(callbacks), checkpoint=path, checkpoint_steps=2, **options)
    return model, history


class Interrupt(Callback):
    """Ends the process, or raises, after some steps of a run."""

    def __init__(self, steps, end):
        self.left, self.end = steps, end

    def on_step(self, run, loss):
        """Count down."""
        self.left -= 1
        if self.left == 0:
            self.end()

    def state_dict(self):
        return {}


def killed():
    """As `kill -9` ends a process."""
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    run(Path(sys.argv[1]), callbacks=[Interrupt(int(sys.argv[2]), killed)])
