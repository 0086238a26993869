"""How much each hyperparameter of a search mattered."""

from typing import Annotated

from pydantic import Field

from engine.experiment.frozen import Frozen

# Of fewer finished trials, pure noise seems to matter in one search of seven.
FEWEST = 8


class Importance(Frozen):
    """One axis of a search, judged by its finished trials."""

    path: str
    share: Annotated[float, Field(description="Of all axes' importance; they sum to 1.")]
    error: Annotated[
        float, Field(description="Standard error, over refits without some of the trials.")
    ]
