"""The next best move, or what the autopilot does, in two lines."""

from rich.text import Text
from textual.widgets import Static

from app.presentation.text import about, duration
from engine.errors import UserError
from engine.pilot.flight import Flight
from engine.recipe.moves import Move


class NextMove(Static):
    """What to do next, and why."""

    def __init__(self) -> None:
        super().__init__(id="next-move")
        self._shown: object = None

    def show(
        self,
        moves: tuple[Move, ...],
        flight: Flight | None,
        reading: str,
        refusal: UserError | None,
    ) -> None:
        """Show the best move; while the autopilot flies, what it does.

        Args:
            moves: what may be done, the best first.
            flight: what the autopilot says of itself; None when none has ever run.
            reading: what must have been read before; empty when it has been.
            refusal: why the data can't be used, whatever comes next.
        """
        wanted = (moves, flight, reading, refusal)
        if wanted == self._shown:
            return
        self._shown = wanted
        text = Text()
        if flight is not None and flight.status == "running":
            left = f"{duration(max(flight.budget - flight.used, 0.0))} left"
            text.append(f"autopilot · {'ending' if flight.is_ending else left} · ", "bold cyan")
            if flight.entries:
                last = flight.entries[-1]
                text.append(f"{last.stage}: {last.what}\n", "bold")
                text.append(last.why, "dim")
        elif refusal is not None:
            text.append("the data can't be used: ", "bold yellow")
            text.append(f"{refusal.happened}\n", "bold")
            text.append(refusal.fix, "dim")
        elif reading:
            text.append(f"{reading}\n", "bold")
            text.append("what comes next depends on what is found", "dim")
        elif moves:
            text.append("n ", "bold reverse")
            text.append(f" {moves[0].title}", "bold")
            if moves[0].seconds is not None:
                text.append(f"  {about(moves[0].seconds)}", "dim")
            if len(moves) > 1:
                text.append(f"  or {len(moves) - 1} more", "dim")
            text.append(f"\n{moves[0].reason}", "dim")
        self.display = bool(text.plain)
        self.update(text)
