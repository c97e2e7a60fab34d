"""tf.strings."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "ops.strings": """
        as_string format=string_format join=string_join length=string_length lower=string_lower
        upper=string_upper reduce_join regex_full_match regex_replace split=strings_split
        strip=string_strip substr to_hash_bucket=string_to_hash_bucket
        to_hash_bucket_fast=string_to_hash_bucket_fast
        to_hash_bucket_strong=string_to_hash_bucket_strong to_number=string_to_number""",
})
