"""TensorBoard's pages in a real browser, with PENTAD_SCREENSHOTS=FOLDER for the pictures.

Needs Chromium (on Debian: apt-get install chromium-headless-shell).
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pentad.board import serve
from tests.board import browser, runs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default"),   # the server's warnings are its own
]
if "PENTAD_SCREENSHOTS" not in os.environ or browser.find() is None:
    pytest.skip("needs Chromium, and PENTAD_SCREENSHOTS=FOLDER for pictures of TensorBoard's pages",
                allow_module_level=True)
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
    with serve(folder, port=0, options=["--load_fast=false", "--reload_interval=0"]) as server:
        yield server.url.rstrip("/")


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    made = browser.Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


def colors(window, name):
    """The number of colours in a screenshot, which is kept."""
    data = window.screenshot(Path(os.environ["PENTAD_SCREENSHOTS"]) / f"{name}.png")
    shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    return len(np.unique(shown.reshape(-1, 3), axis=0))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_was_written(url, window, page):
    window.open(f"{url}/#{page}", *PAGES[page])
    assert colors(window, page) > 50


def test_the_graph_after_optimisation(url, window):
    window.open(f"{url}/?tag=compiled&run=first#graphs", "dot_general")
    assert colors(window, "graphs-compiled") > 50
