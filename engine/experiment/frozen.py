"""What every value of the engine is made of."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: immutable, strict about field names, equal when its fields are."""

    # A schema is built when its model is first used: most commands use few.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)
