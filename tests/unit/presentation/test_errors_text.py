"""An error analysis as cells, rows and bars."""

from app.presentation.captions import caption
from app.presentation.errors import calibration_text, listings
from app.presentation.mistakes import Cell, Mistakes, mistakes, shown_classes
from app.presentation.reports import error_report_lines, matrix_lines
from app.presentation.tables import fold_text
from engine.analysis.reports import Matrix
from tests.functional.analysed import analysis, lost, of_labels


def plain(shown: Mistakes) -> list[list[str]]:
    return [[cell.plain for cell in row] for row in shown.rows]


def test_the_matrix_shows_recall_and_the_largest_mistake_by_more_than_colour() -> None:
    shown = mistakes(analysis("7"))
    assert shown.heading == ("Truth", "Recall", "rose", "tulip")
    assert plain(shown) == [["rose", "75.0%", "6", "2"], ["tulip", "100.0%", "·", "4"]]
    assert "reverse" in str(shown.rows[0][3].style)
    assert shown.cells[0][:2] == (None, None)
    assert shown.cells[0][3] == Cell("", "rose", "tulip", "rose taken for tulip")


def test_rows_without_a_label_say_so_and_names_with_spaces_are_told_apart() -> None:
    both = lost("3", 2.3).model_copy(update={"truth": ("red car", "tall"), "answer": ()})
    none = both.model_copy(update={"truth": (), "answer": ("red car",)})
    report = analysis("7").model_copy(update={"top_losses": (both, none)})
    top, *_ = listings(report)
    assert [row[2:4] for row in top.rows] == [("red car, tall", "none"), ("none", "red car")]
    assert [one.note for one in top.exhibits] == [
        "taken for none, 90% sure", "taken for red car, 90% sure"
    ]  # fmt: skip
    assert caption(top.exhibits[0], is_map=False).plain.startswith("red car, tall · 3\n")
    told = error_report_lines(report, "")
    assert any("red car, tall" in line and "none" in line for line in told)


def test_a_long_name_is_cut_above_its_column_alone() -> None:
    report = analysis("7")
    names = ("Tulpe [Frühling] späte", "rose")
    matrix = report.confusion.matrices[0].model_copy(update={"names": names})
    confusion = report.confusion.model_copy(update={"matrices": (matrix,)})
    shown = mistakes(report.model_copy(update={"confusion": confusion}))
    assert shown.heading == ("Truth", "Recall", "Tulpe [Früh…", "rose")
    assert plain(shown)[0][0] == "Tulpe [Frühling] späte"


def test_a_very_long_name_leaves_room_for_counts_and_is_told_in_full_of_its_cell() -> None:
    report = analysis("7")
    names = ("a class whose name takes half of the screen", "rose")
    matrix = report.confusion.matrices[0].model_copy(update={"names": names})
    confusion = report.confusion.model_copy(update={"matrices": (matrix,)})
    shown = mistakes(report.model_copy(update={"confusion": confusion}))
    assert plain(shown)[0][0] == "a class whose name take…"
    cell = shown.cells[0][3]
    assert cell is not None
    assert cell.what == f"{names[0]} taken for rose"
    labels = of_labels("7")
    first = labels.confusion.classes[0].model_copy(update={"name": names[0]})
    confusion = labels.confusion.model_copy(update={"classes": (first,)})
    shown = mistakes(labels.model_copy(update={"confusion": confusion}))
    assert plain(shown)[0][0] == "a class whose name take…"


def test_many_classes_have_narrow_columns() -> None:
    report = analysis("7")
    names = tuple(f"household {letter}" for letter in "abcdefghi")
    counts = tuple(tuple(int(i == j) for j in range(9)) for i in range(9))
    matrix = Matrix(label="", names=names, counts=counts)
    confusion = report.confusion.model_copy(update={"matrices": (matrix,)})
    shown = mistakes(report.model_copy(update={"confusion": confusion}))
    assert shown.heading[2] == "house…"
    assert shown.names == 2, "the truth and its recall stay in sight"


