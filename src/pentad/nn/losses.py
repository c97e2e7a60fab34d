"""Losses as layers."""

from __future__ import annotations

from typing import Any

from pentad.nn import functional as F
from pentad.nn.functional.losses import REDUCTIONS, reduction_of, require_reduction
from pentad.nn.module import Module


class CosineSimilarity(Module):
    """The cosine of the angle between two tensors along a dimension."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        """The similarity along `dim`."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 along the last dimension."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        """The distance along the last dimension."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class _Loss(Module):
    """A loss of functional with constants.

    function: its name; options: the keyword arguments of the constructor besides `reduction`;
    positional: those that may be given by position.
    """

    function: str
    options: dict[str, Any] = {}
    positional: tuple[str, ...] = ()
    reductions = REDUCTIONS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__()
        name = type(self).__name__
        if len(args) > len(self.positional):
            raise TypeError(f"{name} takes at most {len(self.positional)} arguments by position")
        options = {**dict(zip(self.positional, args, strict=False)), **options}
        older = options.pop("size_average", None), options.pop("reduce", None)
        reduction = reduction_of(*older, options.pop("reduction", "mean"))
        require_reduction(name, reduction, self.reductions)
        unknown = set(options) - set(self.options)
        if unknown:
            raise TypeError(f"{name} has no argument {min(unknown)!r}")
        self.reduction = reduction
        for key, value in {**self.options, **options}.items():
            setattr(self, key, value)

    def _constants(self) -> dict[str, Any]:
        return {"reduction": self.reduction} | {k: getattr(self, k) for k in self.options}

    def forward(self, *operands: Any) -> Any:
        """The loss of an input (or several) and a target."""
        return getattr(F, self.function)(*operands, **self._constants())


class _WeightedLoss(_Loss):
    """A loss with a weight tensor, which is a buffer."""

    def __init__(self, weight: Any = None, *, reduction: str = "mean", **options: Any) -> None:
        super().__init__(reduction=reduction, **options)
        self.register_buffer("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of an input and a target."""
        return getattr(F, self.function)(input, target, self.weight, **self._constants())


class CrossEntropyLoss(_WeightedLoss):
    """Cross entropy of scores and class indices or probabilities."""

    function = "cross_entropy"
    options = {"ignore_index": -100, "label_smoothing": 0.0}


class NLLLoss(_WeightedLoss):
    """Minus the log-probability of each target class."""

    function = "nll_loss"
    options = {"ignore_index": -100}


class BCELoss(_WeightedLoss):
    """Binary cross entropy of probabilities."""

    function = "binary_cross_entropy"


class BCEWithLogitsLoss(_WeightedLoss):
    """Binary cross entropy of sigmoid(input)."""

    function = "binary_cross_entropy_with_logits"

    def __init__(
        self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def _constants(self) -> dict[str, Any]:
        return {"reduction": self.reduction, "pos_weight": self.pos_weight}


class MSELoss(_Loss):
    """(input - target) ** 2."""

    function = "mse_loss"


class L1Loss(_Loss):
    """|input - target|."""

    function = "l1_loss"


class SmoothL1Loss(_Loss):
    """Quadratic below beta, linear above."""

    function, options = "smooth_l1_loss", {"beta": 1.0}


class HuberLoss(_Loss):
    """Quadratic up to delta, linear with that slope above."""

    function, options, positional = "huber_loss", {"delta": 1.0}, ("reduction", "delta")


class KLDivLoss(_Loss):
    """target * (log(target) - input)."""

    function, options = "kl_div", {"log_target": False}
    reductions = (*REDUCTIONS, "batchmean")


class SoftMarginLoss(_Loss):
    """log(1 + exp(-target * input))."""

    function = "soft_margin_loss"


class MarginRankingLoss(_Loss):
    """max(0, -target * (input1 - input2) + margin)."""

    function, options, positional = "margin_ranking_loss", {"margin": 0.0}, ("margin",)


class HingeEmbeddingLoss(_Loss):
    """input where the target is 1, max(0, margin - input) where it is -1."""

    function, options, positional = "hinge_embedding_loss", {"margin": 1.0}, ("margin",)


class CosineEmbeddingLoss(_Loss):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1."""

    function, options, positional = "cosine_embedding_loss", {"margin": 0.0}, ("margin",)


class GaussianNLLLoss(_Loss):
    """(log(var) + (input - target) ** 2 / var) / 2."""

    function, options = "gaussian_nll_loss", {"full": False, "eps": 1e-6}


class PoissonNLLLoss(_Loss):
    """exp(input) - target * input."""

    function, options = "poisson_nll_loss", {"log_input": True, "full": False, "eps": 1e-8}
    positional = ("log_input", "full")


class TripletMarginLoss(_Loss):
    """max(0, |anchor - positive| - |anchor - negative| + margin)."""

    function = "triplet_margin_loss"
    options = {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False}
    positional = ("margin", "p", "eps", "swap")


class TripletMarginWithDistanceLoss(_Loss):
    """TripletMarginLoss with a distance of one's own."""

    function = "triplet_margin_with_distance_loss"
    options = {"distance_function": None, "margin": 1.0, "swap": False}

    def __init__(self, **options: Any) -> None:
        if options.get("distance_function") is None:
            options["distance_function"] = PairwiseDistance()
        super().__init__(**options)


class CTCLoss(_Loss):
    """Minus the log-probability of each target under all its alignments with the inputs."""

    function, options = "ctc_loss", {"blank": 0, "zero_infinity": False}
    positional = ("blank", "reduction", "zero_infinity")


class MultiLabelMarginLoss(_Loss):
    """Margins between the scores of a sample's classes and those of the others."""

    function = "multilabel_margin_loss"


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """Binary cross entropy of sigmoid(input), averaged over the classes."""

    function = "multilabel_soft_margin_loss"


class MultiMarginLoss(_WeightedLoss):
    """Margins between the score of the target class and those of the others."""

    function, options = "multi_margin_loss", {"p": 1, "margin": 1.0}

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction, p=p, margin=margin)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores [N, C] and classes [N]."""
        return F.multi_margin_loss(input, target, self.p, self.margin, self.weight,
                                   reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """NLLLoss, by its older name for [N, C, H, W]."""
