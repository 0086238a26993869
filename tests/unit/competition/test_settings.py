"""`hydra.toml`."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.competition.settings import Settings, load_settings
from engine.errors import UserError
from tests.unit.competition.builders import workspace


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(workspace(tmp_path)) == Settings()
    assert Settings().folds.count == 5


def test_every_key_is_read(tmp_path: Path) -> None:
    read = load_settings(
        workspace(
            tmp_path,
            "\ufeff[competition]\nmetric = 'auc'\ntarget_columns = ['a', 'b']\n"
            "[folds]\ncount = 3\nseed = 7\n[jobs]\nslots = 2\n"
            "[cache]\ntrunk = false\nlimit_gb = 2.5\n",
        )
    )
    assert read.competition.target_columns == ("a", "b")
    assert read.competition.metric == "auc"
    assert (read.folds.count, read.folds.seed, read.jobs.slots) == (3, 7, 2)
    assert (read.cache.trunk, read.cache.limit_gb) == (False, 2.5)


@pytest.mark.parametrize(
    ("text", "happened", "fix"),
    [
        ("[competition]\nmetrics = 'auc'\n", "`metrics` is not known", "write `metric`"),
        ("[competitions]\n", "`competitions` is not known", "write `competition`"),
        ("[folds]\nslots = 2\n", "`slots` is not known", "below a line `[jobs]`"),
        ("count = 2\n", "`count` is not known", "below a line `[folds]`"),
        ("[folds]\nxyzzy = 2\n", "`xyzzy` is not known", "remove `xyzzy`"),
        ("[folds]\ncount = 21\n", "`folds.count` is 21", "correct `folds.count`"),
        ("[folds]\ncount = 1\n", "`folds.count` is 1", "correct `folds.count`"),
        ("[jobs]\nslots = 0\n", "`jobs.slots` is 0", "correct `jobs.slots`"),
        ("[cache]\nlimit_gb = 0\n", "`cache.limit_gb` is 0", "correct `cache.limit_gb`"),
        ("[competition]\nmetric = 'rmse'\n", "is 'rmse'", "correct `competition.metric`"),
        ("folds = 3\n", "`folds` is 3", "correct `folds`"),
        ("[folds\n", "not valid TOML", "correct that line"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, happened: str, fix: str) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(workspace(tmp_path, text))
    assert happened in caught.value.happened
    assert fix in caught.value.fix


def test_reading_settings_imports_no_numerical_library() -> None:
    code = (
        "import sys, engine.competition.settings; "
        "sys.exit(any(m in sys.modules for m in ('numpy', 'pandas', 'sklearn', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
