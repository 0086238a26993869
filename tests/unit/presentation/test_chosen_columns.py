"""Which columns the chooser says there are."""

from app.presentation.column_choice import chosen_columns, twins_of_metric
from app.presentation.listing import ALL


def test_a_score_that_another_column_is_of_is_said_to_stand_there() -> None:
    assert "metric" not in chosen_columns(ALL).fitting(200, "log_loss")
    assert twins_of_metric(ALL, "log_loss") == "Val"
    assert twins_of_metric(ALL, "auc") == "AUC"
    assert twins_of_metric(ALL, "macro_f1") == "", "it has a column of its own"
    own = ("metric", "val")
    assert "metric" in chosen_columns(own).fitting(200, "log_loss")
    assert twins_of_metric(own, "log_loss") == "", "who chooses both has both"
