"""FarmHash's fingerprint of texts, as TensorFlow sorts them into buckets."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _read64(s: bytes, at: int) -> int:
    return int.from_bytes(s[at:at + 8], "little")


def _read32(s: bytes, at: int) -> int:
    return int.from_bytes(s[at:at + 4], "little")


def _rotate(v: int, n: int) -> int:
    return ((v >> n) | (v << (64 - n))) & _MASK if n else v


def _mix(v: int) -> int:
    return v ^ (v >> 47)


def _pair(u: int, v: int, mul: int) -> int:
    a = ((u ^ v) * mul) & _MASK
    a ^= a >> 47
    b = ((v ^ a) * mul) & _MASK
    b ^= b >> 47
    return (b * mul) & _MASK


def _upto16(s: bytes) -> int:
    n = len(s)
    if n >= 8:
        mul = (_K2 + n * 2) & _MASK
        a, b = (_read64(s, 0) + _K2) & _MASK, _read64(s, n - 8)
        c = (_rotate(b, 37) * mul + a) & _MASK
        d = ((_rotate(a, 25) + b) * mul) & _MASK
        return _pair(c, d, mul)
    if n >= 4:
        mul = (_K2 + n * 2) & _MASK
        return _pair((n + (_read32(s, 0) << 3)) & _MASK, _read32(s, n - 4), mul)
    if n > 0:
        y = s[0] + (s[n >> 1] << 8)
        z = n + (s[n - 1] << 2)
        return (_mix((y * _K2 ^ z * _K0) & _MASK) * _K2) & _MASK
    return _K2


def _upto32(s: bytes) -> int:
    n = len(s)
    mul = (_K2 + n * 2) & _MASK
    a, b = (_read64(s, 0) * _K1) & _MASK, _read64(s, 8)
    c, d = (_read64(s, n - 8) * mul) & _MASK, (_read64(s, n - 16) * _K2) & _MASK
    return _pair((_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK,
                 (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK, mul)


def _upto64(s: bytes) -> int:
    n = len(s)
    mul = (_K2 + n * 2) & _MASK
    a, b = (_read64(s, 0) * _K2) & _MASK, _read64(s, 8)
    c, d = (_read64(s, n - 8) * mul) & _MASK, (_read64(s, n - 16) * _K2) & _MASK
    y = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    z = _pair(y, (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK, mul)
    e, f = (_read64(s, 16) * mul) & _MASK, _read64(s, 24)
    g = ((y + _read64(s, n - 32)) * mul) & _MASK
    h = ((z + _read64(s, n - 24)) * mul) & _MASK
    return _pair((_rotate((e + f) & _MASK, 43) + _rotate(g, 30) + h) & _MASK,
                 (e + _rotate((f + a) & _MASK, 18) + g) & _MASK, mul)


def _weak(s: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = (_read64(s, at + 8 * i) for i in range(4))
    a = (a + w) & _MASK
    b = _rotate((b + a + z) & _MASK, 21)
    c = a
    a = (a + x + y) & _MASK
    b = (b + _rotate(a, 44)) & _MASK
    return (a + z) & _MASK, (b + c) & _MASK


def fingerprint(s: bytes) -> int:
    """The fingerprint of a text, 64 bits without a sign."""
    n = len(s)
    if n <= 16:
        return _upto16(s)
    if n <= 32:
        return _upto32(s)
    return _upto64(s) if n <= 64 else _long(s)


def _long(s: bytes) -> int:
    n, x = len(s), 81
    y = (81 * _K1 + 113) & _MASK
    z = (_mix((y * _K2 + 113) & _MASK) * _K2) & _MASK
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _read64(s, 0)) & _MASK
    end = (n - 1) // 64 * 64
    last = end + ((n - 1) & 63) - 63
    for at in range(0, end, 64):
        x = (_rotate((x + y + v[0] + _read64(s, at + 8)) & _MASK, 37) * _K1) & _MASK
        y = (_rotate((y + v[1] + _read64(s, at + 48)) & _MASK, 42) * _K1) & _MASK
        x ^= w[1]
        y = (y + v[0] + _read64(s, at + 40)) & _MASK
        z = (_rotate((z + w[0]) & _MASK, 33) * _K1) & _MASK
        v = _weak(s, at, (v[1] * _K1) & _MASK, (x + w[0]) & _MASK)
        w = _weak(s, at + 32, (z + w[1]) & _MASK, (y + _read64(s, at + 16)) & _MASK)
        z, x = x, z
    mul = (_K1 + ((z & 0xFF) << 1)) & _MASK
    w = ((w[0] + ((n - 1) & 63)) & _MASK, w[1])
    v = ((v[0] + w[0]) & _MASK, v[1])
    w = ((w[0] + v[0]) & _MASK, w[1])
    x = (_rotate((x + y + v[0] + _read64(s, last + 8)) & _MASK, 37) * mul) & _MASK
    y = (_rotate((y + v[1] + _read64(s, last + 48)) & _MASK, 42) * mul) & _MASK
    x ^= (w[1] * 9) & _MASK
    y = (y + v[0] * 9 + _read64(s, last + 40)) & _MASK
    z = (_rotate((z + w[0]) & _MASK, 33) * mul) & _MASK
    v = _weak(s, last, (v[1] * mul) & _MASK, (x + w[0]) & _MASK)
    w = _weak(s, last + 32, (z + w[1]) & _MASK, (y + _read64(s, last + 16)) & _MASK)
    z, x = x, z
    return _pair((_pair(v[0], w[0], mul) + _mix(y) * _K0 + z) & _MASK,
                 (_pair(v[1], w[1], mul) + x) & _MASK, mul)
