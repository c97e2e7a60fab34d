"""Images in folders, one for each class, and images of nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pentad as pt
from pentad.frontends.torchvision.datasets.vision import VisionDataset
from pentad.frontends.torchvision.images import pillow
from pentad.frontends.torchvision.transforms import functional
from pentad.static import message

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def default_loader(path: str) -> Any:
    """An image file in RGB; FormatError if it is none."""
    image = pillow()
    try:
        with image.open(path) as opened:
            return opened.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise pt.FormatError(message(f"{path} is no image", expected="an image file",
                                     got=str(error))) from error


class DatasetFolder(VisionDataset):
    """Files ROOT/CLASS/...; classes are numbered in the order of their names.

    samples: (path, class). DataError without classes, or for a class without files.
    """

    def __init__(
        self, root: Any, loader: Callable[[str], Any], extensions: Any = None,
        transform: Any = None, target_transform: Any = None, is_valid_file: Any = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, None, transform, target_transform)
        self.loader = loader
        folders = sorted(p for p in Path(self.root).iterdir() if p.is_dir())
        self.classes = [p.name for p in folders]
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        fits = is_valid_file or (lambda path: path.lower().endswith(tuple(extensions or ("",))))
        self.samples: list[tuple[str, int]] = []
        for number, folder in enumerate(folders):
            found = [os.path.join(at, name) for at, _, names in sorted(os.walk(folder))
                     for name in sorted(names)]
            found = [path for path in found if fits(path)]
            if not found and not allow_empty:
                raise pt.DataError(message(f"the class {folder.name} has no files", got="none",
                                           expected=f"files ending in {extensions}"))
            self.samples += [(path, number) for path in found]
        if not folders:
            raise pt.DataError(message(f"{root} has no classes", expected="a folder for each class",
                                       got="no folders"))
        self.targets = [number for _, number in self.samples]

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        path, number = self.samples[index]
        return self.changed(self.loader(path), number)

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """The same of image files."""

    def __init__(self, root: Any, transform: Any = None, target_transform: Any = None,
                 loader: Callable[[str], Any] = default_loader, is_valid_file: Any = None,
                 allow_empty: bool = False) -> None:
        known = None if is_valid_file else IMG_EXTENSIONS
        super().__init__(root, loader, known, transform, target_transform, is_valid_file,
                         allow_empty)
        self.imgs = self.samples


class FakeData(VisionDataset):
    """Images of random numbers, the same for each index."""

    def __init__(self, size: int = 1000, image_size: tuple[int, ...] = (3, 224, 224),
                 num_classes: int = 10, transform: Any = None, target_transform: Any = None,
                 random_offset: int = 0) -> None:
        super().__init__(None, None, transform, target_transform)
        self.size, self.image_size = size, image_size
        self.num_classes, self.random_offset = num_classes, random_offset

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        if not 0 <= index < self.size:
            raise pt.IndexOutOfRange(message("FakeData: index", expected=f"0..{self.size - 1}",
                                             got=str(index)))
        stream = pt.Generator().manual_seed(index + self.random_offset)
        image = pt.randn(*self.image_size, generator=stream)
        target = int(pt.randint(0, self.num_classes, (1,), generator=stream).item())
        return self.changed(functional.to_pil_image(image), target)

    def __len__(self) -> int:
        return self.size
