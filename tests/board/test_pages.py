"""Every kind of value, as TensorBoard's pages ask for it: over its HTTP API."""

from __future__ import annotations

import gzip
import io
import json
import urllib.parse
import urllib.request

import numpy as np
import pytest
from PIL import Image

from pentad.board import serve
from tests.board import runs

RUN = "first"
pytestmark = pytest.mark.filterwarnings("default")   # the server's warnings are its own


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    runs.write(folder / RUN)
    options = ["--load_fast=false", "--reload_interval=0"]
    with serve(folder, "127.0.0.1", 0, options) as server:
        yield server


def raw(server, path, data=None, **query):
    address = f"{server.url.rstrip('/')}/data/{path}?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(address, None if data is None else json.dumps(data).encode(),
                                     {"Content-Type": "application/json"})
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with ask.open(request, timeout=60) as answer:
        body = answer.read()
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return gzip.decompress(body) if packed else body


def get(server, plugin, path, data=None, **query):
    return json.loads(raw(server, f"plugin/{plugin}/{path}", data, **query))


def test_the_runs(server):
    found = set(json.loads(raw(server, "runs")))
    assert found >= {RUN, f"{RUN}/waves_sine", f"{RUN}/waves_cosine", f"{RUN}/trial 0",
                     f"{RUN}/trial 1"}


def test_scalars(server):
    for tag in ("loss/train", "accuracy"):
        points = get(server, "scalars", "scalars", run=RUN, tag=tag)
        assert [step for _, step, _ in points] == list(range(runs.STEPS))
    assert points[1][2] == pytest.approx(0.1)
    assert get(server, "scalars", "scalars", run=f"{RUN}/waves_sine", tag="waves")


def test_histograms_and_distributions(server):
    [_, *_, last] = get(server, "histograms", "histograms", run=RUN, tag="weights")
    assert sum(count for *_, count in last[2]) == pytest.approx(1000)
    assert get(server, "distributions", "tags")[RUN].keys() == {"weights"}


@pytest.mark.parametrize("tag, size", [
    ("gradient", (24, 16)), ("batch", (144, 16)), ("boxes", (64, 64)), ("figure", (6, 4)),
    ("video", (24, 16))])
def test_images(server, tag, size):
    [about] = get(server, "images", "images", run=RUN, tag=tag, sample=0)
    data = raw(server, f"plugin/images/individualImage?{about['query']}&x")
    assert Image.open(io.BytesIO(data)).size == size


def test_sounds(server):
    [about] = get(server, "audio", "audio", run=RUN, tag="tone", sample=0)
    assert about["contentType"] == "audio/wav"
    assert raw(server, f"plugin/audio/individualAudio?{about['query']}&x")[:4] == b"RIFF"


def test_texts_are_shown_as_markdown(server):
    [about] = get(server, "text", "text", run=RUN, tag="notes/text_summary")
    assert "<strong>bold</strong>" in about["text"]
    assert "<table>" in about["text"]


def test_curves(server):
    found = get(server, "pr_curves", "pr_curves", run=RUN, tag="judge")[RUN]
    assert [curve["step"] for curve in found] == [0, 5, 10, 15]
    assert len(found[0]["thresholds"]) > 100   # those at which nothing is positive are left out
    assert found[0]["recall"][0] == pytest.approx(1)


def test_custom_scalars(server):
    found = get(server, "custom_scalars", "layout")
    charts = {chart["title"]: chart for chart in found["category"][0]["chart"]}
    assert charts["both"]["multiline"]["tag"] == ["loss/train", "accuracy"]
    assert charts["margin"]["margin"]["series"][0]["lower"] == "accuracy"
    data = get(server, "custom_scalars", "scalars", run=RUN, tag="loss/train")
    assert len(data["tag_to_events"]["loss/train"]) == runs.STEPS


def test_meshes(server):
    found = get(server, "mesh", "meshes", run=RUN, tag="cube")
    assert sorted(row["data_shape"] for row in found) == [[1, 8, 3], [1, 8, 3], [1, 12, 3]]
    points = raw(server, "plugin/mesh/data", run=RUN, tag="cube", content_type="VERTEX", sample=0)
    assert set(np.frombuffer(points, np.float32)) == {-1, 1}


def test_hyper_parameters(server):
    experiment = get(server, "hparams", "experiment", {"experimentName": ""})
    types = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
    assert types == {"lr": "DATA_TYPE_FLOAT64", "optimizer": "DATA_TYPE_STRING",
                     "nesterov": "DATA_TYPE_BOOL"}
    [metric] = experiment["metricInfos"]
    groups = get(server, "hparams", "session_groups", {
        "experimentName": "", "sliceSize": 10, "startIndex": 0,
        "colParams": [{"metric": metric["name"]}], "allowedStatuses": ["STATUS_SUCCESS"]})
    rows = sorted((g["hparams"]["lr"], g["hparams"]["nesterov"], g["metricValues"][0]["value"])
                  for g in groups["sessionGroups"])
    assert rows == [(0.01, False, 0.75), (0.1, True, 0.5)]


def test_graphs(server):
    info = get(server, "graphs", "info")[RUN]
    assert info["run_graph"]
    assert info["tags"]["compiled"]["op_graph"]
    traced = raw(server, "plugin/graphs/graph", run=RUN).decode()
    assert 'name: "Net/Sequential[blocks]/Block[1]/Linear[second]/weight"' in traced
    assert 'name: "Net/softmax"' in traced
    kernels = raw(server, "plugin/graphs/graph", run=RUN, tag="compiled").decode()
    assert 'name: "Net.Sequential[blocks].Block[1].Linear[second].weight"' in kernels
    assert "dot_general+add" in kernels


def test_embeddings(server):
    assert RUN in get(server, "projector", "runs")
    [info] = get(server, "projector", "info", run=RUN)["embeddings"]
    assert (info["tensorName"], info["tensorShape"]) == ("points:00000", [30, 5])
    data = raw(server, "plugin/projector/tensor", run=RUN, name="points:00000")
    assert np.frombuffer(data, np.float32).shape == (150,)
    labels = raw(server, "plugin/projector/metadata", run=RUN, name="points:00000")
    assert labels.decode().splitlines()[29] == "point 29"
    sprite = raw(server, "plugin/projector/sprite_image", run=RUN, name="points:00000")
    assert Image.open(io.BytesIO(sprite)).size == (48, 48)
