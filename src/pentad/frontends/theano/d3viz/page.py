"""The page that shows a graph: its nodes in layers, drawn and moved by a short program in it."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

from pentad.frontends.theano.d3viz.formatting import Dot

LAYER, GAP, LETTER = 90, 28, 7.5
"""Points between layers, between the nodes of one, and for each letter of a text."""
SWEEPS = 6


def safe_json(obj: Any) -> str:
    """An object as JSON that may stand within a page."""
    return json.dumps(obj).replace("<", "\\u003c")


def page(graph: Dot, title: str = "graph") -> str:
    """The text of the page."""
    drawings = [_drawing(g) for g in _with_inner(graph)]
    return (
        _PAGE.replace("%TITLE%", html.escape(title)).replace("%GRAPHS%", safe_json(drawings))
    )


def _with_inner(graph: Dot) -> Iterator[Dot]:
    yield graph
    for inner in graph.subgraphs:
        yield from _with_inner(inner)


def _drawing(graph: Dot) -> dict[str, Any]:
    places = positions(graph)
    nodes = []
    for n in graph.get_nodes():
        a = n.attributes
        more = [a.get(k) for k in ("node_type", "dtype", "tag")]
        nodes.append({
            "id": n.name, "text": a["label"], "round": a["node_type"] == "apply",
            "color": a.get("fillcolor") or "white", "more": [str(m) for m in more if m],
            "inner": a.get("subg"), "x": places[n.name][0], "y": places[n.name][1],
            "width": width(a["label"]),
        })
    edges = [{"from": e.source, "to": e.destination, "text": e.attributes["label"]}
             for e in graph.get_edges()]
    return {"name": graph.name, "nodes": nodes, "edges": edges}


def width(text: str) -> float:
    """How wide a node with such a text is."""
    return max(40.0, min(len(text), 40) * LETTER + 18)


def positions(graph: Dot) -> dict[str, tuple[float, float]]:
    """For each node where its middle lies: below all that it is computed of, beside others of its
    layer, in an order that lets few edges cross (each sweep puts a node at the mean place of its
    neighbours: Sugiyama, Tagawa and Toda 1981)."""
    before: dict[str, list[str]] = {n: [] for n in graph.nodes}
    after: dict[str, list[str]] = {n: [] for n in graph.nodes}
    for e in graph.edges:
        before[e.destination].append(e.source)
        after[e.source].append(e.destination)
    level = _levels(before, after)
    rows: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for n in graph.nodes:
        rows[level[n]].append(n)
    for sweep in range(SWEEPS):
        near = before if sweep % 2 == 0 else after
        place = {n: i / max(len(row), 1) for row in rows for i, n in enumerate(row)}
        for row in rows:
            row.sort(key=lambda n: sum(place[m] for m in near[n]) / len(near[n]) if near[n]
                     else place[n])
    widths = {n: width(graph.nodes[n].get_label()) for n in graph.nodes}
    found = {}
    for y, row in enumerate(rows):
        x = -sum(widths[n] + GAP for n in row) / 2
        for n in row:
            found[n] = (x + (widths[n] + GAP) / 2, float(y * LAYER))
            x += widths[n] + GAP
    return found


def _levels(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, int]:
    """How many steps lie before each node; inputs stand right above the first that reads them."""
    level: dict[str, int] = {}
    missing = {n: len(found) for n, found in before.items()}
    ready = [n for n, count in missing.items() if not count]
    while ready:
        n = ready.pop()
        level[n] = 1 + max((level[m] for m in before[n]), default=-1)
        for m in after[n]:
            missing[m] -= 1
            if not missing[m]:
                ready.append(m)
    for n, sources in before.items():
        if not sources and after[n]:
            level[n] = min(level[m] for m in after[n]) - 1
    return level


_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>%TITLE%</title><style>
body { margin: 0; font: 13px sans-serif; overflow: hidden }
svg { width: 100vw; height: 100vh; cursor: grab }
.node { cursor: move } .node text, .edge text { text-anchor: middle; pointer-events: none }
.edge path { fill: none; stroke: #555 } .edge text { font-size: 10px; fill: #777 }
#bar { position: fixed; top: 8px; left: 8px } #more { position: fixed; bottom: 8px; left: 8px;
white-space: pre; background: #fffe; padding: 4px }
</style></head><body><svg><defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4"
markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
<g id="all"></g></svg><div id="bar"><b>%TITLE%</b> <button id="back" hidden>back</button></div>
<div id="more"></div><script>
const graphs = %GRAPHS%, svg = document.querySelector("svg"), all = document.getElementById("all");
const back = document.getElementById("back"), more = document.getElementById("more"), opened = [];
let view = {x: 0, y: 0, scale: 1}, held = null;
function made(parent, kind, attributes, text) {
  const e = parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", kind));
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  if (text !== undefined) e.textContent = text;
  return e;
}
function short(text) { return text.length > 40 ? text.slice(0, 38) + ".." : text; }
function moved() {
  all.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
}
function placed(n) {
  n.element.setAttribute("transform", `translate(${n.x} ${n.y})`);
  for (const e of n.edges) {
    const a = e.source, b = e.target, y1 = a.y + 14, y2 = b.y - 14, half = (y1 + y2) / 2;
    e.path.setAttribute("d", `M${a.x} ${y1}C${a.x} ${half} ${b.x} ${half} ${b.x} ${y2}`);
    e.label.setAttribute("x", (a.x + b.x) / 2); e.label.setAttribute("y", half);
  }
}
function show(name) {
  const graph = graphs.find(g => g.name === name), nodes = {};
  all.replaceChildren();
  back.hidden = opened.length < 2;
  for (const n of graph.nodes) { nodes[n.id] = n; n.edges = []; }
  for (const e of graph.edges) {
    const g = made(all, "g", {class: "edge"});
    e.source = nodes[e.from]; e.target = nodes[e.to];
    e.path = made(g, "path", {"marker-end": "url(#end)"});
    e.label = made(g, "text", {}, e.text);
    e.source.edges.push(e); e.target.edges.push(e);
  }
  for (const n of graph.nodes) {
    n.element = made(all, "g", {class: "node"});
    made(n.element, "rect", {x: -n.width / 2, y: -14, width: n.width, height: 28,
      rx: n.round ? 14 : 2, fill: n.color, stroke: n.inner ? "#c00" : "#333"});
    made(n.element, "text", {y: 4}, short(n.text));
    n.element.onmouseenter = () => { more.textContent = [n.text, ...n.more].join("\\n"); };
    n.element.onmousedown = e => { held = n; e.stopPropagation(); };
    n.element.ondblclick = () => { if (n.inner) { opened.push(n.inner); show(n.inner); } };
    placed(n);
  }
  const box = all.getBBox();
  view.scale = Math.min(1, innerWidth / (box.width + 80), innerHeight / (box.height + 80));
  view.x = innerWidth / 2 - (box.x + box.width / 2) * view.scale;
  view.y = 50 - box.y * view.scale;
  moved();
}
svg.onmousedown = () => { held = view; };
window.onmouseup = () => { held = null; };
window.onmousemove = e => {
  if (held === null) return;
  const scale = held === view ? 1 : view.scale;
  held.x += e.movementX / scale; held.y += e.movementY / scale;
  if (held === view) moved(); else placed(held);
};
svg.onwheel = e => {
  const factor = Math.exp(-e.deltaY / 500);
  view.x = e.clientX - (e.clientX - view.x) * factor;
  view.y = e.clientY - (e.clientY - view.y) * factor;
  view.scale *= factor; moved(); e.preventDefault();
};
back.onclick = () => { opened.pop(); show(opened[opened.length - 1]); };
opened.push(graphs[0].name); show(graphs[0].name);
</script></body></html>
"""
