"""TensorBoard's pages in a real browser; PENTAD_SCREENSHOTS=FOLDER keeps their pictures.

Needs Chromium (on Debian: apt-get install chromium-headless-shell).
"""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pentad.board import serve
from tests.board import browser, runs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.find() is None, reason="there is no Chromium"),
    pytest.mark.filterwarnings("default"),   # the server's warnings are its own
]
PAGES = {
    "timeseries": ["accuracy", "batch", "boxes", "Pinned", "first/waves_sine"],
    "scalars": ["accuracy", "loss", "waves", "first/waves_sine"],
    "custom_scalars": ["charts", "both", "margin"],
    "images": ["gradient", "batch", "boxes", "figure", "video"],
    "audio": ["tone"],
    "graphs": ["Net", "input", "output"],
    "distributions": ["weights"],
    "histograms": ["weights"],
    "text": ["notes", "bold"],
    "pr_curves": ["judge"],
    "hparams": ["optimizer", "nesterov", "Adam", "SGD"],
    "mesh": ["cube"],
    "projector": ["points:00000", "30x5", "PCA"],
}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    runs.write(folder / "first")
    options = ["--load_fast=false", "--reload_interval=0"]
    with serve(folder, "127.0.0.1", 0, options) as server:
        yield server.url.rstrip("/")


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    made = browser.Browser(tmp_path_factory.mktemp("profile"))
    made.pictures = Path(os.environ.get("PENTAD_SCREENSHOTS") or tmp_path_factory.mktemp("shown"))
    yield made
    made.close()


def colorful(window, name, seconds=20):
    """The number of coloured pixels in what a page shows beside its controls, soon or late; kept
    as a picture."""
    end = time.monotonic() + seconds
    while True:
        data = window.screenshot(window.pictures / f"{name}.png")
        shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)[160:, 360:1140]
        found = (shown.max(2) - shown.min(2) > 24).sum()   # the boxes of graphs are pale
        if found > 100 or time.monotonic() > end:
            return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_was_written(url, window, page):
    window.open(f"{url}/#{page}", *PAGES[page])
    bare = page in ("audio", "graphs", "hparams")
    assert colorful(window, page, 0 if bare else 20) > 100 or bare


ELEMENT = """((tag, act) => {
  const open = [document.body];
  while (open.length) {
    const node = open.pop();
    if (node.tagName === tag) { act(node); return true; }
    open.push(...node.children);
    if (node.shadowRoot) open.push(...node.shadowRoot.children);
  }
})"""


def expand(window, name):
    """Open a scope of the graph, and show all of it."""
    action = f"scene => {{ scene.fire('node-toggle-expand', {{name: {name!r}}}); scene.fit(); }}"
    assert window.run(f"{ELEMENT}('TF-GRAPH-SCENE', {action})")


def test_the_graph_of_modules(url, window):
    window.open(f"{url}/#graphs", "Net", "input", "output")
    for name in ("Net", "Net/Sequential[blocks]"):
        window.wait(name.rpartition("/")[2])
        expand(window, name)
    window.wait("Linear[entry]", "Block[0]", "softmax", "5\u00d76")
    assert colorful(window, "graphs-modules") > 100


def test_the_graph_of_kernels(url, window):
    window.open(f"{url}/#graphs", "Net", "compiled")
    second = "controls => controls.set('_selectedTagIndex', 1)"
    assert window.run(f"{ELEMENT}('TF-GRAPH-CONTROLS', {second})")
    found = window.wait("_dot_general+add")
    # Labels are shortened; the name stands there as their title.
    expand(window, max((s for s in found.splitlines() if s.startswith("0_dot")), key=len))
    window.wait("5\u00d78", "\ndot_general\n", "\nadd\n")
    assert colorful(window, "graphs-kernels") > 100
