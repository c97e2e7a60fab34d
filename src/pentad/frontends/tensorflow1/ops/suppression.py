"""Which of many boxes are kept, and which part of an image is cut out at random."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

import pentad.frontends.tensorflow1 as tf
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.boxes import _chosen, _overlap

_HOST: dict[str, Any] = {"host": True, "differentiable": False}
_BOXES = "boxes: float32, scores: float32, max_output_size: int32, iou_threshold: float32, " \
    "score_threshold: float32"


def _softly(boxes: Any, scores: Any, most: Any, limit: Any, least: Any, sigma: Any) -> Any:
    """Scores fall with the overlap, instead of boxes being dropped at once, if sigma is not 0."""
    scale = -0.5 / sigma if sigma > 0 else 0.0
    heap = [(-s, i, 0) for i, s in enumerate(scores.tolist()) if s > least]
    heapq.heapify(heap)
    kept: list[int] = []
    values: list[float] = []
    while heap and len(kept) < int(most):
        negative, i, begin = heapq.heappop(heap)
        score, dropped = -negative, False
        for j in reversed(range(begin, len(kept))):
            near = float(_overlap(boxes[i], boxes[kept[j]][None])[0])
            score *= float(np.exp(scale * near * near)) if near <= limit else 0.0
            dropped = sigma <= 0 and near > limit
            if dropped or score <= least:
                break
        if dropped:
            continue
        if score == -negative:
            kept.append(i)
            values.append(score)
        elif score > least:
            heapq.heappush(heap, (-score, i, len(kept)))
    return np.array(kept, np.int32), np.array(values, np.float32)


_SCORED = op(
    "NonMaxSuppressionV5", f"{_BOXES}, soft_nms_sigma: float32 -> selected_indices: int32, "
    "selected_scores: float32, valid_outputs: int32",
    lambda *given: (*(found := _softly(*given)), np.int32(len(found[0]))),
    types=lambda *_: [(dtypes.int32, (None,)), (dtypes.float32, (None,)), (dtypes.int32, ())],
    **_HOST)


def _padded(boxes: Any, scores: Any, most: Any, limit: Any, least: Any,
            pad_to_max_output_size: bool) -> Any:
    found = _chosen(boxes, scores, most, limit, least)
    more = int(most) - len(found) if pad_to_max_output_size else 0
    return np.pad(found, (0, more)), np.int32(len(found))


_PADDED = op(
    "NonMaxSuppressionV4", f"{_BOXES}; pad_to_max_output_size=False -> selected_indices: int32, "
    "valid_outputs: int32", _padded,
    types=lambda *_, **a: [(dtypes.int32, (None,)), (dtypes.int32, ())], **_HOST)


def _by_overlaps(overlaps: Any, scores: Any, most: Any, limit: Any, least: Any) -> Any:
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if len(kept) >= int(most) or scores[i] <= least:
            break
        if not kept or (overlaps[i, kept] <= limit).all():
            kept.append(int(i))
    return np.array(kept, np.int32)


_OVERLAPS = op(
    "NonMaxSuppressionWithOverlaps", "overlaps: float32, scores: float32, max_output_size: int32, "
    "overlap_threshold: float32, score_threshold: float32 -> selected_indices: int32",
    _by_overlaps, types=lambda *_: [(dtypes.int32, (None,))], **_HOST)


def non_max_suppression_with_scores(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: float = 0.5,
    score_threshold: float = float("-inf"), soft_nms_sigma: float = 0.0, name: str | None = None,
) -> Any:
    """(the numbers of the boxes that are kept, their scores)."""
    found = _SCORED(boxes, scores, max_output_size, iou_threshold, score_threshold,
                    soft_nms_sigma, name=name)
    return found[0], found[1]


def non_max_suppression_padded(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: float = 0.5,
    score_threshold: float = float("-inf"), pad_to_max_output_size: bool = False,
    name: str | None = None,
) -> Any:
    """(the numbers of the boxes that are kept, zeros after them; how many they are)."""
    found = _PADDED(boxes, scores, max_output_size, iou_threshold, score_threshold,
                    pad_to_max_output_size=pad_to_max_output_size, name=name)
    if pad_to_max_output_size and isinstance(max_output_size, int):
        found[0].set_shape([max_output_size])
    return found


def non_max_suppression_overlaps(
    overlaps: Any, scores: Any, max_output_size: Any, overlap_threshold: float = 0.5,
    score_threshold: float = float("-inf"), name: str | None = None,
) -> Any:
    """The numbers of the boxes that are kept, by a matrix of how much they overlap."""
    return _OVERLAPS(overlaps, scores, max_output_size, overlap_threshold, score_threshold,
                     name=name)


# -- a part of an image ----------------------------------------------------------------------------


def _crop(height: int, width: int, areas: Any, ratio: float, drawn: Any) -> Any:
    """(top, left, rows, columns) of a crop of that form; None if none fits."""
    low, high = (np.sqrt(a * height * width / ratio) for a in areas)
    most = min(round(high), height, int((width + 0.5 - 1e-7) / ratio))
    rows = min(round(low), most)
    rows += int(drawn[1] * (most - rows + 1))
    columns = round(rows * ratio)
    area, (least, largest) = rows * columns, (a * height * width for a in areas)
    if not (least <= area <= largest and 0 < rows <= height and 0 < columns <= width):
        return None
    return (int(drawn[2] * (height - rows + 1)), int(drawn[3] * (width - columns + 1)), rows,
            columns)


def _covers(crop: Any, boxes: Any, share: float) -> bool:
    """Does it cover so much of one of the boxes?"""
    top, left, rows, columns = crop
    tall = np.clip(np.minimum(boxes[:, 2], top + rows) - np.maximum(boxes[:, 0], top), 0, None)
    wide = np.clip(np.minimum(boxes[:, 3], left + columns) - np.maximum(boxes[:, 1], left), 0, None)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return bool(((areas > 0) & (tall * wide >= share * areas)).any())


def _sampled(
    image_size: Any, bounding_boxes: Any, min_object_covered: Any, drawn: Any, ratios: Any,
    areas: Any, use_image: bool,
) -> Any:
    height, width, depth = (int(n) for n in image_size)
    boxes = np.asarray(bounding_boxes, np.float64).reshape(-1, 4)
    if ((boxes < 0) | (boxes > 1)).any() or (boxes[:, :2] > boxes[:, 2:]).any():
        raise errors.InvalidArgumentError(None, None, static.message(
            "All bounding box coordinates must be in [0.0, 1.0]", got=str(boxes.tolist())[:200]))
    if not len(boxes):
        if not use_image:
            raise errors.InvalidArgumentError(None, None, static.message(
                "No bounding boxes provided as input.",
                hint="set use_image_if_no_bounding_boxes=True"))
        boxes = np.array([[0.0, 0.0, 1.0, 1.0]])
    whole = boxes * [height, width, height, width]
    found = (0, 0, height, width)
    for row in drawn:
        made = _crop(height, width, areas, ratios[0] + row[0] * (ratios[1] - ratios[0]), row)
        if made is not None and _covers(made, whole, float(min_object_covered)):
            found = made
            break
    top, left, rows, columns = found
    box = np.array([top / height, left / width, (top + rows) / height, (left + columns) / width])
    kind = image_size.dtype
    return (np.array([top, left, 0], kind), np.array([rows, columns, -1], kind),
            box.astype(np.float32).reshape(1, 1, 4))


_SAMPLE = op(
    "SampleDistortedBoundingBoxV2", "image_size: T, bounding_boxes: float32, "
    "min_object_covered: float32, drawn: float32; ratios, areas, use_image -> begin: T, size: T, "
    "bboxes: float32", _sampled,
    types=lambda size, *_, **a: [(size.dtype, (3,)), (size.dtype, (3,)),
                                 (dtypes.float32, (1, 1, 4))], **_HOST)


def sample_distorted_bounding_box(
    image_size: Any, bounding_boxes: Any, seed: Any = None, seed2: Any = None,
    min_object_covered: Any = 0.1, aspect_ratio_range: Any = None, area_range: Any = None,
    max_attempts: int | None = None, use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> Any:
    """(begin, size, box) of a random part of an image that shows enough of one of its boxes.

    After max_attempts without success it is the whole image.
    """
    with tf.name_scope(name, "sample_distorted_bounding_box"):
        drawn = tf.random_uniform([max_attempts or 100, 4], seed=seed)
        return _SAMPLE(image_size, bounding_boxes, min_object_covered, drawn,
                       ratios=tuple(aspect_ratio_range or (0.75, 1.33)),
                       areas=tuple(area_range or (0.05, 1.0)),
                       use_image=bool(use_image_if_no_bounding_boxes))


__all__ = ["non_max_suppression_overlaps", "non_max_suppression_padded",
           "non_max_suppression_with_scores", "sample_distorted_bounding_box"]
