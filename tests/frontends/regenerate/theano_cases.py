"""Write what real Theano makes of the cases in tests/frontends/theano/cases.py.

Python 3.7 with Theano 1.0.5:  python tests/frontends/regenerate/theano_cases.py
"""

import os
import sys
import warnings

import numpy as np
import theano
import theano.tensor.extra_ops
import theano.tensor.fft
import theano.tensor.nlinalg
import theano.tensor.slinalg

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = os.path.join(os.path.dirname(HERE), "theano")
sys.path.insert(0, PLACE)

from cases import CASES, evaluated, packed  # noqa: E402


def main():
    """One array for each value and gradient, named by its case."""
    theano.config.mode = "FAST_COMPILE"
    theano.config.linker = "py"
    found = {}
    for name in CASES:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values, slopes = evaluated(theano, name)
        except Exception as error:
            print(name, type(error).__name__, str(error)[:300])
            continue
        for i, (value, slope) in enumerate(zip(values, slopes)):
            found[f"{name}/{i}"] = np.asarray(value)
            if slope is not None and np.isfinite(slope).all():
                found[f"{name}/{i}/slope"] = np.asarray(slope)
    path = os.path.join(PLACE, "numbers", "cases.npz")
    np.savez_compressed(path, **packed(found))
    print(len(CASES), len(found), os.path.getsize(path))


if __name__ == "__main__":
    main()
