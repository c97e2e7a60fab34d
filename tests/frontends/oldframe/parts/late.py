from __future__ import annotations

LATE = True
