"""History: what each epoch of a training gave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


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

    def __repr__(self) -> str:
        lines = [f"History of {len(self)} epochs"]
        return "\n".join([*lines, *(described(record) for record in self.records)])


def described(record: dict[str, Any]) -> str:
    """A record as one line of text."""
    words = [f"epoch {record['epoch']}"]
    for name, value in record.items():
        if name in ("epoch", "lr"):
            continue
        if name == "seconds":
            words.append(f"{value:.1f} s")
        else:
            label = name.replace("_", " ")
            words.append(f"{label} {value:.2%}" if "accuracy" in name else f"{label} {value:.4f}")
    return "  ".join(words)
