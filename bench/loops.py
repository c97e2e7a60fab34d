"""Builders for epochs: a loader and a training loop, Pentad's `fit` beside loops as people write
them in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np

from bench.peers import Peer, TorchLike
from bench.programs import optional
from bench.training import Training, loaded
from bench.workload import Builder, Data, Program

Epoch = Callable[[Any], tuple[float, float]]
"""Of a loader: the mean loss and the share of right answers over its samples."""


@dataclass(frozen=True)
class Loop:
    """An epoch of a classifier, over arrays in memory, with its accuracy.

    The first epoch takes the samples in an order that the data give, so that losses can be
    compared; those that are timed are shuffled by the loader.
    """

    training: Training
    batch: int

    def programs(self) -> dict[str, Builder]:
        return {"torch": self._torch}

    def data(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Data:
        """Samples around ten patterns, which one epoch learns; a fifth of the labels is wrong, so
        that many epochs do not bring the gradients to nothing."""
        kind = rng.integers(0, 10, shape[0])
        x = rng.standard_normal(shape) + 0.3 * rng.standard_normal((10, *shape[1:]))[kind]
        y = np.where(rng.random(shape[0]) < 0.2, rng.integers(0, 10, shape[0]), kind)
        order = rng.permutation(shape[0])
        return self.training.data(rng, x=x.astype(np.float32), y=y, order=order)

    def _torch(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, TorchLike)
        if optional(peer, optimiser=True, images=self.training.images) or peer.whole:
            return None  # one graph without a module and its optimiser is no loop that people write
        model = loaded(peer, self.training.model, data)
        loaders = self._loaders(peer, data)
        if peer.lib.__name__ == "pentad":
            epoch = self._fit(peer, model)
        elif peer.fused or peer.compiled:
            epoch = self._at_its_best(peer, model)
        else:
            epoch = self._as_written(peer, model)
        # The loss alone: of few samples, one more that is right would be a large difference.
        return Program(lambda: epoch(next(loaders)), lambda found: np.array(found[:1]))

    def _loaders(self, peer: TorchLike, data: Data) -> Iterator[Any]:
        """One in the order of the data, then one that shuffles."""
        module = data_module(peer)
        # Not peer.tensor: rows of one tensor, whose memory order the loop may change.
        samples = module.TensorDataset(*(peer.lib.tensor(data[k]) for k in "xy"))
        ordered = module.DataLoader(samples, self.batch, sampler=data["order"].tolist())
        return chain([ordered], repeat(module.DataLoader(samples, self.batch, shuffle=True)))

    # -- Pentad --------------------------------------------------------------------------------

    def _fit(self, peer: TorchLike, model: Any) -> Epoch:
        """The loop of `fit`, one epoch further at each call, as if it had been asked for many."""
        from pentad.train.metrics import as_metrics
        from pentad.train.progress import Progress
        from pentad.train.run import Run
        from pentad.train.steps import How

        lib = peer.lib
        run = Run(model, self.training.updater(peer, model), lib.nn.CrossEntropyLoss(),
                  as_metrics(["accuracy"]), None, [], How(compile=peer.compiled), {})
        progress = Progress(None)

        def epoch(loader: Any) -> tuple[float, float]:
            run.go(loader, None, run.epoch + 1, progress)
            return run.history[-1]["loss"], run.history[-1]["accuracy"]

        return epoch

    # -- PyTorch -------------------------------------------------------------------------------

    def _as_written(self, peer: TorchLike, model: Any) -> Epoch:
        """The loop of PyTorch's public examples."""
        criterion, opt = peer.lib.nn.CrossEntropyLoss(), self.training.updater(peer, model)

        def epoch(loader: Any) -> tuple[float, float]:
            model.train()
            total, right, count = 0.0, 0, 0
            for x, y in loader:
                opt.zero_grad()
                output = model(x)
                loss = criterion(output, y)
                loss.backward()
                opt.step()
                total += loss.item() * y.size(0)
                right += (output.argmax(1) == y).sum().item()
                count += y.size(0)
            return total / count, right / count

        return epoch

    def _at_its_best(self, peer: TorchLike, model: Any) -> Epoch:
        """The optimiser fused or compiled, loss and accuracy in what is compiled, and no number
        asked for before the last step is done."""
        lib, opt = peer.lib, self.training.updater(peer, model)
        criterion = lib.nn.CrossEntropyLoss()

        def forward(x: Any, y: Any) -> tuple[Any, Any]:
            output = model(x)
            return criterion(output, y), (output.argmax(1) == y).sum()

        forward = peer.compile(forward)
        update = peer.compile(lambda: opt.step()) if peer.optimiser else opt.step

        def epoch(loader: Any) -> tuple[float, float]:
            model.train()
            total, right, count = lib.zeros(()), lib.zeros((), dtype=lib.int64), 0
            for x, y in loader:
                if peer.channels_last:
                    x = x.contiguous(memory_format=lib.channels_last)
                opt.zero_grad()
                loss, hits = forward(x, y)
                loss.backward()
                update()
                total += loss.detach() * y.size(0)
                right += hits
                count += y.size(0)
            return total.item() / count, right.item() / count

        return epoch


def data_module(peer: TorchLike) -> Any:
    """Where the library has its loaders."""
    if peer.lib.__name__ == "pentad":
        from pentad import data

        return data
    from torch.utils import data  # type: ignore[no-redef]

    return data
