"""Adam in the authors' epsilon convention, and the learning rate schedule."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfgan_contra")
class Adam(keras.optimizers.Optimizer):
    """Adam with epsilon added to the *bias-corrected* root, as PyTorch does.

    `w -= lr * m_hat / (sqrt(v_hat) + epsilon)`. Keras adds epsilon before the
    correction, which at step 1 with beta_2 = 0.999 acts like a 32 times larger one.

    Source: Kingma and Ba, ICLR 2015 (arXiv 1412.6980), algorithm 1.

    Args:
        learning_rate: a number or a Keras schedule.
        beta_1: decay of the first moment.
        beta_2: decay of the second moment.
        epsilon: see above.
        **kwargs: as in `keras.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 2e-4,
        beta_1: float = 0.5,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def build(self, var_list: list[keras.Variable]) -> None:
        """Makes the two moments of every variable."""
        if self.built:
            return
        super().build(var_list)
        self.first_moments, self.second_moments = (
            [self.add_variable_from_reference(v, name=name) for v in var_list]
            for name in ("first_moment", "second_moment")
        )

    def update_step(
        self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: Any
    ) -> None:
        """Moves one variable by one step."""
        step = tf.cast(tf.convert_to_tensor(self.iterations) + 1, tf.float32)
        beta_1_power = tf.pow(self.beta_1, step)
        beta_2_power = tf.pow(self.beta_2, step)
        index = self._get_variable_index(variable)
        # One pass over memory. The operation adds epsilon to the uncorrected root;
        # scaled like this it is the epsilon of the corrected one.
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self.first_moments[index]),
            v=_handle(self.second_moments[index]),
            beta1_power=beta_1_power,
            beta2_power=beta_2_power,
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon * tf.sqrt(1.0 - beta_2_power),
            grad=tf.cast(gradient, tf.float32),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this optimiser."""
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


def _handle(variable: Any) -> tf.Tensor:
    """Returns the resource of a Keras or TensorFlow variable on this device."""
    inner = variable.value if isinstance(variable, keras.Variable) else variable
    return inner.handle


@keras.saving.register_keras_serializable(package="tfgan_contra")
class ConstantThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A constant rate that falls linearly from `start` to a fraction at `end`.

    Args:
        rate: the constant.
        start: first update of the descent.
        end: last update of the descent.
        final_fraction: fraction of the rate left there.
    """

    def __init__(
        self, rate: float, start: int, end: int, final_fraction: float = 0.0
    ) -> None:
        self.rate, self.start, self.end = rate, start, end
        self.final_fraction = final_fraction

    def __call__(self, step: Any) -> tf.Tensor:
        """Returns the rate at an update."""
        done = (tf.cast(step, tf.float32) - self.start) / max(self.end - self.start, 1)
        done = tf.clip_by_value(done, 0.0, 1.0)
        return self.rate * (1.0 - (1.0 - self.final_fraction) * done)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this schedule."""
        return {
            "rate": self.rate,
            "start": self.start,
            "end": self.end,
            "final_fraction": self.final_fraction,
        }


@keras.saving.register_keras_serializable(package="tfgan_contra")
class EpochwiseLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that is constant for some epochs and then lower in every epoch.

    In epoch e, counted from 1: `rate * (1 - max(0, e - constant) / (decay + 1))`; after
    the last epoch it stays what it was there.

    Source: the CUT authors' code (Park et al., ECCV 2020, arXiv 2007.15651).

    Args:
        rate: the constant.
        epoch_updates: updates of an epoch.
        constant_epochs: epochs of the constant rate.
        decay_epochs: epochs after them.
    """

    def __init__(
        self, rate: float, epoch_updates: int, constant_epochs: int, decay_epochs: int
    ) -> None:
        self.rate, self.epoch_updates = rate, epoch_updates
        self.constant_epochs, self.decay_epochs = constant_epochs, decay_epochs

    def __call__(self, step: Any) -> tf.Tensor:
        """Returns the rate at an update, counted from 0."""
        epoch = tf.cast(step, tf.int64) // self.epoch_updates + 1
        late = tf.clip_by_value(epoch - self.constant_epochs, 0, self.decay_epochs)
        share = tf.cast(late, tf.float32) / (self.decay_epochs + 1)
        return self.rate * (1.0 - share)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this schedule."""
        return {
            "rate": self.rate,
            "epoch_updates": self.epoch_updates,
            "constant_epochs": self.constant_epochs,
            "decay_epochs": self.decay_epochs,
        }
