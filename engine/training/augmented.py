"""Shows what an augmentation makes of a picture: `python -m engine.training.augmented`.

A process of its own, which answers as the helper does: the changes are TensorFlow's.
"""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from engine.competition.decoding import UnreadableImageError, decode
from engine.competition.exhibits import drawn
from engine.competition.white import last_known
from engine.errors import UserError
from engine.experiment.spec import AugmentationSpec
from engine.helper.calls import Say
from engine.helper.serving import serve
from engine.jobs.workspace import Workspace
from engine.training.augmentation import Augmentation


def augmented(
    _say: Say,
    workspace: str,
    path: str,
    spec: dict[str, Any],
    image_size: int,
    side: int,
    count: int,
) -> Any:
    """A picture as it is, and as training would see it.

    Args:
        workspace: whose cache remembers what is white.
        path: the file.
        spec: the augmentation's.
        image_size: the side it is trained at, pixels.
        side: the side it is shown at, pixels.
        count: how many changed views.

    Returns:
        The thumbnails, the unchanged one first, as plain values.

    Raises:
        UserError: the file can't be decoded.
    """
    try:
        pixels = decode(path, image_size, last_known(Workspace(Path(workspace)).cache))
    except UnreadableImageError as error:
        raise UserError(
            f"{path} can't be shown: {error}.", "a whole image file.", "choose another image."
        ) from error
    change = Augmentation(AugmentationSpec.model_validate(spec), 0).change
    batch = tf.repeat(tf.constant(pixels[None], tf.float32), count, axis=0)
    views = tf.concat([batch[:1], change(batch, tf.constant(0))], axis=0)
    small = np.asarray(tf.image.resize(views, (side, side), antialias=True))
    return [drawn(path, view.clip(0, 255).astype(np.uint8)).model_dump() for view in small]


if __name__ == "__main__":
    serve({"augmented": augmented})
