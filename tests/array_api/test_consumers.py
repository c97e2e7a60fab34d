"""SciPy's and scikit-learn's array-API-aware functions work on Pentad's arrays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# SciPy reads SCIPY_ARRAY_API when it is imported, hence a process of its own.
PROGRAM = """
import numpy as np, sklearn
import pentad.array_api as xp
from scipy import cluster, differentiate, fft, integrate, signal, special, stats
from sklearn import decomposition, linear_model, metrics, preprocessing

data = np.random.default_rng(0).normal(size=(60, 4))
target = data @ np.arange(1.0, 5.0)

def check(function, *arrays):
    ours = function(*(xp.asarray(a) for a in arrays))
    theirs = function(*arrays)
    if isinstance(theirs, np.ndarray):
        assert type(ours) is xp.Array, type(ours)
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-9, atol=1e-12)

check(stats.zscore, data)
check(stats.skew, data)
check(stats.kurtosis, data)
check(lambda x: stats.ttest_1samp(x, x[0, 0] * 0).statistic, data)
check(lambda x: integrate.trapezoid(x, axis=0), data)
check(lambda x: special.logsumexp(x, axis=1), data)
check(lambda x: special.softmax(x, axis=1), data)
check(lambda x: fft.fft(x, axis=0), data)
check(lambda x: signal.detrend(x, axis=0), data)
check(cluster.vq.whiten, data)
df = differentiate.derivative(xp.exp, xp.asarray([1.0, 2.0], dtype=xp.float64)).df
np.testing.assert_allclose(np.asarray(df), np.exp([1.0, 2.0]))
with sklearn.config_context(array_api_dispatch=True):
    check(lambda x: preprocessing.MinMaxScaler().fit_transform(x), data)
    check(lambda x: preprocessing.StandardScaler().fit_transform(x), data)
    check(lambda x: decomposition.PCA(2, svd_solver="full").fit(x).explained_variance_, data)
    check(lambda x, y: linear_model.Ridge(solver="svd").fit(x, y).coef_, data, target)
    check(lambda y: metrics.mean_squared_error(y, y * 0.9), target)
print("done")
"""


def run(*arguments):
    environment = {
        **os.environ, "SCIPY_ARRAY_API": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    found = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=300
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_functions_of_scipy_and_scikit_learn_give_what_they_give_on_numpy_and_the_example_runs():
    pytest.importorskip("scipy")
    pytest.importorskip("sklearn")
    example = str(ROOT / "examples" / "array_api.py")
    program = f"{PROGRAM}\nimport runpy\nrunpy.run_path({example!r}, run_name='__main__')\n"
    first, *lines = run("-c", program).splitlines()
    assert first == "done"
    assert len(lines) == 4
    assert all(line.split(":")[1].split()[0] == "Array" for line in lines)
    assert "Array 1.718282" in lines[1]
