"""Where everything lies on disk. One folder, readable with `cat`."""

from dataclasses import dataclass
from pathlib import Path

BUILT_IN = "builtin:digits"
NOTEBOOK = "experiments.json"
# What this program itself writes at a workspace's top, which may be the competition's folder.
OWN_NAMES = frozenset(
    {"runs", "submissions", "comparisons", "screenshots", "folds.csv", NOTEBOOK, ".hydra"}
)


@dataclass(frozen=True)
class Workspace:
    """The paths of one workspace; touching none of them creates nothing.

    Args:
        root: the workspace's folder.
    """

    root: Path

    @property
    def notebook(self) -> Path:
        """The notebook, TinyDB's file."""
        return self.root / NOTEBOOK

    @property
    def settings(self) -> Path:
        """The user's overrides of what was recognised."""
        return self.root / "hydra.toml"

    @property
    def folds(self) -> Path:
        """The frozen folds."""
        return self.root / "folds.csv"

    @property
    def runs(self) -> Path:
        """One folder an experiment."""
        return self.root / "runs"

    @property
    def submissions(self) -> Path:
        """Exported CSVs."""
        return self.root / "submissions"

    @property
    def comparisons(self) -> Path:
        """Tables of compared experiments, as CSVs."""
        return self.root / "comparisons"

    @property
    def hydra(self) -> Path:
        """Caches and locks; safe to delete at any time."""
        return self.root / ".hydra"

    @property
    def cache(self) -> Path:
        """Decoded images and trunk activations."""
        return self.hydra / "cache"

    @property
    def digits(self) -> Path:
        """The built-in competition, where a notebook uses it."""
        return self.hydra / "digits"

    @property
    def locks(self) -> Path:
        """Lock files."""
        return self.hydra / "locks"

    @property
    def supervisor(self) -> Path:
        """The supervisor's log and its claim to be the one."""
        return self.hydra / "supervisor"

    @property
    def autopilot(self) -> Path:
        """What the autopilot says of itself."""
        return self.hydra / "autopilot"

    @property
    def presence(self) -> Path:
        """Touched by an open cockpit, so that its warm worker is kept."""
        return self.hydra / "presence"

    def portable(self, place: str) -> str:
        """A path as the notebook notes it: relative where it lies inside the workspace."""
        if place == BUILT_IN:
            return place
        path = Path(place).resolve()
        inside = path.is_relative_to(self.root)
        return str(path.relative_to(self.root)) if inside else str(path)

    def run(self, experiment: str) -> Path:
        """The folder of one experiment."""
        return self.runs / experiment

    def task(self, experiment: str, task: str) -> Path:
        """The folder of one task, the only place its worker writes to."""
        return self.runs / experiment / task
