"""One field of a spec: typed over, or stepped through where there are few choices."""

from typing import ClassVar, Literal, get_args, get_origin

from pydantic import BaseModel
from textual.binding import Binding, BindingType
from textual.widgets import Input

from engine.experiment.choices import OneOf


class SpecField(Input):
    """An input that knows its choices.

    Args:
        path: the field, as `--set` takes it.
        value: what it begins with.
        choices: all it may be; empty when there are too many to step through.
        is_open: whether it may be something else, too, in which there may be a blank.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "step",
            "next choice",
            id="spec.step",
            tooltip="Set a field that has few choices to the next one",
            # Before the input types a space.
            priority=True,
        )
    ]

    def __init__(
        self, path: str, value: str, choices: tuple[str, ...], is_open: bool = False
    ) -> None:
        # It is the form that judges it. Neither this nor its looks are left to Textual's classes:
        # each that is set has a field styled anew, and a form has fifty.
        super().__init__(value, name=path, validate_on=())
        self.choices = choices
        self._is_open = is_open

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Stepping is for fields with choices, not for what is typed beside them."""
        if action != "step":
            return True
        is_typed = self._is_open and self.value not in ("", *self.choices)
        return bool(self.choices) and not is_typed

    def action_step(self) -> None:
        """Take the next choice; a value that is none begins with the first."""
        known = self.value in self.choices
        place = self.choices.index(self.value) + 1 if known else 0
        self.value = self.choices[place % len(self.choices)]


def choices_of(model: type[BaseModel], path: str) -> tuple[str, ...]:
    """What a field may be, where that can be listed.

    Args:
        model: the spec's class.
        path: the field; numbers of phases are passed over.
    """
    annotation: object = model
    rules: list[object] = []
    for name in path.split("."):
        if not name.isdigit() and (inner := _model_in(annotation)) is not None:
            field = inner.model_fields[name]
            annotation, rules = field.annotation, field.metadata
    for rule in rules:
        if isinstance(rule, OneOf) and rule.is_closed:
            return rule.names
    if annotation is bool:
        return ("False", "True")
    return tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()


def _model_in(annotation: object) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
