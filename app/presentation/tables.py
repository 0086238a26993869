"""Tables of the command line: records, summaries and checks as lines of text."""

import json
from collections.abc import Collection, Sequence

from app.presentation.blended import blend_facts
from app.presentation.diagnosed import diagnosis_facts
from app.presentation.findings import finding_lines
from app.presentation.listing import folds_scored
from app.presentation.searches import search_fields, trial_rows
from app.presentation.text import (
    GATE_MARKS,
    GATE_WORDS,
    STATUS_MARKS,
    duration,
    error_lines,
    figure,
    metric_text,
    moment,
)
from app.presentation.under_way import by_experiment, percentage, progress_line
from engine.check import Check
from engine.competition.findings import CompetitionSummary, Finding, SubmissionFormat
from engine.experiment.means import mean_curve
from engine.experiment.metrics import LOG_LOSS, current_metric
from engine.experiment.overrides import LISTS
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.search import SearchSpec
from engine.experiment.spec import Stage
from engine.progress import LiveTask
from engine.recipe.stages import Rung

_BAR = 30
_MOST_CLASSES = 40


def _on(rows: int | None) -> str:
    return f"  on {rows:,} rows" if rows else ""


def columns(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Rows of cells as aligned lines.

    Args:
        rows: the cells, the heading first.
        right: the columns aligned to the right.
    """
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def table_lines(records: Sequence[ExperimentRecord], live: Sequence[LiveTask] = ()) -> list[str]:
    """All experiments, one a line, by the metric that counts now.

    Args:
        records: the experiments.
        live: the tasks that run.
    """
    metric, running = current_metric(records), by_experiment(live)
    heading = (
        *("ID", "STATUS", "NAME", "TRAIN", "VAL", "FOLDS", "ACCURACY", "AUC", "METRIC", "TIME"),
        "FROM",
    )
    rows = [
        (
            record.id,
            f"{STATUS_MARKS[record.status]} "
            + (percentage(running[record.id]) if record.id in running else record.status),
            record.name + (" *" if record.pinned else ""),
            figure(record.scores.train_log_loss),
            _val_loss(record),
            f"x{folds}" if (folds := folds_scored(record)) else "",
            figure(record.scores.val_accuracy),
            figure(record.scores.val_auc),
            metric_text(record.scores, metric),
            duration(record.seconds),
            record.parent or "",
        )
        for record in records
    ]
    return columns((heading, *rows), frozenset({0, 3, 4, 5, 6, 7, 9}))


def _val_loss(record: ExperimentRecord) -> str:
    """The score; before there is one, where its curve has got."""
    curve = mean_curve(record.tasks, "val_log_loss")
    if record.scores.val_log_loss is None and curve:
        return f"~{curve[-1]:.4f}"
    return figure(record.scores.val_log_loss)


def ladder_lines(ladder: Sequence[Rung]) -> list[str]:
    """The recipe's gates, one a line."""
    rows = [
        (GATE_MARKS[rung.state], rung.stage, GATE_WORDS[rung.state], rung.reading, rung.gate)
        for rung in ladder
    ]
    return columns((("", "STAGE", "GATE", "READING", "OPENS WHEN"), *rows))


def gone_without(ladder: Sequence[Rung], passed: Collection[Stage]) -> list[str]:
    """What the autopilot went on without, beside gates that are told as they stand.

    Args:
        ladder: how they stand by now.
        passed: the stages that the autopilot has passed, for its own walk alone.
    """
    names = [str(one.stage) for one in ladder if one.stage in passed and not one.state.is_behind]
    if not names:
        return []
    return [f"The autopilot went on although these gates are not open: {', '.join(names)}."]


def experiment_lines(record: ExperimentRecord, live: Sequence[LiveTask] = ()) -> list[str]:
    """One experiment, with all its spec says.

    Args:
        record: the experiment.
        live: its tasks that run.
    """
    facts = experiment_facts(record)
    facts[2:2] = [("progress", progress_line(task)) for task in live]
    facts += [(f"  {path}", value) for path, value in fields_of(record)]
    facts += [(f"  {name}", value) for name, value in record.environment.items()]
    lines = columns(facts)
    if trials := trial_rows(record):
        texts = {trials[0].index(name) for name in ("STATUS", "VALUES", "ERROR")}
        lines += ["", *columns(trials, frozenset(range(len(trials[0]))) - texts)]
    if record.error is not None:
        lines += ["", *error_lines(record.error)]
    return lines


def experiment_facts(record: ExperimentRecord) -> list[tuple[str, str]]:
    """How an experiment stands and what it scored: names and values."""
    scores = record.scores
    error = f" ± {scores.val_log_loss_error:.4f}" if scores.val_log_loss_error is not None else ""
    facts = [
        ("experiment", f"{record.id}  {record.name}" + ("  (pinned)" if record.pinned else "")),
        ("status", record.status),
        *diagnosis_facts(record),
        *([("tags", " ".join(record.tags))] if record.tags else []),
        *([("remark", record.note)] if record.note else []),
        ("from", record.parent or "-"),
        ("started", moment(record.started) or "-"),
        ("working time", duration(record.seconds)),
        ("train log-loss", figure(scores.train_log_loss) + _on(scores.train_rows)),
        ("val log-loss", f"{figure(scores.val_log_loss)}{error}{_on(scores.val_rows)}"),
        ("val accuracy", figure(scores.val_accuracy)),
        ("val AUC", figure(scores.val_auc)),
        ("metric", metric_text(scores, scores.metric or LOG_LOSS)),
        ("submission", record.submission or "-"),
    ]
    facts += blend_facts(record)
    if scores.suggested_rate is not None:
        facts.append(("suggested rate", f"{scores.suggested_rate:.2g}"))
    notes = dict.fromkeys(note for task in record.tasks for note in task.notes)
    facts += [("note", note) for note in notes]
    if len(record.tasks) > 1:
        done = [task for task in record.tasks if task.status is Status.DONE]
        folds = ", ".join(figure(task.scores.val_log_loss) for task in done)
        facts.append(("folds", f"{len(done)} of {len(record.tasks)} done; val {folds}"))
    return facts


def fields_of(record: ExperimentRecord) -> list[tuple[str, str]]:
    """Every field of an experiment's spec with its value; of a search first what it varies."""
    spec = record.spec
    if isinstance(spec, SearchSpec):
        base = _told(spec_fields(spec.base.model_dump(mode="json")))
        return [*search_fields(spec), *((f"base.{path}", value) for path, value in base)]
    return _told(spec_fields(spec.model_dump(mode="json")))


def _told(fields: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without lists that are empty, of which there is nothing to say."""
    return [(path, value) for path, value in fields if value or path not in LISTS]


def spec_fields(fields: object, prefix: str = "") -> list[tuple[str, str]]:
    """Every field of a spec with the path and the value that `--set` takes."""
    path = prefix.removesuffix(".")
    if isinstance(fields, dict):
        pairs = list(fields.items())
    elif isinstance(fields, list | tuple):
        if path in LISTS:
            return [(path, _list_text(fields))]
        pairs = [(str(number), value) for number, value in enumerate(fields)]
    else:
        return [(path, str(fields))]
    return [line for name, value in pairs for line in spec_fields(value, f"{prefix}{name}.")]


def _list_text(values: Sequence[object]) -> str:
    """Values with commas between them; as JSON where one of them holds a comma itself."""
    names = list(map(str, values))
    has_comma = any("," in name for name in names)
    return json.dumps(names, ensure_ascii=False) if has_comma else ",".join(names)


def data_lines(
    summary: CompetitionSummary, findings: Sequence[Finding], left_out: int = 0
) -> list[str]:
    """All there is to say of a competition, and what is still odd in it."""
    told = finding_lines(findings)
    return [
        *columns(data_facts(summary, left_out)),
        "",
        *class_lines(summary),
        *([""] if told else []),
        *told,
    ]


def data_facts(summary: CompetitionSummary, left_out: int = 0) -> list[tuple[str, str]]:
    """What was recognised of a competition: names and values.

    Args:
        summary: what was recognised.
        left_out: how many of its labelled images new specs do not train on.
    """
    answer, marked = summary.submission, f" ({left_out:,} left out of training)" if left_out else ""
    return [
        ("competition", summary.name),
        ("folder", summary.folder),
        ("layout", summary.layout),
        ("target", f"{summary.target}, {len(summary.class_counts)} classes"),
        ("metric", summary.metric),
        (
            "images",
            f"{summary.labelled_images:,} labelled{marked}, {summary.test_images:,} to predict",
        ),
        ("folds", f"{summary.folds}, {'grouped and ' if summary.grouped else ''}stratified"),
        (
            "submission",
            "no sample found"
            if answer is None
            else f"{answer.rows:,} rows of {answer.id_column}, {', '.join(answer.answer_columns)}"
            f" ({_answers_told(answer)})"
            f"{'' if answer.file else '; assumed, for there is no sample'}",
        ),
        ("sizes", ", ".join(f"{w}x{h} ({count:,})" for w, h, count in summary.sizes[:5])),
        ("modes", ", ".join(f"{mode} ({count:,})" for mode, count in summary.modes)),
        ("fold balance", fold_text(summary.fold_counts)),
    ]


def _answers_told(answer: SubmissionFormat) -> str:
    return answer.answers if answer.ranks == 1 else f"the {answer.ranks} likeliest classes"


def fold_text(counts: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    """How evenly the classes are spread over the frozen folds; the least even ones are named."""
    if not counts:
        return "frozen with the first training"
    uneven = sorted(counts, key=lambda one: min(one[1]) - max(one[1]))
    told = [f"{name}: {' '.join(f'{count:,}' for count in row)}" for name, row in uneven[:3]]
    more = f"; and {len(counts) - 3} more, spread as evenly or better" if len(counts) > 3 else ""
    return "; ".join(told) + more


def class_lines(summary: CompetitionSummary) -> list[str]:
    """The class balance as bars."""
    counts = summary.class_counts[:_MOST_CLASSES]
    most = max((count for _, count in counts), default=1)
    # An image may have several labels.
    total = max(summary.labelled_images, 1)
    rows = [
        (
            name,
            "█" * max(1, round(_BAR * count / max(most, 1))),
            f"{count:,}",
            f"{count / total:.1%}",
        )
        for name, count in counts
    ]
    lines = columns((("CLASS", "", "IMAGES", "SHARE"), *rows), frozenset({2, 3}))
    left_out = len(summary.class_counts) - len(counts)
    return [*lines, f"and {left_out} more classes"] if left_out else lines


def doctor_lines(checks: Sequence[Check]) -> list[str]:
    """The doctor's report."""
    lines = []
    for check in checks:
        lines.append(f"{'✓' if check.is_well else '✗'} {check.name:<9} {check.found}")
        if check.fix:
            lines.append(f"            {check.fix}")
    return lines
