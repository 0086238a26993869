"""What unit tests of networks share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def untraced() -> Iterator[None]:
    """Keras runs layer by layer: of a few images the graph takes longer to trace than to run.

    For tests whose subject is not the graph; the fits of `test_phases.py` and of all jobs are
    traced.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
