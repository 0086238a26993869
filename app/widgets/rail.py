"""The recipe's ladder: stages with their gates."""

from textwrap import wrap
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from app.palette import QUIET
from app.presentation.text import GATE_MARKS, GATE_WORDS
from engine.experiment.spec import Stage
from engine.recipe.stages import GateState, Rung

# What may be said of the data before its stage can be judged.
LOOKED_AT, UNUSABLE = "being looked at", "can't be used"
_ROOM = 28
# Lines of a stage whose reading has one, and those of the headline, the borders and the footer.
_LINES, _AROUND = 3, 5
_COLORS = {
    GateState.WAITING: QUIET,
    GateState.QUEUED: "cyan",
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
            "run stage",
            id="rail.go",
            tooltip="Run the highlighted stage, after a look at its spec",
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
        self._room = _ROOM
        self._suggested: int | None = None

    def show(self, ladder: tuple[Rung, ...], data: str) -> None:
        """Show the stages.

        Args:
            ladder: how each stands.
            data: what is to be said of the data instead of how its stage stands; else empty.
        """
        if data:
            ladder = tuple(_instead(rung, data) for rung in ladder)
        # Three lines a stage where the terminal is high enough, else the gate goes.
        lines = sum(1 + len(_wrapped(rung.reading, _ROOM)) for rung in ladder)
        left = self.app.size.height - _AROUND - lines
        is_roomy = left >= len(ladder) * (_LINES - 2)
        # Where even that is too much there is a scroll bar; elsewhere there must be none left of
        # longer readings before, for in the column less that it leaves these need more lines again.
        room = _ROOM if left >= 0 else _ROOM - 1
        self.set_class(left >= 0, "-fits")
        if (ladder, is_roomy, room) == (self._shown, self._is_roomy, self._room):
            return
        self._shown, self._is_roomy, self._room = ladder, is_roomy, room
        texts = [_rung_text(rung, is_roomy, room) for rung in ladder]
        if self.option_count != len(texts):
            named = zip(texts, ladder, strict=True)
            self.set_options([Option(text, id=rung.stage) for text, rung in named])
        else:
            for number, text in enumerate(texts):
                self.replace_option_prompt_at_index(number, text)
        # The cursor goes on to the next stage by itself, unless a person has moved it.
        if self.highlighted == self._suggested or self.highlighted is None:
            self._suggested = self.highlighted = self._next()

    def action_page_up(self) -> None:
        # Textual's own counts lines, of which a terminal too small for them has none.
        if self.size:
            super().action_page_up()  # type: ignore[no-untyped-call] # Textual's

    def action_page_down(self) -> None:
        if self.size:
            super().action_page_down()  # type: ignore[no-untyped-call] # Textual's

    @property
    def highlighted_rung(self) -> Rung | None:
        """The stage under the cursor."""
        return None if self.highlighted is None else self._shown[self.highlighted]

    def on_option_list_option_highlighted(self) -> None:
        """Say what enter would do, while it would."""
        if self.has_focus:
            self._say_enter()

    def on_focus(self) -> None:
        """The key is for this pane now."""
        self._say_enter()

    def on_blur(self) -> None:
        """The key is for another pane now."""
        self.border_subtitle = ""

    def _say_enter(self) -> None:
        rung = self.highlighted_rung
        self.border_subtitle = f"enter: {rung.stage}" if rung is not None else ""

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


def _instead(rung: Rung, data: str) -> Rung:
    if rung.stage is not Stage.DATA:
        return rung
    state = GateState.RUNNING if data == LOOKED_AT else GateState.SHUT
    return rung.model_copy(update={"state": state, "reading": data})


def _rung_text(rung: Rung, is_roomy: bool, room: int) -> Text:
    color = _COLORS[rung.state]
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{GATE_MARKS[rung.state]} {rung.stage:<13}", color)
    text.append(f"{GATE_WORDS[rung.state]:>8}\n", color)
    text.append("\n".join(_wrapped(rung.reading, room)))
    if is_roomy:
        text.append(f"\n  {rung.gate}"[: _ROOM + 1], "dim")
    return text


def _wrapped(reading: str, room: int) -> list[str]:
    """A reading as lines of the rail, below the stage's name."""
    return wrap(reading, room, initial_indent="  ", subsequent_indent="  ") or [""]
