"""What is not there of Theano, or only partly: name -> why, how. `a.*` speaks for all below it."""

from __future__ import annotations

_LINKER = "there is one compiler, chosen by the mode; no linker of C and Python code"
_REWRITE = "graphs are rewritten by Pentad's compiler, not by rewritings that a program can reach"
_ENUM = "there is no generated C code whose parameters it would describe"
_LEAK = "a variable that Theano's own module leaves behind, no function of it"
_MRG = "MRG_RandomStreams draws from Pentad's counter-based generator, without tables of MRG31k3p"

ABSENT = {
    "theano.CLinker": _LINKER, "theano.DualLinker": _LINKER, "theano.Linker": _LINKER,
    "theano.LocalLinker": _LINKER, "theano.OpWiseCLinker": _LINKER,
    "theano.PerformLinker": _LINKER, "theano.Container": "values are handed to the function itself",
    "theano.FunctionMaker": "theano.function makes functions in one step",
    "theano.p": _LEAK, "theano.rpath": _LEAK, "theano.gradient.grad_time": _LEAK,
    "theano.test": "Theano's own tests are not part of Pentad",
    "theano.sparse_grad": "gradients of rows of tables are found to be sparse without being told",
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
    "theano.sandbox.rng_mrg.bool_t": _ENUM, "theano.sandbox.rng_mrg.int_t": _ENUM,
    "theano.tensor.nnet.neighbours.EnumList": _ENUM,
    "theano.tensor.signal.pool.EnumList": _ENUM, "theano.tensor.signal.pool.bool_t": _ENUM,
    "theano.tensor.signal.pool.PoolingMode_t": _ENUM,
    "theano.tensor.make_constant": _LEAK,
    "theano.tensor.jv": "Bessel functions of any order have no kernel here; j0 and j1 are there",
    "theano.tensor.iv": "Bessel functions of any order have no kernel here; i0 and i1 are there",
}

PARTLY: dict[str, str] = {}
