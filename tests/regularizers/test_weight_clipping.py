import numpy as np
from regularizers import toy

from tfgan_contra.regularizers import WeightClipping


def test_all_weights_of_the_discriminator_are_clipped_and_no_others():
    gan = toy.ToyGAN()
    before = [np.array(variable) for variable in gan.d_variables]
    others = np.array(gan.weights)
    WeightClipping(limit=0.1).after_discriminator_update(gan)
    for variable, value in zip(gan.d_variables, before, strict=True):
        assert np.abs(value).max() > 0.1
        np.testing.assert_array_equal(variable, np.clip(value, -0.1, 0.1))
    np.testing.assert_array_equal(gan.weights, others)