def test_labels_stand_with_their_mistakes_the_worst_first() -> None:
    shown = mistakes(of_labels("7"))
    assert shown.heading == ("Label", "F1", "Recall", "Precision", "Found", "Missed", "False")
    assert plain(shown) == [
        ["tall", "0.333", "0.250", "0.500", "1", "3", "1"],
        ["red", "0.857", "0.750", "1.000", "6", "2", "·"],
        ["rare", "-", "-", "0.000", "·", "·", "1"],
    ]
    assert "reverse" in str(shown.rows[0][5].style)
    assert "reverse" not in str(shown.rows[0][6].style)
    assert shown.cells[0][5] == Cell("tall", "yes", "no", "tall, missed")
    assert shown.cells[0][6] == Cell("tall", "no", "yes", "tall, not there")


def test_of_many_classes_the_most_mistaken_are_shown_in_their_order() -> None:
    count = 40
    counts = [[10 if i == j else 0 for j in range(count)] for i in range(count)]
    counts[30][3] = 5
    matrix = Matrix(label="", names=tuple(map(str, range(count))), counts=tuple(map(tuple, counts)))
    shown = shown_classes(matrix)
    assert len(shown) < count
    assert {3, 30} <= set(shown)
    assert list(shown) == sorted(shown)


def test_commands_tell_which_of_many_classes_and_labels_they_show() -> None:
    names = tuple(f"c{number:04}" for number in range(1000))
    counts = [[0] * 1000 for _ in names]
    counts[700][3] = 5
    matrix = Matrix(label="", names=names, counts=tuple(map(tuple, counts)))
    told = matrix_lines(matrix)
    assert told[0] == "The 12 most mistaken of 1,000 classes:"
    assert ("c0700" in told[1], "c0003" in told[1], len(told)) == (True, True, 14)
    assert matrix_lines(analysis("7").confusion.matrices[0])[0].startswith("TRUTH")
    labels = of_labels("7")
    (red, tall, _), (good, bad, _) = labels.confusion.matrices, labels.confusion.classes
    confusion = labels.confusion.model_copy(
        update={"matrices": (red,) * 20 + (tall,), "classes": (good,) * 20 + (bad,)}
    )
    lines = error_report_lines(labels.model_copy(update={"confusion": confusion}), "")
    assert "The 12 worst of 21 labels:" in lines
    assert any(line.startswith("tall \\ ANSWER") for line in lines)


def test_lists_have_a_picture_for_every_row() -> None:
    worst, sure, suspects = listings(analysis("7"))
    assert worst.title == "Top losses: 2"
    assert worst.rows[0] == ("2.300", "90%", "rose", "tulip", "3")
    assert [one.path for one in worst.exhibits] == ["/pictures/3.png", "/pictures/5.png"]
    assert worst.exhibits[0].note == "taken for tulip, 90% sure"
    assert sure.rows == ()
    assert suspects.rows == (("0.040", "rose", "tulip", "3"),)


def test_bars_tell_how_often_answers_are_right() -> None:
    text = calibration_text(analysis("7").calibration).plain.splitlines()
    assert text[1].startswith(" 95%  ")
    assert text[1].rstrip().endswith("50%  4 rows")
    calibration = analysis("7").calibration
    (only,) = calibration.before.bins[-1:]
    alone = calibration.before.model_copy(update={"bins": (only.model_copy(update={"count": 1}),)})
    text = calibration_text(calibration.model_copy(update={"before": alone})).plain.splitlines()
    assert text[1].rstrip().endswith("  1 row")
    assert "┃" in text[1]
    assert any("tempered by 1.50" in line for line in text)


def test_folds_are_told_with_the_least_even_classes_first() -> None:
    assert fold_text(()) == "frozen with the first training"
    counts = (("rose", (5, 5)), ("tulip", (9, 3)), ("daisy", (4, 5)), ("fern", (1, 1)))
    assert fold_text(counts) == (
        "tulip: 9 3; daisy: 4 5; rose: 5 5; and 1 more, spread as evenly or better"
    )
