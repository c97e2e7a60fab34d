"""python -m tests.frontends.names [--update] [--missing]: the pages of names.

Prints the counts; with --update, writes the pages; with --missing, prints the names that no test
calls, those that are there first.
"""

from __future__ import annotations

import sys
from collections import Counter

from tests.frontends.names.pages import FOLDER, UNCALLED, page, path, states
from tests.frontends.names.table import ROOTS

for framework in ROOTS:
    found = states(framework)
    counts = Counter(s.word for s in found.values())
    print(f"{framework}: {100 * counts['supported'] / len(found):.1f} % of {len(found)} supported,"
          f" {counts['partly']} partly, {counts['absent']} absent")
    if "--missing" in sys.argv:
        uncalled = [n for n, s in found.items() if s.text == UNCALLED]
        print("  no test calls:", *uncalled)
        print("  absent:", *(n for n, s in found.items() if s.word == "absent"))
    if "--update" in sys.argv:
        FOLDER.mkdir(exist_ok=True)
        path(framework).write_text(page(framework), encoding="utf-8")
