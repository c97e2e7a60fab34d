"""tf.estimator.export, and what writes models after evaluations."""

from __future__ import annotations

import os
import shutil
from typing import Any


class Exporter:
    """Writes a model after an evaluation."""

    @property
    def name(self) -> str:
        """The folder's name."""
        raise NotImplementedError

    def export(
        self, estimator: Any, export_path: Any, checkpoint_path: Any, eval_result: Any,
        is_the_final_export: bool,
    ) -> Any:
        """Write it; where to."""
        raise NotImplementedError


class LatestExporter(Exporter):
    """Writes a model after each evaluation, and keeps the last few."""

    final_only = False

    def __init__(
        self, name: str, serving_input_receiver_fn: Any, assets_extra: Any = None,
        as_text: bool = False, exports_to_keep: int | None = 5,
    ) -> None:
        self._name, self._receiver, self._assets = name, serving_input_receiver_fn, assets_extra
        self._text, self._keep = as_text, exports_to_keep

    @property
    def name(self) -> str:
        return self._name

    def export(
        self, estimator: Any, export_path: Any, checkpoint_path: Any, eval_result: Any,
        is_the_final_export: bool,
    ) -> Any:
        if self.final_only and not is_the_final_export:
            return None
        if not self._wanted(eval_result):
            return None
        os.makedirs(export_path, exist_ok=True)
        found = estimator.export_saved_model(export_path, self._receiver, self._assets, self._text,
                                             checkpoint_path)
        kept = sorted((n for n in os.listdir(export_path) if n.isdigit()), key=int)
        for name in kept[:-self._keep] if self._keep else ():
            shutil.rmtree(os.path.join(export_path, name))
        return found

    def _wanted(self, result: Any) -> bool:
        return True


class FinalExporter(LatestExporter):
    """Writes the model after the last evaluation."""

    final_only = True

    def __init__(
        self, name: str, serving_input_receiver_fn: Any, assets_extra: Any = None,
        as_text: bool = False,
    ) -> None:
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text, None)


def _smaller(best_eval_result: Any, current_eval_result: Any) -> bool:
    return best_eval_result["loss"] > current_eval_result["loss"]


class BestExporter(LatestExporter):
    """Writes a model where an evaluation was better than all before."""

    def __init__(
        self, name: str = "best_exporter", serving_input_receiver_fn: Any = None,
        event_file_pattern: str = "eval/*.tfevents.*", compare_fn: Any = _smaller,
        assets_extra: Any = None, as_text: bool = False, exports_to_keep: int | None = 5,
    ) -> None:
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep)
        self._compare, self._best = compare_fn, None

    def _wanted(self, result: Any) -> bool:
        if self._best is not None and not self._compare(
                best_eval_result=self._best, current_eval_result=result):
            return False
        self._best = result
        return True
