"""Showing a report on a terminal."""

from __future__ import annotations

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from interactive_gym.checking.report import Finding, Group, Report, SceneReport

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_KIB = 1024


def print_report(report: Report, console: Console, *, all_files: bool, as_json: bool) -> None:
    """Print ``report`` for people, or with ``as_json`` for programs.

    Args:
        report: What was found.
        console: Where to.
        all_files: List every file of each distribution, instead of how many there are.
        as_json: Plain JSON, with every file.
    """
    if as_json:
        console.print_json(json.dumps(report.as_json()))
        return
    for scene in report.scenes:
        _print_scene(scene, console)
    if report.groups:
        _print_groups(report.groups, console, all_files=all_files)
    for item in report.left_out:
        console.print(f"  [dim]not sent:[/] {escape(item.name)} [dim]({escape(item.reason)})[/]")
    _print_findings(report.findings, console)
    _print_verdict(report, console)


def _print_scene(scene: SceneReport, console: Console) -> None:
    console.rule(f"[bold]{escape(scene.scene)}", align="left")
    table = Table.grid(padding=(0, 2))
    for name, value in scene.facts.items():
        table.add_row(f"[dim]{escape(name)}", escape(value))
    console.print(table)
    _print_findings(scene.findings, console)


def _print_groups(groups: tuple[Group, ...], console: Console, *, all_files: bool) -> None:
    console.rule("[bold]what every participant receives (Python files with their bytecode)", align="left")
    table = Table.grid(padding=(0, 2))
    for group in groups:
        table.add_row(escape(group.owner), f"{len(group.files)} files", _kib(group.size))
        for path, size in sorted(group.files.items()) if all_files else ():
            table.add_row(f"  [dim]{escape(path)}", "", f"[dim]{_kib(size)}")
    console.print(table)


def _print_findings(findings: tuple[Finding, ...], console: Console) -> None:
    for finding in findings:
        where = f"{finding.where}: " if finding.where else ""
        text = f"[{_STYLES[finding.level]}]{finding.level}:[/] {escape(where + finding.text)}"
        console.print(text, soft_wrap=True, emoji=False)  # a line number between colons may be the name of one


def _print_verdict(report: Report, console: Console) -> None:
    if report.errors:
        console.print(f"\n[bold red]{len(report.errors)} to fix[/] before participants come.")
    else:
        console.print("\n[bold green]Ready.[/]")


def _kib(size: int) -> str:
    return f"{size / _KIB:,.1f} KiB"
