"""The engine advises commands, the cockpit keys."""

import re
from pathlib import Path

import pytest

from app.cockpit import Cockpit
from app.keymap import clashing, named_bindings
from app.presentation.advising import KEYS, in_dialog, keyed
from engine import lost
from engine.errors import UserError
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import Status
from engine.lost import not_done
from engine.predictions.stored import how_to_replace
from engine.recipe.ablation import plan_ablation
from engine.service import Service
from tests.support import note_experiment, tiny_spec


def test_commands_are_advised_with_the_keys_that_do_the_same() -> None:
    error = UserError("It is gone.", "it.", "run it again: `hydra-tui rerun 4`.")
    assert keyed(error, {}, "4").fix == "run it again: press R here, or run `hydra-tui rerun 4`."
    assert keyed(error, {"run.again": "f5"}, "4").fix.startswith("run it again: press f5 here")
    running = "stop it first: `hydra-tui recipe --stop`, or A in the cockpit."
    for fix in (running, "see `hydra-tui ledger`.", "mend it."):
        other = UserError("No.", "yes.", fix)
        assert keyed(other, {}, "4") is other


def test_a_key_is_advised_where_the_experiment_it_is_about_is_selected() -> None:
    gone = UserError("It is gone.", "it.", how_to_replace("3"))
    told = "then press R, or run `hydra-tui rerun 3`."
    for selected in ("4", None):
        assert keyed(gone, {}, selected).fix.endswith(f"in its place: select 3, {told}")
    restored = UserError("It is deleted.", "it.", "take it back: `hydra-tui undelete 3`.")
    assert "press U here" in keyed(restored, {}, "4").fix, "nobody can select it"


def test_what_was_stopped_is_resumed_by_one_key_and_run_anew_by_another(tmp_path: Path) -> None:
    note_experiment(tmp_path, Status.STOPPED)
    fix = keyed(not_done(Service(tmp_path).record("1")), {}, "1").fix
    assert fix == (
        "resume it: press u here, or run `hydra-tui resume 1`; "
        "or run it anew: press R here, or run `hydra-tui rerun 1`."
    )


def test_what_is_looked_up_is_advised_in_a_sentence() -> None:
    with pytest.raises(UserError) as refused:
        apply_overrides(tiny_spec(), ["zzzzzzzz=1"])
    assert in_dialog(keyed(refused.value, {}, "4")).fix == (
        "see every field with its value: esc, then press 3, or run `hydra-tui show ID`."
    )


def test_a_dialog_is_left_before_the_keys_of_the_screen_below_it_are_pressed() -> None:
    again = UserError("It is gone.", "it.", "run it again: `hydra-tui rerun 4`.")
    here, elsewhere = (in_dialog(keyed(again, {}, selected)).fix for selected in ("4", "3"))
    assert here == "run it again: esc, then press R, or run `hydra-tui rerun 4`."
    assert elsewhere.startswith("run it again: esc, select 4, then press R, or run ")
    with pytest.raises(UserError) as refused:
        plan_ablation([], "4", None, 3)
    assert in_dialog(keyed(refused.value, {"run.pin": "f6"}, "4")).fix == (
        "esc, then press f6 on the experiment to pin, or name both: "
        "`hydra-tui ablate ID --against ID`."
    )


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


def test_commands_stand_where_a_key_can_stand_beside_them() -> None:
    """What would be "by press b here" is no sentence."""
    engine = Path(lost.__file__).parent
    amiss = [
        found
        for path in engine.rglob("*.py")
        for found in re.findall(r"\b(?:by|with|and) `hydra-tui [^`]*`", path.read_text("utf-8"))
    ]
    assert amiss == []
    error = UserError("They are missing.", "them.", "blend the new ones: `hydra-tui ensemble`.")
    assert keyed(error, {}, "4").fix == (
        "blend the new ones: press b here, or run `hydra-tui ensemble`."
    )
