"""The article's first program gives TensorFlow 1.15.5's numbers to float32's precision."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

from pentad.frontends.serving import serve, withdraw

HERE = Path(__file__).parent


def test_the_article_gives_its_numbers():
    serve(["tensorflow"])
    try:
        found = runpy.run_path(str(HERE / "programs" / "article.py"))["results"]()
    finally:
        withdraw()
    expected = np.load(HERE / "numbers" / "article.npz")
    for name in ("losses", "w1", "w2"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)
    for name in ("grad_w1", "grad_w2"):  # sums of 500 products of both signs
        atol = 1e-6 * np.abs(expected[name]).max()
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=atol)
    assert found["losses"].dtype == np.float32
