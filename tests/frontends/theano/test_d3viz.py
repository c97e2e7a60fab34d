"""Pages that show graphs."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano.d3viz import d3viz, d3write
from pentad.frontends.theano.d3viz.formatting import PyDotFormatter
from pentad.frontends.theano.d3viz.page import positions


def model():
    x, w = T.dmatrix("x"), theano.shared(np.ones((2, 3)), name="w</script>")
    return x, T.nnet.softmax(T.dot(x, w) + 1.0)


def kinds(graph):
    return sorted(n.get_attributes()["node_type"] for n in graph.get_nodes())


def test_a_function_becomes_a_page_of_one_file(tmp_path):
    x, y = model()
    path = tmp_path / "new" / "graph.html"
    d3viz(theano.function([x], y, mode="FAST_COMPILE", name="net"), str(path))
    text = path.read_text(encoding="utf-8")
    assert "<title>net</title>" in text
    assert "w</script>" not in text
    assert text.count("</script>") == 1
    assert "src=" not in text
    assert "href=" not in text
    [drawing] = json.loads(re.search(r"const graphs = (.*?), svg = ", text).group(1))
    texts = {n["text"]: n for n in drawing["nodes"]}
    assert {"x", "w</script>", "dot"} <= set(texts)
    names = {n["id"] for n in drawing["nodes"]}
    assert all({e["from"], e["to"]} <= names for e in drawing["edges"])
    assert any("test_d3viz.py" in m for m in texts["dot"]["more"])
    assert [p.name for p in path.parent.iterdir()] == ["graph.html"]


def test_nodes_and_edges_of_a_graph():
    x, y = model()
    graph = PyDotFormatter()(y)
    found = kinds(graph)
    assert found.count("input") == 1
    assert found.count("shared_input") == 1
    assert found.count("output") == 1
    named = T.exp(x)
    named.name = "e"
    assert kinds(PyDotFormatter()(named * 2)).count("output") == 2
    assert kinds(PyDotFormatter(compact=False)(T.exp(x) + x)).count("output") == 2
    with pytest.raises(TypeError, match="draws functions"):
        PyDotFormatter()(3)


def test_layers_lie_below_what_they_are_computed_of():
    x, y = model()
    graph = PyDotFormatter()(y)
    places = positions(graph)
    assert all(places[e.source][1] < places[e.destination][1] for e in graph.get_edges())
    assert len(set(places.values())) == len(places)


def test_bodies_of_loops_are_graphs_within(tmp_path):
    x = T.dvector("x")
    found, _ = theano.scan(lambda v: v ** 2, x)
    graph = PyDotFormatter()(found.sum())
    [inner] = graph.get_subgraph_list()
    assert any(n.get_label() == "x[t]" for n in inner.get_nodes())
    d3write(found, str(tmp_path / "g.dot"))
    text = (tmp_path / "g.dot").read_text(encoding="utf-8")
    assert text.startswith("digraph theano {")
    assert "subgraph cluster_" in text
    d3viz([found], tmp_path / "g.html")
    assert '"inner": "cluster_' in (tmp_path / "g.html").read_text(encoding="utf-8")
