"""What is odd in a competition, in words."""

from collections.abc import Sequence

from engine.competition.findings import Finding

_MOST_FILES, _MOST_CHARACTERS = 8, 160


def files_told(finding: Finding) -> str:
    """The first files or ids that a finding is about; dots where some are left out.

    Its count tells less: of copies it is that of the images, while they are named pair by pair.

    Args:
        finding: which.
    """
    told: list[str] = []
    for name in finding.files[:_MOST_FILES]:
        # Names may be of 32 characters, or two of these.
        if told and sum(map(len, told)) + len(name) > _MOST_CHARACTERS:
            break
        told.append(name)
    left = " .." if len(finding.files) > len(told) else ""
    return f"{', '.join(told)}{left}"


def gravest_first(findings: Sequence[Finding]) -> list[Finding]:
    """What shuts the data's gate before what is only worth knowing.

    Args:
        findings: in any order.
    """
    return sorted(findings, key=lambda finding: finding.severity != "warning")


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """What is odd in a competition, and what to do about it."""
    lines: list[str] = []
    for finding in gravest_first(findings):
        mark = "!" if finding.severity == "warning" else "i"
        lines += [*([""] if lines else []), f"{mark} {finding.happened}"]
        lines += [f"  Expected: {finding.expected}", f"  To fix it: {finding.fix}"]
        if finding.files:
            lines.append(f"  {files_told(finding)}")
    return lines
