"""SummaryWriter: what a training writes for TensorBoard, by torch.utils.tensorboard's names."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

import pentad as pt
from pentad.board import (
    curves,
    graphs,
    histograms,
    hparams,
    onnx_graphs,
    pictures,
    summaries,
    traces,
)
from pentad.board.event_files import EventQueue
from pentad.board.file_writer import FileWriter
from pentad.board.package import proto
from pentad.board.projector import Embedding, folder_of
from pentad.board.values import array, mapping, number, reals, required, whole
from pentad.static import message


class SummaryWriter:
    """Writes values for TensorBoard to an event file of its own in a folder.

    log_dir: by default runs/DATE_TIME_HOST with `comment` behind it. purge_step: what earlier
    files of the folder say of this step and later ones is hidden. Encoding and writing are done by
    a thread when `max_queue` values wait and every `flush_secs` seconds (0: at once); the arrays
    handed over are copied. filename_suffix ends the file's name. Names and semantics are those of
    torch.utils.tensorboard; tensors, arrays and Python numbers will do for values.

    MissingExtra without the package tensorboard (pentad[board]), ResourceError if the folder
    cannot be written; events that could not be written are kept, and `flush` tries again.
    """

    def __init__(
        self, log_dir: str | os.PathLike[str] | None = None, comment: str = "",
        purge_step: int | None = None, max_queue: int = 10, flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        if not log_dir:
            now = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        if not isinstance(flush_secs, (int, float)) or not flush_secs >= 0:
            raise pt.ArgumentError(message("SummaryWriter: flush_secs", expected="seconds >= 0",
                                           got=repr(flush_secs)))
        if os.sep in filename_suffix:
            raise pt.ArgumentError(message("SummaryWriter: filename_suffix",
                                           expected="an end of a file's name",
                                           got=repr(filename_suffix)))
        self.log_dir = os.fspath(log_dir)
        self.max_queue, self.flush_secs = max_queue, flush_secs
        self.filename_suffix = filename_suffix
        self._queue = EventQueue(max_queue, flush_secs, filename_suffix)
        self._queue.open(self.log_dir)
        self.file_writer = FileWriter(self.log_dir, queue=self._queue)
        if purge_step is not None:
            self._purge(purge_step)

    def _purge(self, step: int) -> None:
        kinds = proto("event")
        start = kinds.SessionLog(status=kinds.SessionLog.START)
        for event in (kinds.Event(file_version="brain.Event:2"), kinds.Event(session_log=start)):
            self.file_writer.add_event(event, step)
        self.flush()

    def _add(self, step: Any, walltime: float | None, make: Any, *args: Any) -> None:
        size = sum(getattr(value, "nbytes", 0) for value in args)
        self._queue.add(self.log_dir, make, args, whole(step, "global_step"), walltime, size)

    # -- numbers -------------------------------------------------------------------------------

    def add_scalar(
        self, tag: str, scalar_value: Any, global_step: int | None = None,
        walltime: float | None = None, new_style: bool = False, double_precision: bool = False,
    ) -> None:
        """A number; ShapeError for more than one. new_style: as TensorFlow 2 writes it, in double
        precision if asked."""
        value = number(scalar_value, f"add_scalar: {tag!r}")
        step = whole(global_step, "global_step")
        if new_style:
            self._queue.add(self.log_dir, summaries.scalar_tensor, (tag, value, double_precision),
                            step, walltime)
        else:
            self._queue.add(self.log_dir, summaries.scalar, (tag, value), step, walltime)

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Several numbers {tag: number} in one chart: each tag becomes a run of its own."""
        step = whole(global_step, "global_step")
        base = os.path.join(self.log_dir, main_tag.replace("/", "_"))
        for tag, value in mapping(tag_scalar_dict, "add_scalars: tag_scalar_dict").items():
            value = number(value, f"add_scalars: {tag!r}")
            self._queue.add(f"{base}_{tag}", summaries.scalar, (main_tag, value), step, walltime)

    def add_tensor(
        self, tag: str, tensor: Any, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Any tensor; TensorBoard reads it, but has no page for it."""
        values = array(tensor, f"add_tensor: {tag!r}")
        self._add(global_step, walltime, summaries.tensor_summary, tag, values)

    def add_histogram(
        self, tag: str, values: Any, global_step: int | None = None, bins: Any = "tensorflow",
        walltime: float | None = None, max_bins: int | None = None,
    ) -> None:
        """The distribution of finite values. bins: "tensorflow" (exponential ones), or what
        numpy.histogram takes; max_bins: neighbours are put together beyond this number."""
        found = reals(values, what := f"add_histogram: {tag!r}")
        bad = found.size - np.count_nonzero(np.isfinite(found))
        if bad or not found.size:
            raise pt.ArgumentError(message(
                what, expected="finite values, at least one",
                got=f"{bad} of {found.size} are not finite" if bad else "none"))
        if isinstance(bins, str) and bins == "tensorflow":
            self._add(global_step, walltime, histograms.summary, tag, found, bins, max_bins)
            return
        try:
            made = histograms.summary(tag, found, bins, max_bins)
        except (ValueError, TypeError) as error:
            raise pt.ArgumentError(message(
                f"{what}: bins", expected="what numpy.histogram takes", got=str(error))) from error
        self._add(global_step, walltime, lambda: made)

    def add_histogram_raw(
        self, tag: str, min: float, max: float, num: float, sum: float, sum_squares: float,
        bucket_limits: Any, bucket_counts: Any, global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """A histogram that was counted already: the upper limits of its buckets, and their counts.
        """
        limits, counts = (reals(x, "add_histogram_raw").reshape(-1).tolist()
                          for x in (bucket_limits, bucket_counts))
        required(len(limits) == len(counts), "add_histogram_raw: bucket_limits",
                 f"{len(counts)}, as many as bucket_counts", f"{len(limits)}")
        numbers = [number(x, "add_histogram_raw") for x in (num, sum, sum_squares)]
        low, high = number(min, "min"), number(max, "max")
        self._add(global_step, walltime, summaries.histogram, tag, low, high, counts, limits,
                  *numbers)

    # -- pictures, sounds, words ---------------------------------------------------------------

    def add_image(
        self, tag: str, img_tensor: Any, global_step: int | None = None,
        walltime: float | None = None, dataformats: str = "CHW",
    ) -> None:
        """An image: bytes, or other numbers from 0 to 1. dataformats: the order of its axes (CHW,
        HWC, HW ...; with an N several images, as a grid)."""
        found = reals(img_tensor, what := f"add_image: {tag!r}")
        axes = pictures.checked(found, dataformats, what)
        self._add(global_step, walltime, pictures.image, tag, found, axes)

    def add_images(
        self, tag: str, img_tensor: Any, global_step: int | None = None,
        walltime: float | None = None, dataformats: str = "NCHW",
    ) -> None:
        """Several images in a grid, eight in a row."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_image_with_boxes(
        self, tag: str, img_tensor: Any, box_tensor: Any, global_step: int | None = None,
        walltime: float | None = None, rescale: float = 1, dataformats: str = "CHW",
        labels: Sequence[str] | str | None = None,
    ) -> None:
        """An image with boxes (n, 4): left, top, right, bottom; each with its label, if any."""
        pictures.pillow("boxes in images")
        found = reals(img_tensor, what := f"add_image_with_boxes: {tag!r}")
        axes = pictures.checked(found, dataformats, what)
        boxes = reals(box_tensor, what)
        required(boxes.ndim == 2 and boxes.shape[1] == 4, f"{what}: box_tensor", "(n, 4)",
                 f"{boxes.shape}")
        names = [labels] if isinstance(labels, str) else None if labels is None else list(labels)
        required(names is None or len(names) == len(boxes), f"{what}: labels",
                 f"{len(boxes)}, one for each box", f"{names}")
        self._add(global_step, walltime, pictures.image_with_boxes, tag, found, axes, boxes, names,
                  rescale)

    def add_figure(
        self, tag: str, figure: Any, global_step: int | None = None, close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """A figure of Matplotlib, or a list of them, which are of one size; closed afterwards."""
        several = isinstance(figure, list)
        for one in figure if several else [figure]:
            if not hasattr(one, "savefig"):
                raise pt.DTypeError(message(f"add_figure: {tag!r}", got=type(one).__name__,
                                            expected="a matplotlib.figure.Figure"))
        shown = [pictures.figure_pixels(one, close) for one in (figure if several else [figure])]
        required(len({s.shape for s in shown}) == 1, f"add_figure: {tag!r}", "figures of one size",
                 f"{[s.shape for s in shown]}")
        self.add_image(tag, np.stack(shown) if several else shown[0], global_step, walltime,
                       "NHWC" if several else "HWC")

    def add_video(
        self, tag: str, vid_tensor: Any, global_step: int | None = None, fps: float = 4,
        walltime: float | None = None,
    ) -> None:
        """Videos (n, time, channels, height, width) side by side, as a GIF file (by Pillow)."""
        pictures.pillow("videos")
        found = reals(vid_tensor, what := f"add_video: {tag!r}")
        required(found.ndim == 5 and found.size > 0 and found.shape[2] in (1, 3, 4), what,
                 "(n, time, 1 or 3, height, width)", f"{found.shape}")
        required(number(fps, "fps") > 0, f"{what}: fps", "a number > 0", f"{fps}")
        self._add(global_step, walltime, pictures.video, tag, found, fps)

    def add_audio(
        self, tag: str, snd_tensor: Any, global_step: int | None = None, sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """A sound: (1, samples) or (samples,), from -1 to 1; what is beyond is cut off."""
        found = reals(snd_tensor, what := f"add_audio: {tag!r}")
        required(found.size > 0 and found.size == max(found.shape, default=0), what,
                 "(1, samples)", f"{found.shape}")
        self._add(global_step, walltime, summaries.audio, tag, found.reshape(-1), sample_rate)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """A text, which is shown as Markdown."""
        if not isinstance(text_string, str):
            raise pt.DTypeError(message(f"add_text: {tag!r}", expected="a text",
                                        got=type(text_string).__name__))
        self._add(global_step, walltime, summaries.text, tag, text_string)

    # -- models --------------------------------------------------------------------------------

    def add_graph(
        self, model: Any, input_to_model: Any = (), verbose: bool = False,
        use_strict_trace: bool = True, *, kernels: bool = True,
    ) -> None:
        """The graph of a model for its inputs (one, or a tuple of them), a scope for each module.

        kernels: also, under the tag "compiled", what the compiler makes of it, a scope for each
        kernel. A function, a training step too, will do for a model. What pentad.compile refuses
        is refused; nothing is computed. verbose prints the graph; use_strict_trace means nothing.
        """
        single = not isinstance(input_to_model, (tuple, list))
        captured = graphs.traced(model, (input_to_model,) if single else input_to_model)
        if verbose:
            import sys

            sys.stdout.write(f"{captured.graph}\n")
        self.file_writer.add_event(graphs.model_graph(captured, model))
        if kernels:
            self.file_writer.add_summary(graphs.kernel_graph(captured, model, "compiled"))

    def add_onnx_graph(self, prototxt: str | os.PathLike[str]) -> None:
        """The graph in a file of ONNX (*.onnx): its nodes, inputs and parameters with their types.

        Nothing of it is run. ResourceError if it cannot be read, FormatError if it is broken.
        """
        self.file_writer.add_event(onnx_graphs.read(prototxt))

    def add_profile(self, profile: Any, name: str | None = None) -> str:
        """What `with pentad.profile() as profile` measured, where TensorBoard's plugin of profiles
        (the package tensorboard-plugin-profile) looks for it; the folder that it lies in.

        The file *.trace.json.gz there opens in https://ui.perfetto.dev too.
        """
        chosen = datetime.now().strftime("%Y_%m_%d_%H_%M_%S") if name is None else name
        return traces.save(profile, self.log_dir, chosen)

    def add_embedding(
        self, mat: Any, metadata: Sequence[Any] | None = None, label_img: Any = None,
        global_step: int | None = None, tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> None:
        """Points (n, size) for the projector, with a label (or a row of them, under
        metadata_header) and an image (n, 3, height, width) of each, if given."""
        step = whole(global_step, "global_step") or 0
        images = None if label_img is None else reals(label_img, "add_embedding: label_img")
        found = Embedding(reals(mat, "add_embedding: mat"), metadata, metadata_header, images)
        found.save(self.log_dir, folder_of(step, tag), f"{tag}:{step:05d}")

    # -- judgements ----------------------------------------------------------------------------

    def add_pr_curve(
        self, tag: str, labels: Any, predictions: Any, global_step: int | None = None,
        num_thresholds: int = curves.MOST, weights: Any = None, walltime: float | None = None,
    ) -> None:
        """Precision and recall of predictions between 0 and 1, for labels that are true or false,
        at so many thresholds (127 at most)."""
        true, guessed = reals(labels, what := f"add_pr_curve: {tag!r}"), reals(predictions, what)
        required(true.shape == guessed.shape, what, f"labels of shape {guessed.shape}",
                 f"{true.shape}")
        if guessed.size and not (guessed.min() >= 0 and guessed.max() <= 1):
            raise pt.ArgumentError(message(what, expected="predictions between 0 and 1",
                                           got=f"from {guessed.min()} to {guessed.max()}"))
        counted = 1.0 if weights is None else reals(weights, what)
        self._add(global_step, walltime, curves.of_predictions, tag, true, guessed,
                  curves.thresholds(num_thresholds), counted)

    def add_pr_curve_raw(
        self, tag: str, true_positive_counts: Any, false_positive_counts: Any,
        true_negative_counts: Any, false_negative_counts: Any, precision: Any, recall: Any,
        global_step: int | None = None, num_thresholds: int = curves.MOST, weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """The same, counted already: for each threshold a number in each of the six."""
        rows = [reals(x, what := f"add_pr_curve_raw: {tag!r}").reshape(-1) for x in (
            true_positive_counts, false_positive_counts, true_negative_counts,
            false_negative_counts, precision, recall)]
        required(len({len(r) for r in rows}) == 1, what, "six of one length",
                 f"{[len(r) for r in rows]}")
        self._add(global_step, walltime, curves.summary, tag, np.stack(rows))

    def add_custom_scalars_multilinechart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """A chart of several scalars, by their tags."""
        self.add_custom_scalars({category: {title: ["Multiline", tags]}})

    def add_custom_scalars_marginchart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """A chart of a scalar within a margin: the tags of the value, the lower and upper bound."""
        self.add_custom_scalars({category: {title: ["Margin", tags]}})

    def add_custom_scalars(self, layout: Mapping[str, Mapping[str, Any]]) -> None:
        """Charts of scalars: {category: {title: ["Multiline" or "Margin", tags]}}; a "Margin" has
        three tags. Once for a writer: what is said later takes the place."""
        found: dict[str, dict[str, list[Any]]] = {}
        for category, charts in mapping(layout, "add_custom_scalars: layout").items():
            for title, (kind, tags) in mapping(charts, f"layout[{category!r}]").items():
                if kind not in ("Multiline", "Margin") or (kind == "Margin" and len(tags) != 3):
                    raise pt.ArgumentError(message(
                        f"add_custom_scalars: {title!r}",
                        expected='["Multiline", tags], or ["Margin", three tags]',
                        got=f"[{kind!r}, {len(tags)} tags]"))
                found.setdefault(category, {})[title] = [kind, list(tags)]
        self._add(None, None, summaries.custom_scalars, found)

    def add_mesh(
        self, tag: str, vertices: Any, colors: Any = None, faces: Any = None,
        config_dict: dict[str, Any] | None = None, global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Points in space (batch, n, 3), with colours from 0 to 255, and triangles by the numbers
        of their points. config_dict: the camera and the lights, as three.js names them."""
        given = {"VERTEX": vertices, "FACE": faces, "COLOR": colors}
        parts = {k: reals(v, f"add_mesh: {tag!r}") for k, v in given.items() if v is not None}
        for values in parts.values():
            required(values.ndim == 3 and values.shape[2] == 3, f"add_mesh: {tag!r}",
                     "(batch, n, 3)", f"{values.shape}")
        config = json.dumps(config_dict or {}, sort_keys=True)
        self._add(global_step, walltime, summaries.mesh, tag, parts, config)

    def add_hparams(
        self, hparam_dict: Mapping[str, Any], metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Any] | None = None, run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Hyper-parameters of a run (truth values, texts, numbers) and the metrics it reached, for
        the page that compares runs. It becomes a run of its own below this one."""
        values = hparams.plain(hparam_dict)
        metrics = {name: number(value, f"metric_dict[{name!r}]")
                   for name, value in mapping(metric_dict, "metric_dict").items()}
        folder = os.path.join(self.log_dir, str(time.time()) if run_name is None else run_name)
        hparams.write(folder, values, metrics, hparam_domain_discrete, global_step)

    # -- the file ------------------------------------------------------------------------------

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def flush(self) -> None:
        """Write what waits, now; ResourceError if it cannot be, and then it is kept."""
        self._queue.flush()

    def close(self) -> None:
        """Write what waits and close the files; what is added later goes to new ones."""
        self._queue.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
