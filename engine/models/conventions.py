"""What Keras takes from a user's own keras.json, and must not: a spec means the same everywhere."""

import keras


def fix_conventions() -> None:
    """Set what layers and losses consult when they are made, before any is."""
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
