"""What was submitted, what it promised and what it scored."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from engine.experiment.frozen import Frozen


class Submitted(Frozen):
    """One CSV that was written to be submitted."""

    number: int
    at: datetime
    experiment: str
    file: Annotated[str, Field(description="The CSV, seen from the workspace.")]
    digest: Annotated[str, Field(description="SHA-256 of its bytes.")]
    metric: str
    validation: Annotated[
        float | None,
        Field(description="Its score on held-out rows, by the answers as they were written."),
    ] = None
    leaderboard: Annotated[float | None, Field(description="What Kaggle said of it.")] = None
    uploaded: Annotated[datetime | None, Field(description="When it was sent from here.")] = None
    competition: Annotated[str, Field(description="Its name at Kaggle, where it was sent.")] = ""

    @property
    def gap(self) -> float | None:
        """How far the leaderboard's score lies above validation's."""
        if self.validation is None or self.leaderboard is None:
            return None
        return self.leaderboard - self.validation
