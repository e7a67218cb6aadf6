"""Multinomial logistic regression with an L2 penalty; NumPy and scikit-learn.

Both solvers minimise the mean cross entropy plus `l2 / 2` times the squared weights;
biases are free.
"""

import warnings
from typing import NamedTuple, Optional

import numpy as np
from threadpoolctl import threadpool_limits

# Up to so many values in the features lbfgs takes seconds, and sgd no fewer.
FEW_VALUES = 2**24
# At most so many images, the same number in all batches but for one.
BATCH = 256
MOMENTUM = 0.9
# The rate falls to a tenth at each of these parts of the epochs.
DROPS = (0.6, 0.8)
POWER_ITERATIONS = 30
# Below, the matrices are so narrow that threads wait for each other most of the time.
MANY_CLASSES = 100
# A spread below this part of the largest one is rounding.
CONSTANT = 1e-6


class Classifier(NamedTuple):
    """A fitted regression.

    Attributes:
        weights: `[F, K]`.
        biases: `[K]`.
        classes: `[K]`, the labels that were there to learn.
        solver: `lbfgs` or `sgd`.
        passes: iterations of lbfgs, or epochs of sgd.
        converged: whether lbfgs ended before its last iteration; None for sgd.
    """

    weights: np.ndarray
    biases: np.ndarray
    classes: np.ndarray
    solver: str
    passes: int
    converged: Optional[bool]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Returns the most probable label `[N]` for features `[N, F]`."""
        logits = features @ self.weights + self.biases
        return self.classes[logits.argmax(axis=1)]

    def accuracy(self, features: np.ndarray, labels: np.ndarray) -> float:
        """Returns the share of features `[N, F]` whose label is predicted (top-1)."""
        return float((self.predict(features) == labels).mean())


def standardise(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gives every feature mean 0 and variance 1 over the training set.

    What is constant there, up to rounding, becomes 0 in both sets.

    Args:
        train: `[N, F]`.
        test: `[M, F]`, shifted and scaled alike.

    Returns:
        Both as float32.
    """
    mean = np.mean(train, axis=0, dtype=np.float64).astype(np.float32)
    # Copies, which are scaled in place: the features may take a gigabyte.
    train, test = train - mean, test - mean
    spread = np.sqrt(np.mean(np.square(train), axis=0, dtype=np.float64))
    constant = spread <= CONSTANT * np.max(spread)
    factor = np.where(constant, 0, 1 / np.where(constant, 1, spread))
    for centred in (train, test):
        centred *= factor.astype(np.float32)
    return train, test


def choose_solver(solver: str, num_values: int) -> str:
    """Returns the solver to take for features of so many values; see `auto`."""
    if solver != "auto":
        return solver
    return "lbfgs" if num_values <= FEW_VALUES else "sgd"


def fit_lbfgs(
    features: np.ndarray, labels: np.ndarray, l2: float, max_iterations: int
) -> Classifier:
    """Fits by scikit-learn.

    Args:
        features: `[N, F]`, standardised.
        labels: `[N]`, of two classes or more.
        l2: the penalty.
        max_iterations: where to stop at the latest, which is no error.
    """
    from sklearn.exceptions import ConvergenceWarning  # Slow.
    from sklearn.linear_model import LogisticRegression

    classes = np.unique(labels)
    # Of two classes it fits one vector w, ours are -w / 2 and w / 2: half the penalty.
    share = 2 if len(classes) == 2 else 1
    strength = share / (l2 * len(labels))
    model = LogisticRegression(C=strength, max_iter=max_iterations)
    with warnings.catch_warnings(), _threads(len(classes)):
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, labels)
    weights, biases = model.coef_.T, model.intercept_
    if share == 2:
        weights = np.concatenate([-weights, weights], axis=1) / 2
        biases = np.concatenate([-biases, biases]) / 2
    passes = int(np.max(model.n_iter_))
    converged = passes < max_iterations
    return Classifier(weights, biases, classes, "lbfgs", passes, converged)


def fit_sgd(
    features: np.ndarray, labels: np.ndarray, l2: float, epochs: int, seed: int
) -> Classifier:
    """Fits by stochastic gradients with momentum, for sets that lbfgs is slow on.

    The learning rate is 1 / L with L the largest curvature that the mean loss can
    have: half the largest eigenvalue of the features' covariance, plus the penalty.

    Args:
        features: `[N, F]` float32, standardised.
        labels: `[N]`, of two classes or more.
        l2: the penalty.
        epochs: passes over the set.
        seed: of the order.
    """
    classes, numbers = np.unique(labels, return_inverse=True)
    with _threads(len(classes)):
        weights = _descend(features, numbers, l2, epochs, seed)
    return Classifier(weights[:-1], weights[-1], classes, "sgd", epochs, None)


def _threads(num_classes: int) -> threadpool_limits:
    """Returns a context of one thread for few classes, of as many as ever for more."""
    return threadpool_limits(1 if num_classes < MANY_CLASSES else None)


def _descend(
    features: np.ndarray, numbers: np.ndarray, l2: float, epochs: int, seed: int
) -> np.ndarray:
    """Returns `[weights; biases]` for labels from 0 on; see `fit_sgd`."""
    random = np.random.default_rng(seed)
    # One more feature, always 1, carries the biases.
    shape = features.shape[1] + 1, int(numbers.max()) + 1
    weights = np.zeros(shape, np.float32)
    velocity = np.zeros_like(weights)
    penalty = np.full((len(weights), 1), l2, np.float32)
    penalty[-1] = 0
    rate = 1 / (_largest_eigenvalue(features, random) / 2 + l2)
    for epoch in range(epochs):
        drops = sum(epoch >= part * epochs for part in DROPS)
        order = random.permutation(len(features))
        # A small rest would count as much as a whole batch.
        for rows in np.array_split(order, -(-len(order) // BATCH)):
            gradient = _gradient(weights, features[rows], numbers[rows])
            velocity = MOMENTUM * velocity - (gradient + penalty * weights)
            weights += np.float32(rate * 0.1**drops) * velocity
    return weights


def _gradient(
    weights: np.ndarray, features: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Returns the mean cross entropy's gradient in `[weights; biases]`."""
    logits = features @ weights[:-1] + weights[-1]
    errors = np.exp(logits - logits.max(axis=1, keepdims=True))
    errors /= errors.sum(axis=1, keepdims=True)
    errors[np.arange(len(numbers)), numbers] -= 1
    errors /= len(numbers)
    return np.concatenate([features.T @ errors, errors.sum(axis=0, keepdims=True)])


def _largest_eigenvalue(features: np.ndarray, random: np.random.Generator) -> float:
    """Returns that of `X^T X / N`, X the features and a 1, by power iteration."""
    vector = np.asarray(random.standard_normal(features.shape[1]), np.float32)
    value = 0.0
    for _ in range(POWER_ITERATIONS):
        vector /= np.float32(max(float(np.linalg.norm(vector)), 1e-30))
        vector = features.T @ (features @ vector) / np.float32(len(features))
        value = float(np.linalg.norm(vector))
    # The 1 is a direction of its own: standardised features have no mean.
    return max(value, 1.0)
