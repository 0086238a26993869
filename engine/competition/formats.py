"""Files of formats that are not read here, and how to make images of them."""

from collections.abc import Mapping
from pathlib import PurePath

# What opens a format, as a person would write a few lines of Python with it.
_OPENED_BY = {
    ".dcm": "`pydicom.dcmread`",
    ".dicom": "`pydicom.dcmread`",
    ".nii": "`nibabel.load`",
    ".npy": "`numpy.load`",
    ".npz": "`numpy.load`",
    ".mat": "`scipy.io.loadmat`",
    ".h5": "`h5py.File`",
    ".hdf5": "`h5py.File`",
    ".parquet": "`pandas.read_parquet`",
    ".pkl": "`pandas.read_pickle`",
    ".tfrec": "`tensorflow.data.TFRecordDataset`",
    ".tfrecord": "`tensorflow.data.TFRecordDataset`",
    ".heic": "`pillow_heif`",
    ".svs": "`openslide.OpenSlide`",
}


def convertible(name: str) -> str:
    """The extension of a file that may hold images and is not read; empty for others.

    Args:
        name: of the file.
    """
    suffix = PurePath(name.lower().removesuffix(".gz")).suffix
    return suffix if suffix in _OPENED_BY else ""


def counted(formats: Mapping[str, int]) -> str:
    """How many files there are of each format: `51 .dcm, 2 .npy`.

    Args:
        formats: extension to number of files.
    """
    return ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(formats.items()))


def conversion(formats: Mapping[str, int]) -> str:
    """How to make images of them, in words.

    Args:
        formats: extension to number of files.
    """
    tools = (f"{_OPENED_BY[suffix]} opens {suffix}" for suffix in sorted(formats))
    return (
        "write these files as PNGs, one an image, each called by its id in the tables "
        f"({', '.join(tools)}; `PIL.Image.fromarray(...).save(...)` writes)"
    )
