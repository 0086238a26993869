"""How much each hyperparameter of a search mattered."""

from typing import Annotated

from pydantic import Field

from engine.experiment.frozen import Frozen

# Fewer finished trials tell nothing.
FEWEST = 5


class Importance(Frozen):
    """One axis of a search, judged by its finished trials."""

    path: str
    share: Annotated[float, Field(description="Of all axes' importance; they sum to 1.")]
    error: Annotated[
        float, Field(description="Standard error, over refits without some of the trials.")
    ]
