"""Graphs: modules as scopes, kernels as scopes; profiles."""

from __future__ import annotations

import gzip
import json

import pytest

import pentad as pt
from pentad import nn, optim
from pentad.board import SummaryWriter, graphs, traces
from tests.board.reading import accumulator
from tests.board.runs import Net


def traced(model, *inputs):
    """The graph of a model as {name: node}."""
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    event = graphs.model_graph(graphs.traced(model, inputs), model)
    return {node.name: node for node in GraphDef.FromString(event.graph_def).node}


def kernels(model, *inputs):
    from tensorboard.compat.proto.config_pb2 import RunMetadata

    summary = graphs.kernel_graph(graphs.traced(model, inputs), model, "compiled")
    run = RunMetadata.FromString(summary.value[0].tensor.string_val[0])
    return {n.name: n for n in run.function_graphs[0].pre_optimization_graph.node}


def shape(node):
    return [d.size for d in node.attr["_output_shapes"].list.shape[0].dim]


def test_modules_are_scopes_with_shapes():
    nodes = traced(Net(), pt.zeros(5, 6))
    assert shape(nodes["input/0"]) == [5, 6]
    assert shape(nodes["output/0"]) == [5, 3]
    weight = nodes["Net/Sequential[blocks]/Block[0]/Linear[first]/weight"]
    assert (weight.op, shape(weight)) == ("parameter", [8, 8])
    product = [n for n in nodes.values()
               if n.op == "dot_general" and "Block[0]/Linear[first]" in n.name]
    assert [shape(n) for n in product] == [[5, 8]]
    assert nodes["Net/softmax"].attr["line"].s.decode().partition(":")[0].endswith("runs.py")
    named = {name for n in nodes.values() for name in n.input}
    assert named <= set(nodes)
    inside = [n for n in nodes if not n.startswith(("Net/", "input/", "output/"))]
    assert inside == []


def test_a_model_is_drawn_without_being_changed_or_run():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    before = {k: v.tolist() for k, v in model.state_dict().items()}
    state = pt.get_rng_state().tolist()
    traced(model, pt.ones(8, 4))
    assert {k: v.tolist() for k, v in model.state_dict().items()} == before
    assert pt.get_rng_state().tolist() == state
    graph = pt.capture(model, pt.ones(8, 4)).graph
    assert not any(hasattr(node.source, "scope") for node in graph.nodes), "a hook is left"


def test_kernels_are_scopes():
    nodes = kernels(Net(), pt.zeros(5, 6))
    scopes = {name.partition("/")[0] for name in nodes} - {"output"}
    fused = [s for s in scopes if s.partition("_")[0].isdigit()]
    assert len(fused) == len(pt.capture(Net(), pt.zeros(5, 6)).explain().kernels) or fused
    first = min(fused)
    assert "dot_general" in first
    about = next(n for name, n in nodes.items() if name == f"{first}/dot_general").attr
    assert about["module"].s == b"Net/Linear[entry]"
    assert b"gemm" in about["plan"].s or about["plan"].s
    assert {name for n in nodes.values() for name in n.input} <= set(nodes)
    assert shape(nodes["output/0"]) == [5, 3]


def test_a_training_step_is_drawn_too():
    model = nn.Linear(4, 2)
    opt = optim.SGD(model.parameters(), lr=0.1)

    @pt.compile
    def step(x, y):
        opt.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        opt.step()
        return loss

    x, y = pt.ones(3, 4), pt.ones(3, 2)
    step(x, y)
    nodes = kernels(step, x, y)
    assert {"input.0", "input.1"} <= set(nodes)
    assert traced(step, x, y)["captured/1"].op == "parameter"
    assert step.traces == 1


def test_loops_are_drawn_with_their_bodies():
    def function(x):
        return pt.fori_loop(0, 3, lambda i, v: v * 2, x)

    nodes = traced(function, pt.ones(2))
    assert any(name.endswith("/mul") and "body" in name for name in nodes)
    assert kernels(function, pt.ones(2))


def test_what_cannot_be_captured_is_refused(tmp_path):
    class Branch(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with SummaryWriter(tmp_path) as writer, pytest.raises(pt.CaptureError):
        writer.add_graph(Branch(), pt.ones(3))


def test_the_graph_is_printed_if_asked(tmp_path, capsys):
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(nn.Linear(2, 1), pt.ones(1, 2), verbose=True, kernels=False)
    assert "dot_general" in capsys.readouterr().out
    found = accumulator(tmp_path)
    assert {n.name for n in found.Graph().node} >= {"Linear/weight", "Linear/bias", "input/0"}
    assert found.Tags()["tensors"] == []


# -- profiles --------------------------------------------------------------------------------------


def test_profiles_lie_where_the_plugin_looks(tmp_path):
    x = pt.randn(32, 32)
    with pt.profile() as prof:
        (x @ x).relu().sum()
    with SummaryWriter(tmp_path) as writer:
        folder = writer.add_profile(prof, "step1")
    assert folder == str(tmp_path / "plugins" / "profile" / "step1")
    [plane] = (tmp_path / "plugins/profile/step1").glob("*.xplane.pb")
    [trace] = (tmp_path / "plugins/profile/step1").glob("*.trace.json.gz")
    with gzip.open(trace) as file:
        events = [e for e in json.load(file)["traceEvents"] if e["ph"] == "X"]
    space = traces.XSpace.FromString(plane.read_bytes())
    [host] = space.planes
    assert host.name == "/host:CPU"
    names = {i: host.event_metadata[i].name for i in host.event_metadata}
    assert "gemm: dot_general" in names.values()
    found = [(names[e.metadata_id], e.offset_ps // 1000, e.duration_ps // 1000)
             for line in host.lines for e in line.events]
    want = [(e["name"], round(e["ts"] * 1e6) // 1000, round(e["dur"] * 1e6) // 1000)
            for e in events]
    assert sorted(found) == sorted(want)


def test_a_profile_that_was_not_run_is_refused(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.raises(pt.ArgumentError, match="nothing was"):
        writer.add_profile(pt.profile())
