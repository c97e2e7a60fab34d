"""`pydotprint`: a graph as a drawing for Graphviz."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from pentad import static
from pentad.frontends.theano.gof.graph import Apply, Constant, Variable, io_toposort
from pentad.frontends.theano.gof.op import label

default_colorCodes = {
    "GpuFromHost": "red", "HostFromGpu": "red", "Scan": "yellow", "Shape": "brown",
    "IfElse": "magenta", "Elemwise": "#FFAABB", "Subtensor": "#FFAAFF", "Alloc": "#FFAA22",
    "Output": "blue",
}
pydot_imported, pydot_imported_msg = True, ""
"""Theano needs pydot to draw; here the text of a drawing is written without it."""


def _ends(fct: Any) -> tuple[list[Any], list[Any]]:
    if isinstance(fct, Variable):
        return [], [fct]
    if isinstance(fct, Apply):
        return [], fct.outputs
    if isinstance(fct, list | tuple):
        return [], list(fct)
    graph = fct.maker.fgraph if hasattr(fct, "maker") else fct
    if not hasattr(graph, "outputs"):
        raise ValueError(
            static.message("pydotprint expects as input a theano.function or the variables of a "
                           "function!", got=str(type(fct)))
        )
    return list(graph.inputs), list(graph.outputs)


def drawn(fct: Any, colors: Any = None, compact: bool = True) -> str:
    """The drawing as text in Graphviz's language."""
    inputs, outputs = _ends(fct)
    names: dict[Any, str] = {}
    lines = ["digraph theano {"]

    def node(key: Any, text: str, **style: str) -> str:
        if key not in names:
            names[key] = f"n{len(names)}"
            quoted = text.replace("\\", "\\\\").replace('"', '\\"')
            more = "".join(f', {k}="{v}"' for k, v in style.items())
            lines.append(f'  {names[key]} [label="{quoted}"{more}];')
        return names[key]

    def value(v: Any) -> str:
        if v.owner is not None:
            return apply(v.owner)
        kind = {"color": "green"} if not isinstance(v, Constant) else {}
        return node(v, f"{v} {v.type}", shape="box", **kind)

    def apply(a: Apply) -> str:
        text = label(a.node)
        style = {"shape": "ellipse"}
        for word, color in (default_colorCodes if colors is None else colors).items():
            if word in text:
                style |= {"fillcolor": color, "style": "filled"}
        return node(a, text, **style)

    for a in io_toposort(inputs, outputs):
        for i, v in enumerate(a.inputs):
            name = f"{i} {v.type}" if len(a.inputs) > 1 else str(v.type)
            lines.append(f'  {value(v)} -> {apply(a)} [label="{name}"];')
    for v in outputs:
        end = node(("output", v), f"output {v.type}", shape="box", color="blue")
        lines.append(f"  {value(v)} -> {end};")
    return "\n".join([*lines, "}", ""])


def pydotprint(
    fct: Any, outfile: Any = None, compact: bool = True, format: str = "png",
    with_ids: bool = False, high_contrast: bool = True, cond_highlight: Any = None,
    colorCodes: Any = None, max_label_size: int = 70,
    scan_graphs: bool = False, var_with_name_simple: bool = False,
    print_output_file: bool = True, return_image: bool = False,
) -> Any:
    """Draw a graph to a file; without Graphviz the file is its text, with the suffix .dot."""
    text = drawn(fct, colorCodes, compact)
    if return_image:
        return text
    path = Path(outfile or f"theano_pydotprint.{format}")
    if path.suffix[1:] not in ("dot", "png", "svg", "pdf", "jpg", "ps"):
        path = path.with_name(f"{path.name}.{format}")
    program = shutil.which("dot")
    if path.suffix != ".dot" and program is not None:
        subprocess.run([program, f"-T{path.suffix[1:]}", "-o", str(path)], input=text.encode(),
                       check=True)
    else:
        path = path if path.suffix == ".dot" else path.with_name(path.name + ".dot")
        path.write_text(text, encoding="utf-8")
    return None


__all__ = ["default_colorCodes", "drawn", "pydot_imported", "pydot_imported_msg", "pydotprint"]
