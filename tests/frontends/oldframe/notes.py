from __future__ import annotations

ABSENT = {"old.tpu.*": "there are no such devices here", "old.Server": "one process only"}
PARTLY = {"oldframe.reduce_mean": "of lists only"}
