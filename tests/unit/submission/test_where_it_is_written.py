"""A submission takes the place of an older one, and of nothing else."""

from hashlib import sha256
from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.errors import UserError
from engine.experiment.ledger import Submitted
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.jobs.workspace import Workspace
from engine.submission.export import _refuse_competitions_own
from engine.submission.place import check_place, default_place
from tests.unit.competition.builders import flowers, pictures, table, workspace
from tests.unit.recipe.made_up import NOW, done


def entry(file: str, digest: str = "") -> Submitted:
    return Submitted(number=1, at=NOW, experiment="1", file=file, digest=digest, metric="log_loss")


def of(identifier: str) -> ExperimentRecord:
    return done(identifier, Stage.REGULARIZE, 0.2)


OWN = ["experiments.json", "hydra.toml", "folds.csv", "runs/1/fold0/x.csv", ".hydra/x.csv"]


@pytest.mark.parametrize("name", OWN)
def test_what_the_workspace_calls_its_own_is_never_written(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    with pytest.raises(UserError, match="keeps what is its own") as refused:
        check_place(Workspace(tmp_path), target, [entry(name)], of("4"))
    assert "`hydra-tui export 4 -o submissions/mine.csv`" in refused.value.fix


def test_a_file_of_somebody_elses_is_not_replaced(tmp_path: Path) -> None:
    place, mine = Workspace(tmp_path), tmp_path / "mine.csv"
    check_place(place, mine, (), of("1"))
    mine.write_text("dear diary")
    with pytest.raises(UserError, match="is there already"):
        check_place(place, mine, (), of("1"))
    check_place(place, mine, [entry("mine.csv")], of("1"))
    # Exported twice, of which the ledger keeps the second place alone.
    check_place(place, mine, [entry("b.csv", sha256(b"dear diary").hexdigest())], of("1"))
    place.submissions.mkdir()
    own = default_place(place, of("1"))
    own.touch()
    check_place(place, own, (), of("1"))
    (place.submissions / "x.csv").touch()
    with pytest.raises(UserError, match="is there already"):
        check_place(place, place.submissions / "x.csv", (), of("1"))


@pytest.mark.parametrize("name", ["train/x.csv", "test/x.csv", "train/more/x.csv"])
def test_nothing_is_put_among_the_images(tmp_path: Path, name: str) -> None:
    data = flowers(tmp_path / "data")
    competition = load_competition(data, workspace(tmp_path))
    with pytest.raises(UserError, match="among the competition's images"):
        _refuse_competitions_own(competition, data / name, "1")
    _refuse_competitions_own(competition, data / "mine.csv", "1")
    _refuse_competitions_own(competition, tmp_path / "train" / "mine.csv", "1")


def test_nor_among_folders_of_classes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for kind in ("cat", "dog", "elk"):
        pictures(data / "train" / kind, [f"{kind}{n}.png" for n in range(4)])
    pictures(data / "test", ["a.png"])
    competition = load_competition(data, workspace(tmp_path))
    for name in ("train/x.csv", "train/cat/x.csv"):
        with pytest.raises(UserError, match="among the competition's images"):
            _refuse_competitions_own(competition, data / name, "1")


@pytest.mark.parametrize("name", ["train_labels.csv", "sample_submission.csv"])
def test_what_the_competition_is_read_from_is_not_replaced(tmp_path: Path, name: str) -> None:
    """Also where the ledger names it, since an older program has."""
    data = flowers(tmp_path / "data")
    competition = load_competition(data, workspace(tmp_path))
    with pytest.raises(UserError, match="the competition's own"):
        _refuse_competitions_own(competition, data / name, "1")


def test_images_may_lie_beside_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data, [f"{n}.png" for n in range(12)])
    table(data / "labels.csv", "id,label", *(f"{n},{n % 2}" for n in range(8)))
    table(data / "sample_submission.csv", "id,label", *(f"{n},0.5" for n in range(8, 12)))
    competition = load_competition(data, workspace(tmp_path))
    _refuse_competitions_own(competition, data / "mine.csv", "1")


def test_its_name_needs_no_quotes(tmp_path: Path) -> None:
    tempered = of("7").model_copy(update={"name": "mean of 3, tempered"})
    place = default_place(Workspace(tmp_path), tempered)
    assert place.name == "7-mean-of-3-tempered.csv"
