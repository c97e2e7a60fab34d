"""Writes the image files for the tests (where Pillow is installed), and what TensorFlow reads in
them (with TensorFlow 1.15.5, on Python 3.7): run it with both,

    python tests/frontends/regenerate/tensorflow1_codecs.py
"""

import io
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parents[1] / "tensorflow1"
sys.path.insert(0, str(HERE))
FILES, NUMBERS = (HERE / "fixtures" / name for name in ("image_files.npz", "codecs.npz"))


def files():
    """Small images in many forms: bytes by name."""
    from PIL import Image

    y, x = np.mgrid[0:13, 0:17]
    rgb = np.stack([x * 15 % 256, y * 19 % 256, x * y * 3 % 256], -1).astype(np.uint8)
    gray, alpha = rgb[..., 0], ((x + y) * 8 % 256).astype(np.uint8)
    few = Image.fromarray(rgb).quantize(16)
    smooth = Image.fromarray(rgb).resize((24, 18), Image.BILINEAR)
    frames = [Image.fromarray(gray // 128 * 60 + 60 * k) for k in range(3)]
    found = {}

    def save(name, image, **options):
        out = io.BytesIO()
        image.save(out, {"jpg": "JPEG"}.get(name[-3:], name[-3:].upper()), **options)
        found[name] = np.frombuffer(out.getvalue(), np.uint8)

    save("rgb.png", Image.fromarray(rgb))
    save("rgba.png", Image.fromarray(np.dstack([rgb, alpha])))
    save("gray.png", Image.fromarray(gray))
    save("la.png", Image.fromarray(np.dstack([gray, alpha])))
    save("pal.png", few)
    save("clear.png", few, transparency=3)
    save("bits.png", Image.fromarray(gray > 100))
    save("wide.png", Image.fromarray(gray.astype(np.uint16) * 250 + 7))
    save("rgb.jpg", smooth, quality=90)
    save("gray.jpg", smooth.convert("L"), quality=90)
    save("cmyk.jpg", smooth.convert("CMYK"), quality=90)
    save("rgb.bmp", Image.fromarray(rgb))
    save("gray.bmp", Image.fromarray(gray))
    save("one.gif", few)
    save("many.gif", frames[0], save_all=True, append_images=frames[1:])
    return found


if __name__ == "__main__":
    try:
        import tensorflow as tf
    except ImportError:
        np.savez_compressed(str(FILES), **files())
    else:
        import codec_cases

        tensors = codec_cases.cases(tf, codec_cases.image_files())
        with tf.Session() as session:
            np.savez_compressed(str(NUMBERS), **session.run(tensors))
