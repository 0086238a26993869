"""Which pretrained weights are here without network; imports nothing heavy."""

from importlib.util import find_spec
from pathlib import Path

from engine.experiment.backbones import BACKBONES
from engine.models.weights import is_genuine, keras_cache


def offline_weights() -> dict[str, str]:
    """ImageNet weights that arrived with installed packages.

    Returns:
        Backbone name to the path of its weights; backbones without any are absent.
    """
    found = {}
    for facts in BACKBONES.values():
        path = _checkpoint(facts.package.replace("-", "_")) if facts.package else None
        if path is not None:
            found[facts.name] = str(path)
    return found


def cached_weights() -> tuple[list[str], list[Path]]:
    """ImageNet weights in Keras' cache; reads each file once to see whether it is whole.

    Returns:
        The backbones whose weights are there, and the files that are damaged.
    """
    whole, damaged = [], []
    for facts in BACKBONES.values():
        path = keras_cache() / facts.file if facts.file else None
        if path is not None and path.is_file():
            if is_genuine(path, facts):
                whole.append(facts.name)
            else:
                damaged.append(path)
    return whole, damaged


def _checkpoint(package: str) -> Path | None:
    # The package itself is never imported: its folder is all that matters.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "models"
    return next(iter(sorted(folder.glob("*.pth"))), None)
