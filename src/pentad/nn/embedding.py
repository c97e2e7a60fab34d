"""Embedding and EmbeddingBag: rows for indices."""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn import functional as F
from pentad.nn import init
from pentad.nn.functional.linear import padding_index
from pentad.nn.linear import require_positive
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter, new_parameter
from pentad.tensor.state import no_grad


class _Rows(Module):
    """What Embedding and EmbeddingBag share: a row of `weight` for each index."""

    def _build(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None,
        max_norm: float | None, norm_type: float, scale_grad_by_freq: bool, sparse: bool,
        weight: Any, dtype: Any,
    ) -> None:
        require_positive(type(self).__name__, num_embeddings=num_embeddings,
                         embedding_dim=embedding_dim)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = (
            None if padding_idx is None else padding_index(padding_idx, num_embeddings)
        )
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        if weight is None:
            self.weight = new_parameter(num_embeddings, embedding_dim, dtype=dtype)
            self.reset_parameters()
        elif tuple(weight.shape) != (num_embeddings, embedding_dim):
            raise ShapeError(
                message(f"{type(self).__name__}: _weight",
                        expected=str([num_embeddings, embedding_dim]),
                        got=str(list(weight.shape)))
            )
        else:
            self.weight = weight if isinstance(weight, Parameter) else Parameter(weight)

    def reset_parameters(self) -> None:
        """Draw the values anew: standard normal, the padding row 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].zero_()

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        for name, usual in (("padding_idx", None), ("max_norm", None), ("norm_type", 2),
                            ("scale_grad_by_freq", False)):
            value = getattr(self, name)
            parts += [f"{name}={value}"] if value != usual else []
        return ", ".join(parts)


class Embedding(_Rows):
    """A row of `weight` for each index: [...] gives [..., embedding_dim]."""

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False, _weight: Any = None, _freeze: bool = False, device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._build(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type,
                    scale_grad_by_freq, sparse, _weight, dtype)
        self.weight.requires_grad_(not _freeze)

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An Embedding with these rows [n, d], not trained if `freeze`."""
        _require_matrix("Embedding.from_pretrained", embeddings)
        return cls(*embeddings.shape, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
                   embeddings, freeze)

    def forward(self, input: Any) -> Any:
        """The rows at the indices."""
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
                           self.scale_grad_by_freq)


def _require_matrix(name: str, embeddings: Any) -> None:
    if embeddings.ndim != 2:
        raise ShapeError(
            message(f"{name}: the embeddings are no matrix", expected="[entries, features]",
                    got=str(list(embeddings.shape)))
        )


class EmbeddingBag(_Rows):
    """Sums, means or maxima of rows: bags [B, N], or [N] with offsets [B], give [B, d]."""

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, _weight: Any = None, include_last_offset: bool = False,
        padding_idx: int | None = None, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        if mode not in ("sum", "mean", "max"):
            raise ArgumentError(
                message("EmbeddingBag: mode", expected="'sum', 'mean' or 'max'", got=repr(mode))
            )
        self.mode, self.include_last_offset = mode, include_last_offset
        self._build(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type,
                    scale_grad_by_freq, sparse, _weight, dtype)

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, include_last_offset: bool = False, padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """An EmbeddingBag with these rows [n, d], not trained if `freeze`."""
        _require_matrix("EmbeddingBag.from_pretrained", embeddings)
        made = cls(*embeddings.shape, max_norm, norm_type, scale_grad_by_freq, mode, sparse,
                   embeddings, include_last_offset, padding_idx)
        made.weight.requires_grad_(not freeze)
        return made

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """The rows at the indices, bag by bag."""
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        padded = self.padding_idx
        self.__dict__["padding_idx"] = None
        parts = super().extra_repr()
        self.__dict__["padding_idx"] = padded
        tail = "" if padded is None else f", padding_idx={padded}"
        return f"{parts}, mode={self.mode!r}{tail}"
