"""The engine advises commands, the cockpit keys."""

from app.cockpit import Cockpit
from app.keymap import clashing, named_bindings
from app.presentation.advising import KEYS, keyed
from engine.errors import UserError


def test_commands_are_advised_with_the_keys_that_do_the_same() -> None:
    error = UserError("It is gone.", "it.", "run it again: `hydra-tui rerun 4`.")
    assert keyed(error, {}).fix == "run it again: press R here, or run `hydra-tui rerun 4`."
    assert keyed(error, {"run.again": "f5"}).fix.startswith("run it again: press f5 here")
    running = "stop it first: `hydra-tui recipe --stop`, or A in the cockpit."
    for fix in (running, "see `hydra-tui ledger`.", "mend it."):
        other = UserError("No.", "yes.", fix)
        assert keyed(other, {}) is other


def test_the_keys_advised_are_the_bindings_own() -> None:
    known = named_bindings(Cockpit)
    assert {name: known[name].key for name, _ in KEYS.values()} == dict(KEYS.values())


def test_only_bindings_that_can_meet_clash() -> None:
    assert clashing(Cockpit, "view.live", {"view.live": "q"}) == ["app.quit"]
    # Of another main screen, and of a dialog over them.
    assert clashing(Cockpit, "errors.grad_cam", {}) == []
    assert clashing(Cockpit, "compare.copy", {"compare.copy": "g"}) == []
    assert clashing(Cockpit, "confirm.yes", {"confirm.yes": "R"}) == []
    # Every main screen has it, but this one doesn't offer it.
    assert clashing(Cockpit, "errors.mark", {"errors.mark": "x"}) == []
    # One of several keys; a widget's and its screen's.
    assert "help.close" not in clashing(Cockpit, "app.help", {})
    assert clashing(Cockpit, "run.again", {"run.again": "down"}) == [
        *("chart.next", "table.down", "log.next"),
    ]
    # Two widgets never have the focus both.
    assert clashing(Cockpit, "rail.go", {}) == []
