"""The built-in competition: scikit-learn's handwritten digits, written as Kaggle would."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from engine.errors import UserError
from engine.files import explained

TEST_IMAGES = 360


def write_digits(folder: Path) -> None:
    """Write the digits: `train/`, `train_labels.csv`, `test/`, `sample_submission.csv`.

    1437 labelled and 360 test pictures of 8 x 8 pixels; every writing gives the same files. A
    folder that holds them already is left as it is.

    Args:
        folder: where to; missing, empty, or written by this function before.

    Raises:
        UserError: the folder holds something else, or can't be written.
    """
    digits = load_digits()
    train, test = train_test_split(
        np.arange(len(digits.target)),
        test_size=TEST_IMAGES,
        stratify=digits.target,
        random_state=0,
    )
    labels = "id,digit\n" + "".join(
        f"{i},{digits.target[row]}\n" for i, row in enumerate(train, start=1)
    )
    columns = ",".join(str(digit) for digit in range(10))
    sample = f"id,{columns}\n" + "".join(f"{i}{',0.1' * 10}\n" for i in range(1, len(test) + 1))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if _is_written(folder, labels, sample, len(train), len(test)):
            return
        raise UserError(
            f"{folder} holds something else already.",
            "a new or an empty folder, or one with this very competition.",
            "choose another folder: `hydra-tui demo DIR`.",
        )
    with explained(folder, "choose another folder: `hydra-tui demo DIR`."):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            _write_pictures(temporary / "train", digits.images[train])
            _write_pictures(temporary / "test", digits.images[test])
            (temporary / "train_labels.csv").write_text(labels, encoding="utf-8")
            (temporary / "sample_submission.csv").write_text(sample, encoding="utf-8")
            temporary.chmod(0o755)
            temporary.rename(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def _is_written(folder: Path, labels: str, sample: str, train: int, test: int) -> bool:
    try:
        return (
            (folder / "train_labels.csv").read_text(encoding="utf-8") == labels
            and (folder / "sample_submission.csv").read_text(encoding="utf-8") == sample
            and len(list((folder / "train").glob("*.png"))) == train
            and len(list((folder / "test").glob("*.png"))) == test
        )
    except (OSError, UnicodeDecodeError):
        return False


def _write_pictures(folder: Path, images: np.ndarray) -> None:
    folder.mkdir()
    for number, image in enumerate(images, start=1):
        # The scans are inks from 0 to 16.
        pixels = np.rint(image * (255 / 16)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
