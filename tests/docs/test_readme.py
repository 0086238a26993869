"""The README tells of every command, and of none that there is not."""

import argparse
import re
import tomllib
from pathlib import Path

import pytest

from app.cli import run_command
from app.command_line.grammar import make_parser
from engine.competition.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, argparse.ArgumentParser]:
    (sub,) = [a for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(sub.choices)


def told() -> list[list[str]]:
    """Every command line of the README: behind `hydra-tui`, up to a comment or the line's end."""
    code = re.findall(r"```[a-z]*\n(.*?)```", README, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    lines = [line for block in code for line in block.splitlines()] + inline
    found = [re.search(r"(?:^|\s)hydra-tui(?:\s+(.*))?$", line.partition("#")[0].strip())
             for line in lines]  # fmt: skip
    return [(match.group(1) or "").split() for match in found if match]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_told_of(name: str) -> None:
    assert re.search(rf"`?hydra-tui[^`\n]* {name}\b", README) or f"`{name}" in README


def test_every_command_told_of_exists() -> None:
    lines = told()
    assert lines
    for words in lines:
        first = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)][:1]
        if words and not words[0].startswith(("-", "[")):
            assert first[0] in commands(), " ".join(words)


@pytest.mark.parametrize("words", told(), ids=" ".join)
def test_every_option_told_of_exists(words: list[str]) -> None:
    name = next((word for word in words if word in commands()), None)
    parser = commands()[name] if name else make_parser()
    for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(words)):
        assert option in parser._option_string_actions, option


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(["--version"])
    assert ended.value.code == 0
    assert re.fullmatch(r"hydra-tui \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_every_setting_is_told_of_and_can_be_set_so() -> None:
    (told,) = re.findall(r"```toml\n(\[competition\].*?)```", README, re.DOTALL)
    found = tomllib.loads(told)
    Settings.model_validate(found)
    every = Settings().model_dump()
    assert {name: set(fields) for name, fields in found.items()} == {
        name: set(fields) for name, fields in every.items()
    }
