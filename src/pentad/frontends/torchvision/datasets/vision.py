"""What data sets of images share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pentad as pt
from pentad.static import message


class VisionDataset(pt.data.Dataset):
    """Elements (image, target) changed by `transform` and `target_transform`, or by `transforms`
    together."""

    def __init__(self, root: Any = None, transforms: Any = None, transform: Any = None,
                 target_transform: Any = None) -> None:
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        self.transforms = transforms
        self.transform, self.target_transform = transform, target_transform

    def changed(self, image: Any, target: Any) -> tuple[Any, Any]:
        """The element after the transforms."""
        if self.transforms is not None:
            return self.transforms(image, target)  # type: ignore[no-any-return]
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __repr__(self) -> str:
        count = len(self)  # type: ignore[arg-type]
        return f"Dataset {type(self).__name__}\n    Number of datapoints: {count}"


def files_in(name: str, folders: list[Path], names: list[str], hint: str) -> list[Path]:
    """The files, each as it is or as .gz, in the first folder that has them all; DataError that
    names the places if none has."""
    for folder in folders:
        found = [next((p for p in (folder / n, folder / f"{n}.gz") if p.is_file()), None)
                 for n in names]
        if None not in found:
            return [p for p in found if p is not None]
    raise pt.DataError(message(
        f"{name}: the files are not there", expected=", ".join(names),
        got="not all in " + " or ".join(str(f) for f in folders), hint=hint))
