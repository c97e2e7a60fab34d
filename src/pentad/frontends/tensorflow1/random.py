"""tf.random."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "framework.seeds": "set_random_seed get_seed",
    "nn": """
        all_candidate_sampler fixed_unigram_candidate_sampler learned_unigram_candidate_sampler
        log_uniform_candidate_sampler uniform_candidate_sampler""",
    "ops.random": """
        normal=random_normal uniform=random_uniform truncated_normal shuffle=random_shuffle
        multinomial categorical gamma=random_gamma poisson=random_poisson
        stateless_uniform=stateless_random_uniform stateless_normal=stateless_random_normal
        stateless_truncated_normal stateless_multinomial stateless_categorical""",
})
