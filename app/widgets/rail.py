"""The recipe's ladder: stages with their gates."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from app.presentation.text import GATE_MARKS, GATE_WORDS
from engine.experiment.spec import Stage
from engine.recipe.stages import GateState, Rung

_ROOM = 28
# Lines of a stage with its gate, and those of the headline, the borders and the footer.
_LINES, _AROUND = 3, 5
_COLORS = {
    GateState.WAITING: "dim",
    GateState.RUNNING: "bold cyan",
    GateState.SHUT: "yellow",
    GateState.OPEN: "green",
    GateState.PASSED: "yellow",
}


class Rail(OptionList):
    """The stages; enter asks for the highlighted one to be run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select",
            "go",
            id="rail.go",
            tooltip="Run the highlighted stage, after a look at its spec",
            show=False,
        )
    ]

    class Chosen(Message):
        """A stage was chosen.

        Args:
            stage: which.
        """

        def __init__(self, stage: Stage) -> None:
            super().__init__()
            self.stage = stage

    def __init__(self) -> None:
        super().__init__(id="rail")
        self.border_title = "Recipe"
        self._shown: tuple[Rung, ...] = ()
        self._is_roomy = False
        self._suggested: int | None = None

    def show(self, ladder: tuple[Rung, ...]) -> None:
        """Show the stages.

        Args:
            ladder: how each stands.
        """
        # Three lines a stage where the terminal is high enough, else the gate goes.
        is_roomy = self.app.size.height >= _LINES * len(ladder) + _AROUND
        if (ladder, is_roomy) == (self._shown, self._is_roomy):
            return
        self._shown, self._is_roomy = ladder, is_roomy
        texts = [_rung_text(rung, is_roomy) for rung in ladder]
        if self.option_count != len(texts):
            named = zip(texts, ladder, strict=True)
            self.set_options([Option(text, id=rung.stage) for text, rung in named])
        else:
            for number, text in enumerate(texts):
                self.replace_option_prompt_at_index(number, text)
        # The cursor goes on to the next stage by itself, unless a person has moved it.
        if self.highlighted == self._suggested or self.highlighted is None:
            self._suggested = self.highlighted = self._next()

    @property
    def highlighted_rung(self) -> Rung | None:
        """The stage under the cursor."""
        return None if self.highlighted is None else self._shown[self.highlighted]

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what enter would do."""
        self.border_subtitle = f"enter: {event.option_id}"

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Pass the choice on in the recipe's own terms."""
        event.stop()
        self.post_message(self.Chosen(Stage(str(event.option_id))))

    def _next(self) -> int:
        """The first stage after the data whose gate is not open."""
        for number, rung in enumerate(self._shown):
            if rung.stage is not Stage.DATA and not rung.state.is_behind:
                return number
        return len(self._shown) - 1


def _rung_text(rung: Rung, is_roomy: bool) -> Text:
    color = _COLORS[rung.state]
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{GATE_MARKS[rung.state]} {rung.stage:<13}", color)
    text.append(f"{GATE_WORDS[rung.state]:>8}\n", color)
    # The longest readings need the two columns that are otherwise left free.
    indent = "  " if len(rung.reading) <= _ROOM - 2 else ""
    text.append(f"{indent}{rung.reading[:_ROOM]}")
    if is_roomy:
        text.append(f"\n  {rung.gate}"[: _ROOM + 1], "dim")
    return text
