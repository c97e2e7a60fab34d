"""Write what real Theano computes in the programs of tests/frontends/theano/programs.

Python 3.7 with Theano 1.0.5:  python tests/frontends/regenerate/theano_programs.py [program ...]
"""

import os
import runpy
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = os.path.join(os.path.dirname(HERE), "theano")


def main(asked):
    """One .npz for each program."""
    folder = os.path.join(PLACE, "programs")
    for file in sorted(os.listdir(folder)):
        name = file[:-3]
        if file.endswith(".py") and not file.startswith("_") and (not asked or name in asked):
            found = runpy.run_path(os.path.join(folder, file))["results"]()
            path = os.path.join(PLACE, "numbers", name + ".npz")
            np.savez_compressed(path, **{k: np.asarray(v) for k, v in found.items()})
            print(name, os.path.getsize(path))


if __name__ == "__main__":
    main(sys.argv[1:])
