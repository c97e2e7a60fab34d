"""Boxes in images: which overlap, what stands in them."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.make import op


def _overlap(box: Any, others: Any) -> Any:
    """The common area of a box with others, over that of both together."""
    low = np.maximum(np.minimum(box[:2], box[2:]), np.minimum(others[:, :2], others[:, 2:]))
    high = np.minimum(np.maximum(box[:2], box[2:]), np.maximum(others[:, :2], others[:, 2:]))
    common = np.prod(np.clip(high - low, 0, None), 1)
    areas = np.abs(np.prod(others[:, 2:] - others[:, :2], 1))
    whole = abs(np.prod(box[2:] - box[:2])) + areas - common
    return np.where(whole > 0, common / np.where(whole > 0, whole, 1), 0)


def _chosen(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any, score_threshold: Any
) -> Any:
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    for i in order:
        if len(kept) >= int(max_output_size) or scores[i] <= score_threshold:
            break
        if not kept or (_overlap(boxes[i], boxes[kept]) <= iou_threshold).all():
            kept.append(int(i))
    return np.array(kept, np.int32)


_SUPPRESS = op(
    "NonMaxSuppressionV3",
    "boxes: float32, scores: float32, max_output_size: int32, iou_threshold: float32, "
    "score_threshold: float32 -> selected_indices: int32", _chosen, host=True,
    differentiable=False, types=lambda *_: [(dtypes.int32, (None,))])


def non_max_suppression(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: float = 0.5,
    score_threshold: float = float("-inf"), name: str | None = None,
) -> Any:
    """The numbers of the boxes with the best scores that do not overlap much."""
    return _SUPPRESS(boxes, scores, max_output_size, iou_threshold, score_threshold, name=name)


def _cut(
    image: Any, boxes: Any, box_ind: Any, crop_size: Any, method: str, extrapolation_value: float
) -> Any:
    height, width = image.shape[1:3]
    rows, columns = (int(n) for n in crop_size)

    def places(low: Any, high: Any, count: int, size: int) -> Any:
        if count == 1:
            return (0.5 * (low + high) * (size - 1)).unsqueeze(1)
        steps = pt.arange(count, dtype=boxes.dtype) / (count - 1)
        return (low.unsqueeze(1) + (high - low).unsqueeze(1) * steps) * (size - 1)

    y = places(boxes[:, 0], boxes[:, 2], rows, height)
    x = places(boxes[:, 1], boxes[:, 3], columns, width)
    inside = (((y >= 0) & (y <= height - 1)).unsqueeze(2)
              & ((x >= 0) & (x <= width - 1)).unsqueeze(1)).unsqueeze(3)
    flat = image.to(pt.float32).reshape(-1, image.shape[3])
    base = box_ind.to(pt.int64).reshape(-1, 1, 1) * (height * width)

    def at(row: Any, column: Any) -> Any:
        row, column = (v.clamp(0, n - 1).to(pt.int64) for v, n in ((row, height), (column, width)))
        place = base + row.unsqueeze(2) * width + column.unsqueeze(1)
        return flat.index_select(0, place.reshape(-1)).reshape(*place.shape, image.shape[3])

    if method == "nearest":
        found = at(pt.round(y), pt.round(x))
    else:
        top, left = pt.floor(y), pt.floor(x)
        dy, dx = (y - top).reshape(-1, rows, 1, 1), (x - left).reshape(-1, 1, columns, 1)
        above = at(top, left) * (1 - dx) + at(top, left + 1) * dx
        below = at(top + 1, left) * (1 - dx) + at(top + 1, left + 1) * dx
        found = above * (1 - dy) + below * dy
    return pt.where(inside, found, pt.full_like(found, extrapolation_value))


_CROP = op("CropAndResize",
           "image: T, boxes: float32, box_ind: int32, crop_size: int32; method='bilinear', "
           "extrapolation_value=0.0 -> crops: float32", _cut, sizes=(3,))


def crop_and_resize(
    image: Any, boxes: Any, box_ind: Any = None, crop_size: Any = None, method: str = "bilinear",
    extrapolation_value: float = 0, name: str | None = None, box_indices: Any = None,
) -> Any:
    """What stands in boxes of images, all resized to one size."""
    index = box_ind if box_indices is None else box_indices
    return _CROP(image, boxes, index, crop_size, method=method,
                 extrapolation_value=float(extrapolation_value), name=name)


def _drawn(images: Any, boxes: Any) -> Any:
    found = np.array(images)
    height, width = found.shape[1:3]
    colors = [(1, 1, 0, 1), (0, 0, 1, 1), (1, 0, 0, 1), (0, 1, 0, 1), (0.5, 0, 0.5, 1),
              (0.5, 0.5, 0, 1), (0.5, 0, 0, 1), (0, 0, 0.5, 1), (0, 1, 1, 1), (1, 0, 1, 1)]
    for n in range(found.shape[0]):
        for k, box in enumerate(boxes[n]):
            ends = (box * [height - 1, width - 1, height - 1, width - 1]).astype(int)
            top, left, bottom, right = ends
            if top > bottom or left > right or bottom < 0 or right < 0 or top >= height \
                    or left >= width:
                continue
            color = np.array(colors[k % 10][:found.shape[3]], found.dtype)
            rows = slice(max(top, 0), min(bottom, height - 1) + 1)
            columns = slice(max(left, 0), min(right, width - 1) + 1)
            for row in (top, bottom):
                if 0 <= row < height:
                    found[n, row, columns] = color
            for column in (left, right):
                if 0 <= column < width:
                    found[n, rows, column] = color
    return found


_DRAW = op("DrawBoundingBoxes", "images: T, boxes: float32 -> output: T", _drawn, host=True,
           differentiable=False, types=lambda x, b: [(x.dtype, x.static_type.shape)])


def draw_bounding_boxes(images: Any, boxes: Any, name: str | None = None) -> Any:
    """Images with the edges of boxes drawn into them."""
    return _DRAW(images, boxes, name=name)
