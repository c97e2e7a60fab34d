"""History: what each epoch of a training gave."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

_RATES = ("accuracy", "precision", "recall")
"""What is shown in per cent."""


class History:
    """A list of records, one an epoch: {"epoch": 1, "loss": ..., "val_loss": ..., "lr": ...}.

    history["loss"] is the column of that name; history.best("val_loss") a record.
    """

    def __init__(self, records: list[dict[str, Any]] | None = None) -> None:
        self.records: list[dict[str, Any]] = records or []

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return [record[key] for record in self.records if key in record]
        return self.records[key]

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.records)

    def best(self, name: str, mode: str = "min") -> dict[str, Any]:
        """The record with the smallest (mode "min") or largest ("max") value of a column."""
        known = [record for record in self.records if name in record]
        return (min if mode == "min" else max)(known, key=lambda record: record[name])

    @property
    def columns(self) -> list[str]:
        """The names in the records, in their order."""
        return list(dict.fromkeys(name for record in self.records for name in record))

    def to_csv(self) -> str:
        """The records as comma-separated values, with the columns' names in the first line."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.records)
        return text.getvalue()

    def __repr__(self) -> str:
        lines = [f"History of {len(self)} epochs"]
        return "\n".join([*lines, *(described(record) for record in self.records)])


def shown(name: str, value: float) -> str:
    """A name and its value, as progress bars and lines show them."""
    label = name.replace("_", " ")
    per_cent = any(word in name for word in _RATES) and "average" not in name
    return f"{label} {value:.2%}" if per_cent else f"{label} {value:.4f}"


def described(record: dict[str, Any], rate: float | None = None) -> str:
    """A record as one line of text; rate: samples per second. Matrices and lists are left out."""
    words = [f"epoch {record['epoch']}"]
    words += [
        shown(name, value) for name, value in record.items()
        if name not in ("epoch", "lr", "seconds") and isinstance(value, (int, float))
    ]
    if "seconds" in record:
        words.append(f"{record['seconds']:.1f} s")
    if rate is not None:
        words.append(per_second(rate))
    return "  ".join(words)


def per_second(rate: float) -> str:
    """Samples per second in words."""
    return f"{rate:,.0f} samples/s" if rate >= 10 else f"{rate:.2g} samples/s"
