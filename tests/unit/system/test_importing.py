"""A process that imports much looks for no garbage meanwhile."""

import gc
import subprocess
import sys

import pytest

from engine.importing import importing


def test_no_garbage_is_sought_until_all_is_imported() -> None:
    before = gc.get_freeze_count()
    try:
        with importing():
            assert not gc.isenabled()
            with importing():
                pass
            assert not gc.isenabled(), "whoever imports what imports much goes on importing"
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_it_is_sought_again_also_where_an_import_fails() -> None:
    with pytest.raises(ModuleNotFoundError), importing():
        import no_such_module  # type: ignore[import-not-found] # noqa: F401
    assert gc.isenabled()
    gc.unfreeze()


@pytest.mark.slow
def test_what_a_worker_imports_is_never_looked_through() -> None:
    script = (
        "import gc; import engine.jobs.worker; assert gc.isenabled();"
        "print(gc.get_freeze_count(), len(gc.get_objects()))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    frozen, other = map(int, said.split())
    assert frozen > 100_000 > other
