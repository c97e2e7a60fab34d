"""SciPy and scikit-learn compute on Pentad's arrays.

Both have functions written for the Python Array API standard: given arrays of `pentad.array_api`
they call its functions, and their results are such arrays again. Needs scipy and scikit-learn.

    python examples/array_api.py
"""

import os

os.environ["SCIPY_ARRAY_API"] = "1"  # SciPy reads it when it is imported

import sklearn
from scipy import integrate, stats
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

import pentad as pt
import pentad.array_api as xp


def main() -> None:
    pt.manual_seed(0)
    points = pt.randn(500, 4, dtype=pt.float64)
    points[:, 3] = points[:, 0] * 2 + points[:, 1]  # one column tells nothing new
    x = xp.asarray(points)  # the same memory

    scores = stats.zscore(x, axis=0)
    print("zscore:   ", type(scores).__name__, [round(float(s), 3) for s in xp.std(scores, axis=0)])
    area = integrate.trapezoid(xp.exp(xp.linspace(0, 1, 1001, dtype=xp.float64)), dx=1e-3)
    print("trapezoid:", type(area).__name__, round(float(area), 6))

    target = xp.asarray(points @ pt.tensor([1.0, -2.0, 3.0, 0.0], dtype=pt.float64))
    with sklearn.config_context(array_api_dispatch=True):
        pca = PCA(svd_solver="full").fit(x)
        ridge = Ridge(alpha=1e-6, solver="svd").fit(x[:, :3], target)
    kept = [round(float(v), 3) for v in pca.explained_variance_ratio_]
    print("PCA:      ", type(pca.components_).__name__, kept)
    print("Ridge:    ", type(ridge.coef_).__name__, [round(float(c), 3) for c in ridge.coef_])


if __name__ == "__main__":
    main()
