"""The callback for pentad.train.fit: a training in TensorBoard."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np

import pentad as pt
from pentad.board import hparams as runs
from pentad.board.values import array
from pentad.board.writer import SummaryWriter
from pentad.static import message
from pentad.train import Callback

_APART = ("epoch", "seconds")


class TensorBoard(Callback):
    """Writes a training to log_dir/train and log_dir/validation, so that both share their charts.

    After every `every` steps the loss and the learning rates, after each epoch its record; after
    every `histograms` epochs (0: never) the distributions of the parameters. graph: an input, or a
    tuple of them, for which the graph of the model is written at the start. hparams: what is
    compared between runs, written at the end with the last record. A training that is resumed goes
    on in the same charts. Raises what SummaryWriter raises.
    """

    def __init__(
        self, log_dir: str | os.PathLike[str], every: int = 50, histograms: int = 0,
        graph: Any = None, hparams: Mapping[str, Any] | None = None,
    ) -> None:
        if every < 1 or histograms < 0:
            raise pt.ArgumentError(message("TensorBoard", expected="every >= 1, histograms >= 0",
                                           got=f"{every}, {histograms}"))
        self.log_dir, self.every, self.histograms = os.fspath(log_dir), every, histograms
        self.graph = graph
        # What cannot be shown is refused now, not after the training.
        self.hparams = None if hparams is None else runs.plain(hparams)
        self._writers: dict[str, SummaryWriter] = {}
        self._begin = 0

    def writer(self, name: str = "train") -> SummaryWriter:
        """The writer of "train" or "validation", for what else is to be shown."""
        if name not in self._writers:
            # What an interrupted training wrote beyond its checkpoint is written again.
            purge = self._begin + 1 if self._begin else None
            self._writers[name] = SummaryWriter(os.path.join(self.log_dir, name), purge_step=purge)
        return self._writers[name]

    def on_start(self, run: Any) -> None:
        """Open the writer, and draw the graph."""
        self._begin = run.step_count
        writer = self.writer()
        if self.graph is not None and not self._begin:
            writer.add_graph(run.model, self.graph)

    def on_step(self, run: Any, loss: Any) -> None:
        """Write the loss and the learning rates, now and then."""
        if run.step_count % self.every:
            return
        writer, groups = self.writer(), run.optimizer.param_groups
        writer.add_scalar("step/loss", loss, run.step_count)
        for i, group in enumerate(groups):
            name = "step/lr" if len(groups) == 1 else f"step/lr/{i}"
            writer.add_scalar(name, group["lr"], run.step_count)

    def on_epoch(self, run: Any, record: dict[str, Any]) -> None:
        """Write the record of an epoch, and the parameters."""
        for name, value in self._numbers(record).items():
            validation = name.startswith("val_")
            writer = self.writer("validation" if validation else "train")
            writer.add_scalar(f"epoch/{name.removeprefix('val_')}", value, run.step_count)
        if self.histograms and record["epoch"] % self.histograms == 0:
            for name, parameter in run.model.named_parameters():
                self._histogram(name.replace(".", "/"), array(parameter, name), run.step_count)
        for writer in self._writers.values():
            writer.flush()

    @staticmethod
    def _numbers(record: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in record.items()
                if k not in _APART and isinstance(v, (int, float, np.number))}

    def _histogram(self, name: str, values: Any, step: int) -> None:
        """A training that diverges goes on: what is not finite is counted instead."""
        bad = values.size - np.count_nonzero(np.isfinite(values))
        if bad:
            self.writer().add_scalar(f"not finite/{name}", bad, step)
        elif values.size:
            self.writer().add_histogram(name, values, step)

    def on_end(self, run: Any) -> None:
        """Write what was reached, and close the files."""
        with ExitStack() as files:
            for writer in self._writers.values():
                files.callback(writer.close)
            if self.hparams is not None and run.history.records:
                last = self._numbers(run.history.records[-1])
                reached = {f"last/{name}": float(value) for name, value in last.items()}
                runs.write(os.path.join(self.log_dir, "hparams"), self.hparams, reached,
                           global_step=run.step_count)
