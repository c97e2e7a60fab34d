"""SummaryWriter: every kind of value, read back by TensorBoard's own reader."""

from __future__ import annotations

import io
import re
import sys
import wave

import numpy as np
import pytest
from PIL import Image

import pentad as pt
from pentad.board import FileWriter, SummaryWriter
from pentad.formats import limits
from tests.board.reading import accumulator, files, scalars
from tests.board.runs import Figure, cube, picture


@pytest.fixture
def writer(tmp_path):
    with SummaryWriter(tmp_path) as made:
        yield made


def written(writer):
    writer.flush()
    return accumulator(writer.get_logdir())


def pixels(writer, tag):
    [event] = written(writer).Images(tag)
    image = Image.open(io.BytesIO(event.encoded_image_string))
    assert (event.width, event.height) == image.size or tag == "scaled"
    return np.asarray(image)


def test_the_folder_is_named_after_time_and_host(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="-lr1") as writer:
        assert re.fullmatch(r"runs/[A-Z][a-z]{2}\d\d_\d\d-\d\d-\d\d_.+-lr1", writer.get_logdir())
        assert files(tmp_path / writer.log_dir)


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    from pentad.board import package

    for known in (package.part, package.proto):
        known.cache_clear()
    for name in [n for n in sys.modules if n.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(pt.MissingExtra, match=r"pip install 'pentad\[board\]'"):
        SummaryWriter(tmp_path)
    monkeypatch.undo()
    for known in (package.part, package.proto):
        known.cache_clear()


@pytest.mark.parametrize("value", [
    2.5, np.float64(2.5), np.array([[2.5]]), pt.tensor(2.5), pt.tensor([2.5], requires_grad=True),
    pt.tensor(2.5, dtype=pt.bfloat16)])
def test_scalars(writer, value):
    writer.add_scalar("x", value, 3, walltime=7.0)
    [event] = written(writer).Scalars("x")
    assert (event.value, event.step, event.wall_time) == (2.5, 3, 7.0)


def test_scalars_as_tensors(writer):
    writer.add_scalar("x", 0.1, 1, new_style=True)
    writer.add_scalar("y", 0.1, 1, new_style=True, double_precision=True)
    from tensorboard.util.tensor_util import make_ndarray

    found = written(writer)
    values = [make_ndarray(found.Tensors(tag)[0].tensor_proto) for tag in "xy"]
    assert values == [np.float32(0.1), 0.1]
    assert [v.dtype for v in values] == [np.float32, np.float64]


def test_several_scalars_are_runs(writer):
    writer.add_scalars("a/b", {"one": 1, "two": pt.tensor(2.0)}, 5)
    writer.flush()
    assert scalars(f"{writer.log_dir}/a_b_one", "a/b") == [(5, 1)]
    assert scalars(f"{writer.log_dir}/a_b_two", "a/b") == [(5, 2)]


def test_tensors(writer):
    from tensorboard.util.tensor_util import make_ndarray

    given = [np.arange(6).reshape(2, 3), np.float16([1.5]), np.array(True), np.array([1 + 2j])]
    for i, values in enumerate(given):
        writer.add_tensor(f"x{i}", values, i)
    found = written(writer)
    for i, values in enumerate(given):
        got = make_ndarray(found.Tensors(f"x{i}")[0].tensor_proto)
        assert got.dtype == values.dtype
        np.testing.assert_array_equal(got, values)


def test_histograms_count_in_exponential_buckets(writer):
    values = np.array([-1.0, 0, 1e-13, 2, 2, 3, 1e3])
    writer.add_histogram("x", pt.tensor(values), 2)
    found = written(writer).Histograms("x")[0].histogram_value
    assert (found.min, found.max, found.num, found.sum) == (-1, 1000, 7, values.sum())
    assert found.sum_squares == values @ values
    assert sum(found.bucket) == 7
    limits = [*found.bucket_limit]
    for value in values:
        above = next(limit for limit in limits if limit > value)
        assert above <= value + max(abs(value) * 0.1001, 1e-12)
    assert found.bucket[0] == 0
    assert found.bucket[-1] > 0


@pytest.mark.parametrize("bins", ["auto", 10, np.linspace(-4, 4, 9)])
def test_histograms_with_other_buckets(writer, bins):
    values = np.random.default_rng(0).normal(size=500)
    writer.add_histogram("x", values, bins=bins)
    counts, limits = np.histogram(values, bins=bins)
    found = written(writer).Histograms("x")[0].histogram_value
    filled = np.flatnonzero(counts)
    want = counts[filled[0]:filled[-1] + 1].tolist()
    assert [*found.bucket] == [0, *want]
    assert found.bucket_limit[0] == limits[filled[0]]


def test_histograms_with_fewer_buckets(writer):
    writer.add_histogram("x", np.arange(100.0), bins=50, max_bins=10)
    found = written(writer).Histograms("x")[0].histogram_value
    assert [*found.bucket] == [0, *[10] * 10]


def test_histograms_counted_already(writer):
    writer.add_histogram_raw("x", 0, 2, 3, 3, 5, np.array([1, 2, 3]), [1, 1, 1], 4)
    found = written(writer).Histograms("x")[0]
    assert found.step == 4
    assert [*found.histogram_value.bucket_limit] == [1, 2, 3]


def test_images_in_any_order_of_axes(writer):
    image = picture(5, 7)
    want = np.uint8(image * np.float32(255)).transpose(1, 2, 0)
    writer.add_image("chw", image)
    writer.add_image("hwc", pt.tensor(image.transpose(1, 2, 0).copy()), dataformats="HWC")
    writer.add_image("bytes", want, dataformats="hwc")
    writer.add_image("grey", image[0], dataformats="HW")
    writer.add_image("turned", image[0].T, dataformats="WH")
    writer.add_image("four", np.concatenate([image, image[:1]]))
    for tag in ("chw", "hwc", "bytes"):
        np.testing.assert_array_equal(pixels(writer, tag), want)
    for tag in ("grey", "turned"):
        np.testing.assert_array_equal(pixels(writer, tag), want[..., [0, 0, 0]])
    assert pixels(writer, "four").shape == (5, 7, 4)


def test_numbers_beyond_the_colours_are_cut_off(writer):
    writer.add_image("x", np.array([[-1.0, 0.5, 2.0, np.nan]]), dataformats="HW")
    assert pixels(writer, "x")[0, :, 0].tolist() == [0, 127, 255, 0]


def test_several_images_are_a_grid_of_eight_columns(writer):
    images = np.arange(10, dtype=np.uint8).repeat(12).reshape(10, 1, 3, 4) + np.uint8(1)
    writer.add_images("x", images)
    found = pixels(writer, "x")[..., 0]
    assert found.shape == (6, 32)
    assert found[::3, ::4].tolist() == [[1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 0, 0, 0, 0, 0, 0]]


def test_boxes(writer):
    writer.add_image_with_boxes("x", np.ones((3, 40, 60)), [[10, 5, 50, 30]], labels="cat")
    writer.add_image_with_boxes("scaled", np.ones((3, 40, 60)), [[10, 5, 50, 30]], rescale=0.5)
    found = pixels(writer, "x")
    assert found[5, 30].tolist() == [255, 0, 0]
    assert found[20, 30].tolist() == [255, 255, 255]
    assert (found[20:30, 12:30] == [255, 0, 0]).all(2).sum() > 50
    assert pixels(writer, "scaled").shape == (20, 30, 3)


def test_figures(writer):
    writer.add_figure("one", Figure())
    writer.add_figure("two", [Figure(), Figure()])
    assert (pixels(writer, "one") == [10, 200, 30]).all()
    assert pixels(writer, "two").shape == (4, 12, 3)


def test_videos(writer):
    frames = np.zeros((3, 5, 3, 8, 10), np.uint8)
    frames[1, 2] = 255
    writer.add_video("x", frames, fps=10)
    [event] = written(writer).Images("x")
    image = Image.open(io.BytesIO(event.encoded_image_string))
    # Three videos are shown as four, in one row.
    assert (image.format, image.n_frames, image.size) == ("GIF", 3, (40, 8))
    image.seek(1)
    assert image.info["duration"] == 100
    shown = np.asarray(image.convert("RGB"))
    assert shown[:, 10:20].min() > 240
    assert shown[:, :10].max() < 15


def test_sounds(writer):
    writer.add_audio("x", np.array([[0.0, 0.5, -1.0, 2.0]]), 1, sample_rate=8000)
    [event] = written(writer).Audio("x")
    assert (event.sample_rate, event.length_frames, event.content_type) == (8000, 4, "audio/wav")
    with wave.open(io.BytesIO(event.encoded_audio_string)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert np.frombuffer(file.readframes(4), "<i2").tolist() == [0, 16383, -32767, 32767]


def test_precision_and_recall(writer):
    from tensorboard.util.tensor_util import make_ndarray

    labels, guesses = [1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1]
    writer.add_pr_curve("x", labels, pt.tensor(guesses), num_thresholds=11)
    rows = make_ndarray(written(writer).Tensors("x")[0].tensor_proto)
    for i, threshold in enumerate(np.linspace(0, 1, 11)):
        above = np.array(guesses) >= threshold - 1e-9
        tp, fp = (above & (np.array(labels) == k) for k in (1, 0))
        assert rows[:4, i].tolist() == [tp.sum(), fp.sum(), 2 - fp.sum(), 2 - tp.sum()]
    writer.add_pr_curve_raw("y", *rows)
    again = make_ndarray(written(writer).Tensors("y")[0].tensor_proto)
    np.testing.assert_array_equal(again, rows)


def test_the_configuration_of_a_projector_is_completed_or_left_alone(tmp_path):
    path = tmp_path / "projector_config.pbtxt"
    for tag in ("a", "b", "a"):
        with SummaryWriter(tmp_path) as writer:
            writer.add_embedding(np.zeros((2, 3)), tag=tag)
    assert path.read_text().count("tensor_name") == 2
    for content, words in ((b"#" * (limits.PROJECTOR_BYTES + 1), "too long"),
                           (b"embeddings {", "no configuration"), (b"\xff", "no configuration")):
        path.write_bytes(content)
        with SummaryWriter(tmp_path) as writer, pytest.raises(pt.FormatError, match=words):
            writer.add_embedding(np.zeros((2, 3)), tag="c")
        assert path.read_bytes() == content
        assert not (tmp_path / "00000" / "c").exists()


def test_messages_by_a_file_writer(tmp_path):
    from tensorboard.compat.proto.summary_pb2 import Summary

    made = FileWriter(tmp_path)
    made.add_summary(Summary(value=[Summary.Value(tag="x", simple_value=2)]), 3)
    made.close()
    made.reopen()
    made.close()
    assert scalars(tmp_path, "x") == [(3, 2)]


def test_graphs_by_a_file_writer(tmp_path):
    from tensorboard.compat.proto.config_pb2 import RunMetadata
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    graph, taken = GraphDef(), RunMetadata()
    graph.node.add(name="x", op="Add")
    taken.step_stats.dev_stats.add(device="/cpu:0")
    made = FileWriter(tmp_path)
    made.add_graph((graph, taken))
    with pytest.raises(pt.DTypeError, match="a GraphDef"):
        made.add_onnx_graph("model.onnx")
    made.close()
    found = accumulator(tmp_path)
    assert found.Graph() == graph
    assert found.RunMetadata("step1") == taken


@pytest.mark.parametrize("call, error, words", [
    (lambda w: w.add_scalar("x", [1, 2]), pt.ShapeError, "not one number"),
    (lambda w: w.add_scalar("x", "much"), pt.DTypeError, "no array of real numbers"),
    (lambda w: w.add_scalar("x", 1j), pt.DTypeError, "no array of real numbers"),
    (lambda w: w.add_scalars("x", [1]), TypeError, "is no dict"),
    (lambda w: w.add_histogram("x", []), ValueError, "at least one"),
    (lambda w: w.add_histogram("x", [1, np.nan, np.inf]), ValueError, "2 of 3 are not finite"),
    (lambda w: w.add_histogram("x", [1.0], bins="odd"), ValueError, "numpy.histogram"),
    (lambda w: w.add_histogram_raw("x", 0, 1, 1, 1, 1, [1], [1, 2]), ValueError, "bucket_limits"),
    (lambda w: w.add_image("x", np.zeros((4, 4))), pt.ShapeError, "does not fit"),
    (lambda w: w.add_image("x", np.zeros((2, 4, 4))), pt.ShapeError, "channels"),
    (lambda w: w.add_image("x", np.zeros((3, 0, 4))), pt.ShapeError, "empty"),
    (lambda w: w.add_image("x", picture(), dataformats="CCW"), pt.ShapeError, "dataformats"),
    (lambda w: w.add_image_with_boxes("x", picture(), [1, 2, 3, 4]), pt.ShapeError, "box_tensor"),
    (lambda w: w.add_image_with_boxes("x", picture(), [[1, 2, 3, 4]], labels=["a", "b"]),
     pt.ShapeError, "labels"),
    (lambda w: w.add_figure("x", picture()), TypeError, "matplotlib"),
    (lambda w: w.add_video("x", picture()), pt.ShapeError, "time"),
    (lambda w: w.add_audio("x", np.zeros((2, 3))), pt.ShapeError, "samples"),
    (lambda w: w.add_text("x", 3), TypeError, "a text"),
    (lambda w: w.add_pr_curve("x", [1, 0], [0.5, 1.5]), ValueError, "between 0 and 1"),
    (lambda w: w.add_pr_curve("x", [1], [0.5, 0.5]), pt.ShapeError, "labels"),
    (lambda w: w.add_pr_curve("x", [1], [0.5], num_thresholds=1), ValueError, "num_thresholds"),
    (lambda w: w.add_pr_curve_raw("x", *[[1, 2]] * 5, [1]), pt.ShapeError, "one length"),
    (lambda w: w.add_custom_scalars_marginchart(["a", "b"]), ValueError, "three tags"),
    (lambda w: w.add_mesh("x", np.zeros((4, 3))), pt.ShapeError, "batch"),
    (lambda w: w.add_hparams([], {}), TypeError, "is no dict"),
    (lambda w: w.add_hparams({"a": object()}, {}), ValueError, "a text, a number"),
    (lambda w: w.add_hparams({"a": 1}, {}, {"b": [1]}), ValueError, "hparam_dict has not"),
    (lambda w: w.add_hparams({"a": 1}, {}, {"a": ["x"]}), ValueError, "a list of values"),
    (lambda w: w.add_embedding(np.zeros(3)), pt.ShapeError, "mat"),
    (lambda w: w.add_embedding(np.zeros((2, 3)), metadata=["a"]), pt.ShapeError, "metadata"),
    (lambda w: w.add_embedding(np.zeros((2, 3)), [["a", "b"], ["c"]], metadata_header=["x", "y"]),
     pt.ShapeError, "2 columns"),
    (lambda w: w.add_embedding(np.zeros((2, 3)), label_img=cube()[0]), pt.ShapeError, "label_img"),
    (lambda w: w.add_profile("x"), TypeError, "pentad.profile"),
    (lambda w: w.add_graph(3), ValueError, "not a function"),
])
def test_what_cannot_be_shown_is_refused_at_once(writer, call, error, words):
    with pytest.raises(error, match=words) as caught:
        call(writer)
    assert isinstance(caught.value, pt.PentadError)
    writer.flush()
    [path] = files(writer.log_dir)
    assert path.stat().st_size < 100   # nothing but the version
