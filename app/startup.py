"""What a start does without: a search for garbage, of which imports leave none, and for plugins."""

import gc
import os
import sys
from types import ModuleType

_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"


def keep_garbage() -> None:
    """Leave garbage where it is, until it is collected again."""
    gc.disable()


def collect_garbage() -> None:
    """Collect garbage again, if it was kept; what there is by now is never looked through."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def look_for_no_plugins() -> None:
    """Have Pydantic take no plugins, unless somebody has said which: of all it would read metadata.

    Told so it still imports the reader of metadata, and mail's parser with that. It is given what
    finds none instead; a Pydantic without a module of this name does as it is told.
    """
    if os.environ.setdefault(_PLUGINS, "__all__") == "__all__":
        finder = ModuleType("pydantic.plugin._loader")
        vars(finder)["get_plugins"] = tuple
        sys.modules.setdefault(finder.__name__, finder)
