"""What is not there of Theano, or only partly: name -> why, how. `a.*` speaks for all below it."""

from __future__ import annotations

_REWRITE = "graphs are rewritten by Pentad's compiler, not by rewritings that a program can reach"
_MRG = "MRG_RandomStreams draws from Pentad's counter-based generator, without tables of MRG31k3p"

ABSENT = {
    "theano.ifelse.CondMerge": _REWRITE, "theano.ifelse.acceptable_ops": _REWRITE,
    "theano.ifelse.cond_make_inplace": _REWRITE, "theano.ifelse.cond_merge_ifs_false": _REWRITE,
    "theano.ifelse.cond_merge_ifs_true": _REWRITE, "theano.ifelse.cond_merge_random_op": _REWRITE,
    "theano.ifelse.cond_remove_identical": _REWRITE, "theano.ifelse.optdb": _REWRITE,
    "theano.ifelse.ifelse_lift_single_if_through_acceptable_ops": _REWRITE,
    "theano.tensor.nnet.bn.bn_groupopt": _REWRITE,
    "theano.tensor.nnet.bn.copy_stack_trace": _REWRITE,
    "theano.tensor.nnet.bn.local_abstract_batch_norm_inference": _REWRITE,
    "theano.tensor.nnet.bn.local_abstract_batch_norm_train": _REWRITE,
    "theano.tensor.nnet.bn.local_abstract_batch_norm_train_grad": _REWRITE,
    "theano.tensor.nnet.bn.local_optimizer": _REWRITE,
    "theano.tensor.nnet.crossentropy_to_crossentropy_with_softmax": _REWRITE,
    "theano.tensor.nnet.crossentropy_to_crossentropy_with_softmax_with_bias": _REWRITE,
    "theano.tensor.nnet.graph_merge_softmax_with_crossentropy_softmax": _REWRITE,
    "theano.tensor.nnet.softmax_simplifier": _REWRITE,
    "theano.sandbox.rng_mrg.local_optimizer": _REWRITE,
    "theano.sandbox.rng_mrg.mrg_random_make_inplace": _REWRITE,
    "theano.sandbox.rng_mrg.optdb": _REWRITE,
    "theano.sandbox.rng_mrg.A1p72": _MRG, "theano.sandbox.rng_mrg.A1p134": _MRG,
    "theano.sandbox.rng_mrg.A2p72": _MRG, "theano.sandbox.rng_mrg.A2p134": _MRG,
    "theano.sandbox.rng_mrg.ff_2p134": _MRG, "theano.sandbox.rng_mrg.ff_2p72": _MRG,
    "theano.sandbox.rng_mrg.matVecModM": _MRG, "theano.sandbox.rng_mrg.multMatVect": _MRG,
    "theano.sandbox.rng_mrg.mrg_next_value": _MRG, "theano.sandbox.rng_mrg.np_int32_vals": _MRG,
}

PARTLY: dict[str, str] = {}
