"""Frechet distance between two sets of features, whole or as streamed moments; NumPy.

With a Gaussian fitted to each side the distance is
|m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2)). Writing C = F^T F, the last trace
is the sum of the singular values of F1 F2^T. That needs no matrix square root, stays
real for rank-deficient covariances and keeps half of the digits that an eigenvalue of
C1 C2 would lose.

Shapes: `N` images, `D` features, `K` rows of a factor.
"""

import numpy as np

from tfgan_contra.errors import DataError


class Moments:
    """Mean and covariance of features that arrive in batches, in float64.

    Batches are joined by the pairwise update of Chan et al. (1983): deviations are
    taken from each batch's own mean, so a large common offset cancels nothing.

    Attributes:
        count: rows seen.
        mean: `[D]` float64.
    """

    def __init__(self, num_features: int) -> None:
        """Starts empty for features of length `num_features`."""
        self.count = 0
        self.mean = np.zeros(num_features)
        self._scatter = np.zeros((num_features, num_features))

    def update(self, features: np.ndarray) -> None:
        """Adds the rows of `features` `[N, D]`.

        Raises:
            DataError: for another shape or values that are not finite.
        """
        rows = checked_features(features, "a batch of features", minimum=0)
        if rows.shape[1] != len(self.mean):
            raise DataError(
                f"A batch must have {len(self.mean)} features per image. "
                f"Received: {rows.shape[1]}"
            )
        if len(rows) == 0:
            return
        mean = rows.mean(axis=0)
        centred = rows - mean
        self._join(len(rows), mean, centred.T @ centred)

    def merge(self, other: "Moments") -> None:
        """Adds everything that `other` has seen, for instance another replica's part.

        Raises:
            DataError: if `other` counts another number of features.
        """
        if len(other.mean) != len(self.mean):
            raise DataError(
                f"Moments of {len(self.mean)} features take no others. "
                f"Received: {len(other.mean)} features"
            )
        if other.count:
            self._join(other.count, other.mean, other._scatter)

    @property
    def covariance(self) -> np.ndarray:
        """`[D, D]` float64, divided by the number of rows minus one.

        Raises:
            DataError: before the second row.
        """
        if self.count < 2:
            raise DataError(
                f"A covariance needs 2 or more rows. Received: {self.count}"
            )
        return self._scatter / (self.count - 1)

    def _join(self, count: int, mean: np.ndarray, scatter: np.ndarray) -> None:
        total = self.count + count
        shift = mean - self.mean
        weight = self.count * count / total
        self._scatter += scatter + weight * np.outer(shift, shift)
        self.mean = self.mean + shift * (count / total)
        self.count = total


def frechet_distance(features_real: np.ndarray, features_fake: np.ndarray) -> float:
    """Returns the squared Frechet distance of two feature sets, 0 or more.

    |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2)), covariances over N - 1.

    Args:
        features_real: `[N1, D]`, 2 rows or more, any scale.
        features_fake: `[N2, D]`, 2 rows or more.

    Raises:
        DataError: for other shapes, too few rows or values that are not finite.

    Reference: Heusel et al., NeurIPS 2017 (arXiv 1706.08500).
    """
    real, fake = checked_pair(features_real, features_fake, minimum=2)
    return _distance(
        real.mean(axis=0) - fake.mean(axis=0), _factor(real), _factor(fake)
    )


def frechet_distance_from_moments(real: Moments, fake: Moments) -> float:
    """Returns `frechet_distance` of the rows that two `Moments` have seen.

    Raises:
        DataError: if the features differ in number or a side has fewer than 2 rows.
    """
    if len(real.mean) != len(fake.mean):
        raise DataError(
            "Both sides must have the same number of features. "
            f"Received: {len(real.mean)} and {len(fake.mean)}"
        )
    return _distance(
        real.mean - fake.mean,
        _factor_of_covariance(real.covariance),
        _factor_of_covariance(fake.covariance),
    )


def intra_class_frechet_distances(
    features_real: np.ndarray,
    labels_real: np.ndarray,
    features_fake: np.ndarray,
    labels_fake: np.ndarray,
) -> dict[int, float]:
    """Returns `frechet_distance` within each class that has 2 rows on both sides.

    Args:
        features_real: `[N1, D]`.
        labels_real: `[N1]` integers.
        features_fake: `[N2, D]`.
        labels_fake: `[N2]` integers, the classes that were asked for.

    Reference: Miyato & Koyama, ICLR 2018 (arXiv 1802.05637).
    """
    distances = {}
    for label in np.intersect1d(labels_real, labels_fake):
        real = features_real[labels_real == label]
        fake = features_fake[labels_fake == label]
        if min(len(real), len(fake)) >= 2:
            distances[int(label)] = frechet_distance(real, fake)
    return distances


def checked_pair(
    real: np.ndarray, fake: np.ndarray, *, minimum: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns both sides as float64 `[N, D]` or raises `DataError` naming the side."""
    real = checked_features(real, "features of real images", minimum=minimum)
    fake = checked_features(fake, "features of fake images", minimum=minimum)
    if real.shape[1] != fake.shape[1]:
        raise DataError(
            "Both sides must have the same number of features. "
            f"Received: {real.shape[1]} and {fake.shape[1]}"
        )
    return real, fake


def checked_features(features: np.ndarray, name: str, *, minimum: int) -> np.ndarray:
    """Returns finite float64 `[N, D]` with N at least `minimum`, or raises."""
    rows = np.asarray(features, np.float64)
    if rows.ndim != 2 or len(rows) < minimum:
        raise DataError(
            f"{name} must be [N, D] with N of {minimum} or more. "
            f"Received: {list(rows.shape)}"
        )
    broken = int(np.count_nonzero(~np.isfinite(rows).all(axis=1)))
    if broken:
        raise DataError(
            f"{name} must be finite; look for NaN in the generator. "
            f"Received: {broken} of {len(rows)} rows that are not"
        )
    return rows


def _factor(rows: np.ndarray) -> np.ndarray:
    """`[K, D]` with F^T F the covariance of the rows and K at most D."""
    centred = (rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)
    if len(centred) <= centred.shape[1]:
        return centred
    return np.asarray(np.linalg.qr(centred, mode="r"))


def _factor_of_covariance(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    # Rounding leaves null directions at about epsilon, whose root would be 1e-8.
    floor = values[-1] * len(values) * np.finfo(np.float64).eps
    kept = values > floor
    return np.sqrt(values[kept])[:, None] * vectors[:, kept].T


def _distance(shift: np.ndarray, real: np.ndarray, fake: np.ndarray) -> float:
    overlap = np.linalg.svd(real @ fake.T, compute_uv=False).sum()
    spread = np.square(real).sum() + np.square(fake).sum()
    return max(float(shift @ shift + spread - 2 * overlap), 0.0)
