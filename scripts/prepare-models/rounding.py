"""GPTQ: rounds the weights of a product to int8 so that the errors of a column cancel out for the inputs that occur."""

import numpy as np

DAMPING = 0.01  # of the mean of the diagonal, added to it: for directions that the calibration texts do not show
BLOCK = 64  # rows whose errors reach the rows after the block together


def round_columns(weight: np.ndarray, gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    [rows, columns] → int8 of that shape, and a scale per column. `gram` is xᵀx, the inputs x being rows. Rows are
    rounded in turn, and the rows still to come take up the error of each, by the Cholesky factor of the inverse of
    `gram`: Frantar et al., GPTQ, arXiv:2210.17323, algorithm 1. Inputs are strongly correlated, so that less than half
    of the squared error of plain rounding remains.
    """
    scales = (np.abs(weight).max(axis=0) / 127).astype(np.float32)
    rows = len(weight)
    damped = gram + np.eye(rows) * DAMPING * np.mean(np.diag(gram))
    factor = np.linalg.cholesky(np.linalg.inv(damped)).T
    rest = weight.astype(np.float64)
    values = np.empty(weight.shape, np.int8)
    for start in range(0, rows, BLOCK):
        end = min(start + BLOCK, rows)
        errors = np.empty((end - start, weight.shape[1]))
        for row in range(start, end):
            values[row] = np.clip(np.rint(rest[row] / scales), -127, 127)
            errors[row - start] = (rest[row] - values[row] * scales) / factor[row, row]
            rest[row + 1 : end] -= factor[row, row + 1 : end, None] * errors[row - start]
        rest[end:] -= factor[start:end, end:].T @ errors
    return values, scales
