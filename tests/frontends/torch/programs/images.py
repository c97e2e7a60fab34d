"""Small images to train on: ten classes of smooth shapes with noise, made by NumPy."""

import numpy as np
import torch
from torch.utils.data import Dataset


def make(count, size, channels=1, seed=0):
    rng = np.random.RandomState(seed)
    labels = np.arange(count) % 10
    y, x = np.mgrid[0:size, 0:size] / (size - 1.0)
    images = []
    for label in labels:
        angle = np.pi * label / 10 + 0.1 * rng.randn()
        wave = np.sin((2 + label % 3) * np.pi * (x * np.cos(angle) + y * np.sin(angle)))
        image = 0.5 + 0.5 * wave + 0.1 * rng.randn(channels, size, size)
        images.append(np.clip(image, 0, 1))
    return np.stack(images).astype(np.float32), labels.astype(np.int64)


class Images(Dataset):
    """(image, label) pairs, normalised as a transform says."""

    def __init__(self, count, size, channels=1, seed=0, transform=None):
        images, labels = make(count, size, channels, seed)
        self.images = torch.from_numpy(images)
        self.labels = torch.from_numpy(labels)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.transform is not None:
            image = self.transform(image)
        return image, self.labels[index].item()
