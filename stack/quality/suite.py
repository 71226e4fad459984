"""A suite of expectations as people write it: one YAML file a suite, read and checked before anything heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

SEVERITIES = ("error", "warn")
SUITE_KEYS = ("suite", "table", "query", "key", "personal", "proposed", "expectations")
# What we say of an expectation; everything else in its entry is a parameter of its type.
OWN_KEYS = ("type", "severity", "why", "proposed")


class SuiteError(Exception):
    """A suite that cannot be used, with the file, the field and what is wrong with it."""


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite."""

    type: str
    arguments: dict[str, Any]
    severity: str = "error"
    why: str = ""
    proposed: bool = False

    def columns(self) -> list[str]:
        """The columns that it reads."""
        named = [self.arguments.get(name) for name in ("column", "column_A", "column_B")]
        return [name for name in named if name] + list(self.arguments.get("column_list", []))


@dataclass(frozen=True)
class Suite:
    """What is expected of one table or query."""

    name: str
    file: str
    table: str | None
    query: str | None
    key: list[str]
    personal: list[str]
    proposed: bool
    expectations: list[Expectation] = field(default_factory=list)

    def relation(self) -> str:
        """What is read, as SQL."""
        if self.query:
            return f"({self.query.strip().rstrip(';')})"
        return ".".join(quoted(part) for part in str(self.table).split("."))

    def columns(self) -> list[str] | None:
        """The columns that are read, in order; none for all of them."""
        if any("column_set" in entry.arguments or "table_column" in entry.type for entry in self.expectations):
            return None
        names = [*self.key, *(name for entry in self.expectations for name in entry.columns())]
        return list(dict.fromkeys(names))


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def read_suites(folder: Path, only: list[str]) -> list[Suite]:
    """The suites of a folder, those named in `only` or all."""
    files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
    if not files:
        raise SuiteError(f"{folder}: no suite (*.yml) in this folder")
    suites = [read_suite(file) for file in files]
    names = [suite.name for suite in suites]
    for name in names:
        if names.count(name) > 1:
            raise SuiteError(f"suite `{name}` is there {names.count(name)} times in {folder}; names are unique")
    for name in only:
        if name not in names:
            raise SuiteError(f"no suite `{name}` in {folder}; there are {', '.join(names)}")
    return [suite for suite in suites if not only or suite.name in only]


def read_suite(file: Path) -> Suite:
    """The suite in a file."""
    try:
        entry = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        raise SuiteError(f"{file.name}: {error}") from error
    if not isinstance(entry, dict):
        raise SuiteError(f"{file.name}: a suite is a mapping with {', '.join(SUITE_KEYS)}")
    refuse_unknown(file.name, entry, SUITE_KEYS)
    if bool(entry.get("table")) == bool(entry.get("query")):
        raise SuiteError(f"{file.name}: say what is read by either `table` or `query`")
    listed = entry.get("expectations")
    if not isinstance(listed, list) or not listed:
        raise SuiteError(f"{file.name}: `expectations` is a list with at least one entry")
    return Suite(
        name=str(entry.get("suite") or file.stem),
        file=file.name,
        table=entry.get("table"),
        query=entry.get("query"),
        key=names_of(file.name, entry, "key"),
        personal=names_of(file.name, entry, "personal"),
        # Nothing gates unless somebody has said so.
        proposed=boolean(file.name, entry, "proposed", default=True),
        expectations=[read_expectation(f"{file.name}: expectations[{index}]", item) for index, item in enumerate(listed)],
    )


def read_expectation(where: str, entry: Any) -> Expectation:
    """An entry of `expectations`."""
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise SuiteError(f"{where}: an expectation is a mapping with a `type`, such as expect_column_values_to_not_be_null")
    severity = entry.get("severity", "error")
    if severity not in SEVERITIES:
        raise SuiteError(f"{where}: `severity` is one of {', '.join(SEVERITIES)}, not {severity!r}")
    return Expectation(
        type=entry["type"],
        arguments={name: value for name, value in entry.items() if name not in OWN_KEYS},
        severity=severity,
        why=str(entry.get("why", "")),
        proposed=boolean(where, entry, "proposed", default=False),
    )


def refuse_unknown(where: str, entry: dict[str, Any], known: tuple[str, ...]) -> None:
    for name in entry:
        if name not in known:
            raise SuiteError(f"{where}: unknown key `{name}`; known are {', '.join(known)}")


def names_of(where: str, entry: dict[str, Any], name: str) -> list[str]:
    value = entry.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SuiteError(f"{where}: `{name}` is a list of column names")
    return value


def boolean(where: str, entry: dict[str, Any], name: str, default: bool) -> bool:
    value = entry.get(name, default)
    if not isinstance(value, bool):
        raise SuiteError(f"{where}: `{name}` is true or false, not {value!r}")
    return value
