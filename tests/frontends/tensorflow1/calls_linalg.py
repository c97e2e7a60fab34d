"""Matrices, spectra, windows."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from tests.frontends.tensorflow1.values import A, P, S, close, same, table, tf, value

calls = table()
X = np.array([[2.0, 1.0], [0.5, 3.0]], np.float32)
L = np.linalg.cholesky(S)

calls("tf", "matmul", lambda f: close(f(A, P, transpose_b=True), A @ P.T))
calls("tf", "sparse_matmul", lambda f: close(f(tf.constant(A), tf.constant(P.T)), A @ P.T))
calls("tf", "tensordot", lambda f: close(f(A, P, [[1], [1]]), A @ P.T))
calls("tf", "einsum", lambda f: close(f("ij,kj->ik", A, P), A @ P.T))
calls("tf.linalg", "matvec", lambda f: close(f(A, P[0]), A @ P[0]))
calls("tf", "cross", lambda f: close(f(A, P), np.cross(A, P)))
calls("tf", "norm", lambda f: close(f(A), np.linalg.norm(A)))
calls("tf", "trace", lambda f: close(f(X), np.trace(X)))
calls("tf", "matrix_determinant", lambda f: close(f(X), np.linalg.det(X)))
calls("tf", "matrix_inverse", lambda f: close(f(X), np.linalg.inv(X)))
calls("tf", "matrix_solve", lambda f: close(f(X, P[:, :2]), np.linalg.solve(X, P[:, :2])))
calls("tf", "matrix_triangular_solve", lambda f: close(f(np.tril(X), P[:, :2], lower=True),
                                                       np.linalg.solve(np.tril(X), P[:, :2])))
calls("tf", "matrix_solve_ls", lambda f: close(f(P.T, np.ones((3, 1), np.float32), fast=False),
                                               np.linalg.lstsq(P.T, np.ones((3, 1)))[0], 1e-4))
calls("tf", "matrix_square_root", lambda f: close(f(S), scipy.linalg.sqrtm(S), 1e-4))
calls("tf", "matrix_band_part", lambda f: same(f(X, -1, 0), np.tril(X)))
calls("tf", "matrix_diag", lambda f: same(f(A), [np.diag(a) for a in A]))
calls("tf", "diag", lambda f: same(f([1, 2]), [[1, 0], [0, 2]]))
calls("tf", "matrix_diag_part", lambda f: same(f(X), np.diag(X)))
calls("tf", "diag_part", lambda f: same(f(X), np.diag(X)))
calls("tf", "matrix_set_diag", lambda f: same(f(X, [7.0, 8.0]), [[7, 1], [0.5, 8]]))
calls("tf", "cholesky", lambda f: close(f(S), L))
calls("tf", "cholesky_solve", lambda f: close(f(L, X), np.linalg.solve(S, X)))
calls("tf", "qr", lambda f: close(tf.matmul(*f(X)), X))
calls("tf", "svd", lambda f: close(f(X)[0], np.linalg.svd(X)[1]))
calls("tf", "self_adjoint_eig", lambda f: close(f(S)[0], np.linalg.eigvalsh(S)))
calls("tf", "self_adjoint_eigvals", lambda f: close(f(S), np.linalg.eigvalsh(S)))
calls("tf.linalg", "eigh", lambda f: close(f(S)[0], np.linalg.eigvalsh(S)))
calls("tf.linalg", "adjoint", lambda f: close(f(tf.constant(X)), X.T))
calls("tf.linalg", "expm", lambda f: close(f(X), scipy.linalg.expm(X), 1e-4))
calls("tf.linalg", "logm", lambda f: close(f(tf.constant(S, tf.complex64)),
                                           scipy.linalg.logm(S), 1e-4))
calls("tf.linalg", "logdet", lambda f: close(f(S), np.log(np.linalg.det(S))))
calls("tf.linalg", "slogdet", lambda f: close(f(X)[1], np.log(np.linalg.det(X))))
calls("tf.linalg", "lu", lambda f: value(f(X)[1]).tolist() == [0, 1])
calls("tf.linalg", "pinv", lambda f: close(f(P), np.linalg.pinv(P), 1e-4))
calls("tf.linalg", "tridiagonal_matmul", lambda f: close(
    f(([1.0, 1.0, 0.0], [2.0, 1.0, 3.0], [0.0, 1.0, 4.0]), np.eye(3, dtype=np.float32),
      "sequence"), [[2, 1, 0], [1, 1, 1], [0, 4, 3]]))

@calls("tf", "gradients")
def gradients(f):
    x, other = tf.constant([2.0, 3.0]), tf.constant(1.0)
    assert f(x * x, [x, other])[1] is None
    same(f(x * x, x)[0], [4, 6])



# -- spectra ---------------------------------------------------------------------------------------

C = (A[:, :2] + 1j * P[:, :2]).astype(np.complex64)
calls("tf", "fft ifft fft2d ifft2d fft3d ifft3d", lambda f, name: close(
    f(tf.constant(C[None])), {
        "fft": np.fft.fft(C[None]), "ifft": np.fft.ifft(C[None]), "fft2d": np.fft.fft2(C[None]),
        "ifft2d": np.fft.ifft2(C[None]), "fft3d": np.fft.fftn(C[None]),
        "ifft3d": np.fft.ifftn(C[None])}[name], 1e-4))
calls("tf.signal", "rfft rfft2d rfft3d", lambda f, name: close(
    f(S[None]), {"rfft": np.fft.rfft(S[None]), "rfft2d": np.fft.rfft2(S[None]),
                 "rfft3d": np.fft.rfftn(S[None])}[name], 1e-4))
calls("tf.signal", "irfft irfft2d irfft3d", lambda f, name: close(
    f(getattr(tf.signal, name[1:])(S[None])), S[None], 1e-4))
calls("tf.signal", "fftshift ifftshift",
      lambda f, name: same(f(tf.constant(A)), getattr(np.fft, name)(A)))
calls("tf.signal", "hann_window hamming_window", lambda f, name: close(
    f(4), {"hann": [0, 0.5, 1, 0.5], "hamm": [0.08, 0.54, 1, 0.54]}[name[:4]]))
calls("tf.signal", "frame", lambda f: same(f(tf.range(5), 3, 2), [[0, 1, 2], [2, 3, 4]]))
calls("tf.signal", "overlap_and_add", lambda f: same(f([[1.0, 2, 3], [4, 5, 6]], 2),
                                                     [1, 2, 7, 5, 6]))
calls("tf.signal", "dct", lambda f: close(f(A), scipy.fft.dct(A), 1e-4))
calls("tf.signal", "idct", lambda f: close(f(A), scipy.fft.idct(A) * 6, 1e-4))
calls("tf.signal", "stft", lambda f: value(f(np.ones(8, np.float32), 4, 2)).shape == (3, 3))
calls("tf.signal", "inverse_stft", lambda f: value(
    f(tf.signal.stft(np.ones(8, np.float32), 4, 2), 4, 2)).shape == (8,))
calls("tf.signal", "inverse_stft_window_fn", lambda f: value(f(2)(4, dtype=tf.float32)).shape
      == (4,))
calls("tf.signal", "linear_to_mel_weight_matrix",
      lambda f: value(f(4, 9, 8000.0)).shape == (9, 4))
calls("tf.signal", "mfccs_from_log_mel_spectrograms", lambda f: value(f(A)).shape == A.shape)
