"""Runs steps of a program in whatever Python it is started by, from 3.7 on.

    python serve.py PROGRAM FRAMEWORK [own]

The program has `build()`, which gives a function: one step, and its loss. A line with the version
and the first losses comes out; then, for each number that comes in, the seconds of so many steps.
"""

import importlib
import json
import os
import sys
import time
import warnings


def main(path, framework, own):
    warnings.simplefilter("ignore")
    if own:
        from pentad.frontends.serving import serve

        serve([framework])
    folder, file = os.path.split(path)
    sys.path.insert(0, folder)
    step = importlib.import_module(file[:-3]).build()
    losses = [float(step()) for _ in range(3)]
    version = "" if own else importlib.import_module(framework).__version__
    say(json.dumps({"version": version, "losses": losses}))
    for line in sys.stdin:
        count = int(line)
        began = time.perf_counter()
        for _ in range(count):
            step()
        say(repr(time.perf_counter() - began))


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], len(sys.argv) > 3 and bool(sys.argv[3]))
