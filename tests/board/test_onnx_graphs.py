"""Graphs of ONNX files. choice.onnx was written by the package onnx, and has one of each sort."""

from __future__ import annotations

from pathlib import Path

import pytest

import pentad as pt
from pentad.board import SummaryWriter, onnx_graphs
from tests.board.reading import accumulator

FILE = Path(__file__).parent / "choice.onnx"


@pytest.fixture
def nodes(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_onnx_graph(FILE)
    return {node.name: node for node in accumulator(tmp_path).Graph().node}


def shape(node):
    return [d.size for d in node.attr["_output_shapes"].list.shape[0].dim]


def test_nodes_have_scopes_operands_and_types(nodes):
    assert {name: (node.op, list(node.input)) for name, node in nodes.items()} == {
        "fc1/weight": ("parameter", []),
        "fc1/bias": ("parameter", []),
        "input/x": ("input", []),
        "b32": ("Cast", ["fc1/bias"]),
        "fc1/Gemm": ("Gemm", ["input/x", "fc1/weight", "b32"]),
        "max": ("ReduceMax", ["fc1/Gemm"]),
        "max_1": ("Cast", ["max"]),
        "choice": ("If", ["max_1"]),
        "choice_then_branch/relu": ("Relu", ["fc1/Gemm"]),
        "choice_then_branch/output/Relu_out": ("output", ["choice_then_branch/relu"]),
        "choice_else_branch/neg": ("Neg", ["fc1/Gemm"]),
        "choice_else_branch/output/Neg_out": ("output", ["choice_else_branch/neg"]),
        "split": ("Split", ["choice"]),
        "own": ("Own", ["split:1", "split"]),
        "output/z": ("output", ["own"]),
    }
    assert shape(nodes["input/x"]) == shape(nodes["fc1/Gemm"])[:1] + [3] == [-1, 3]
    assert shape(nodes["fc1/weight"]) == [3, 2]
    assert nodes["fc1/bias"].attr["dtype"].s == b"float16"
    assert "_output_shapes" not in nodes["max"].attr


def test_settings_are_told_in_words(nodes):
    told = {key: value.s.decode() for key, value in nodes["own"].attr.items()}
    assert told == {"domain": "our.ops", "mode": "fast", "names": "['a', 'b']",
                    "value": "int64[1, 2]", "dtype": "float32", "attribute dtype": "1",
                    "_output_shapes": ""}
    assert nodes["fc1/Gemm"].attr["alpha"].s == b"0.5"
    assert nodes["fc1/Gemm"].attr["dtype"].s == b"float32"
    assert nodes["max"].attr["axes"].s == b"[0, 1]"


def test_a_setting_does_not_hide_what_is_told_of_every_node(tmp_path):
    graph = {"node": [{"op_type": "Random", "output": ["x"], "attribute": [
        {"name": "dtype", "i": 10, "type": 2}, {"name": "long", "s": b"x" * 1000, "type": 3}]}],
        "value_info": [{"name": "x", "type": {"tensor_type": {"elem_type": 99}}}]}
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_graphs.OnnxModel(ir_version=8, graph=graph).SerializeToString())
    with SummaryWriter(tmp_path / "logs") as writer:
        writer.add_onnx_graph(str(path))
    [node] = accumulator(tmp_path / "logs").Graph().node
    told = {key: value.s for key, value in node.attr.items()}
    assert told == {"dtype": b"type 99", "attribute dtype": b"10", "long": b"x" * 200}


def deep(levels):
    """If within If: a hostile file."""
    graph = onnx_graphs.OnnxGraph()
    for _ in range(levels):
        graph = onnx_graphs.OnnxGraph(node=[
            {"op_type": "If", "attribute": [{"name": "then", "g": graph, "type": 5}]}])
    return onnx_graphs.OnnxModel(ir_version=8, graph=graph).SerializeToString()


@pytest.mark.parametrize("content, words", [
    (b"", "no model of ONNX"), (b"\x08\x08", "no model of ONNX"), (b"\xff" * 50, "choice.onnx"),
    (FILE.read_bytes()[:-7], "truncated"), (b"words in a text", "choice.onnx"),
    (deep(40), "messages within messages")])
def test_other_files_are_refused(tmp_path, content, words):
    (tmp_path / "choice.onnx").write_bytes(content)
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(pt.FormatError, match=words):
            writer.add_onnx_graph(tmp_path / "choice.onnx")
        with pytest.raises(pt.ResourceError, match="cannot read"):
            writer.add_onnx_graph(tmp_path / "absent.onnx")
