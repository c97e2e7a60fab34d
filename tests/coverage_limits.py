"""What `make coverage` asks: enough lines and enough branches, each of them by itself.

    python -m tests.coverage_limits .coverage.json

coverage.py's own limit (`fail_under`) is one figure for both, behind which branches can hide.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LINES, BRANCHES = 95.0, 90.0


def judge(totals: dict[str, Any]) -> tuple[str, bool]:
    """The figures of a report of `coverage json` in words, and whether they reach the limits."""
    lines = _percent(totals["covered_lines"], totals["num_statements"])
    branches = _percent(totals["covered_branches"], totals["num_branches"])
    text = (
        f"lines {lines:.2f} % ({totals['covered_lines']} of {totals['num_statements']}, "
        f"limit {LINES:g} %), branches {branches:.2f} % ({totals['covered_branches']} of "
        f"{totals['num_branches']}, limit {BRANCHES:g} %)"
    )
    return text, lines >= LINES and branches >= BRANCHES


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def main() -> None:
    totals = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["totals"]
    text, enough = judge(totals)
    print(text)
    sys.exit(not enough)


if __name__ == "__main__":
    main()
