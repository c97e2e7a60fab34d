"""torchvision: transforms, data sets from files made here, grids."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

import pentad as pt
from pentad.frontends import torchvision
from pentad.frontends.torchvision import datasets, transforms
from pentad.frontends.torchvision.transforms import functional as F

PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3


def picture():
    return pytest.importorskip("PIL.Image", reason="images need Pillow").fromarray(PIXELS)


def planes():
    return pt.from_numpy(np.ascontiguousarray(PIXELS.transpose(2, 0, 1)))


def same(found, wanted):
    np.testing.assert_array_equal(F.pil_to_tensor(found).numpy() if not isinstance(
        found, pt.Tensor) else found.numpy(), wanted.numpy())


def test_images_become_tensors_and_come_back():
    found = transforms.ToTensor()(picture())
    assert (tuple(found.shape), found.dtype) == ((3, 4, 6), pt.float32)
    np.testing.assert_allclose(found.numpy(), PIXELS.transpose(2, 0, 1) / np.float32(255))
    same(transforms.ToPILImage()(found), planes())
    assert transforms.ToTensor()(PIXELS[:, :, 0]).shape == (1, 4, 6)


@pytest.mark.parametrize("change", [
    lambda x: F.crop(x, 1, 2, 2, 3), lambda x: F.crop(x, -1, -1, 3, 3), F.hflip, F.vflip,
    lambda x: F.center_crop(x, 2), lambda x: F.pad(x, (1, 2), 7),
    lambda x: F.pad(x, 1, padding_mode="reflect"), lambda x: F.pad(x, 2, padding_mode="symmetric"),
    lambda x: F.pad(x, 1, padding_mode="edge"),
])
def test_pillow_and_tensors_agree(change):
    same(change(picture()), change(planes()))


def test_sizes():
    assert F.resize(planes(), 2).shape == (3, 2, 3)
    assert F.resize(planes(), (5, 7)).shape == (3, 5, 7)
    assert F.resize(picture(), 8, max_size=9).size == (9, 6)
    grey = transforms.Grayscale(3)(planes())
    assert bool((grey[0] == grey[2]).all())


def test_random_ones_are_repeated_by_the_seed():
    chain = transforms.Compose([
        transforms.RandomCrop(3, padding=1), transforms.RandomHorizontalFlip(),
        transforms.RandomVerticalFlip(), transforms.RandomRotation(10),
        transforms.ColorJitter(0.2, 0.2, 0.2), transforms.RandomResizedCrop(4),
        transforms.ConvertImageDtype(pt.float32), transforms.RandomErasing(1.0),
        transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    found = []
    for _ in range(2):
        pt.manual_seed(3)
        found.append(chain(planes()))
    assert found[0].shape == (3, 4, 4)
    assert found[0].tolist() == found[1].tolist()
    with pytest.raises(pt.ShapeError, match="too small"):
        transforms.RandomCrop(9)(planes())
    with pytest.raises(pt.DTypeError):
        F.normalize(planes(), [0.0], [1.0])


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def test_digits_from_files(tmp_path):
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(idx(images))
    (raw / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([3, 7], "uint8"))))
    found = datasets.MNIST(str(tmp_path), transform=transforms.ToTensor())
    image, label = found[1]
    assert (len(found), label, tuple(image.shape)) == (2, 7, (1, 28, 28))
    np.testing.assert_allclose(image[0].numpy(), images[1] / np.float32(255))
    with pytest.raises(pt.DataError, match="t10k-images"):
        datasets.MNIST(str(tmp_path), train=False)


def test_colours_from_binary_files(tmp_path):
    records = np.arange(2 * 3073, dtype=np.int64).astype(np.uint8)
    (tmp_path / "test_batch.bin").write_bytes(records.tobytes())
    found = datasets.CIFAR10(tmp_path, train=False)
    assert found.targets == [0, 1]
    assert found.data.shape == (2, 32, 32, 3)
    assert found.data[0, 0, 1, 2] == records[1 + 2 * 1024 + 1]
    (tmp_path / "test_batch.bin").write_bytes(b"abc")
    with pytest.raises(pt.FormatError):
        datasets.CIFAR10(tmp_path, train=False)


def test_folders_of_images(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        picture().save(tmp_path / name / "a.png")
    found = datasets.ImageFolder(str(tmp_path), transform=transforms.ToTensor())
    assert (found.classes, found.targets) == (["cat", "dog"], [0, 1])
    assert found[1][0].shape == (3, 4, 6)
    (tmp_path / "dog" / "a.png").write_bytes(b"no image")
    with pytest.raises(pt.FormatError):
        found[1]


def test_images_of_nothing():
    found = datasets.FakeData(3, (3, 8, 8), transform=transforms.ToTensor())
    batch = next(iter(pt.data.DataLoader(found, batch_size=3)))
    assert batch[0].shape == (3, 3, 8, 8)
    assert found[1][1] == found[1][1]
    with pytest.raises(IndexError):
        found[3]


def test_grids(tmp_path):
    grid = torchvision.utils.make_grid(pt.ones(5, 1, 4, 6), nrow=3, padding=1)
    assert grid.shape == (3, 11, 22)
    assert float(grid.sum()) == 5 * 3 * 24
    picture()
    torchvision.utils.save_image(pt.ones(2, 3, 4, 4), tmp_path / "grid.png")
    assert datasets.default_loader(str(tmp_path / "grid.png")).size == (14, 8)
