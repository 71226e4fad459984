"""Runs suites of expectations over a DuckDB warehouse: `run.py WAREHOUSE SUITES [--suite NAME]…`.

Writes one JSON object to standard output and nothing else. Exit codes: 0 every gating expectation holds, 1 one does not,
2 the suites or the warehouse cannot be used (the object then has `error`). The warehouse is opened read-only.

An expectation gates when its suite and itself are accepted (`proposed: false`) and its severity is `error`. Proposed ones run
and are reported too, so that a person sees how they would fare before accepting them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from mask import plain, shown
from suite import Expectation, Suite, SuiteError, quoted, read_suites

SAMPLE_KEYS = 100
WEIGHTS = {"error": 3, "warn": 1}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("warehouse", type=Path, help="the DuckDB file")
    parser.add_argument("suites", type=Path, help="the folder with the suites")
    parser.add_argument("--suite", action="append", default=[], help="run this suite only; may be repeated")
    arguments = parser.parse_args()
    # Libraries print progress and advice; standard output is the result's alone.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            result = run(arguments.warehouse, read_suites(arguments.suites, arguments.suite))
        except SuiteError as error:
            result = {"error": {"code": "invalid_suite", "message": str(error)}}
        except WarehouseError as error:
            result = {"error": {"code": "warehouse", "message": str(error)}}
    json.dump(result, sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
    if "error" in result:
        return 2
    return 0 if result["success"] else 1


class WarehouseError(Exception):
    """A warehouse that cannot be read."""


def run(warehouse: Path, suites: list[Suite]) -> dict[str, Any]:
    """The result of all suites."""
    started = time.monotonic()
    engine = Engine(warehouse)
    results = [run_suite(engine, suite) for suite in suites]
    gating = [entry for result in results for entry in result["expectations"] if entry["gates"]]
    failed = [entry for entry in gating if not entry["success"]]
    return {
        "engine": f"great_expectations {engine.version}",
        "success": not failed,
        "score": score([entry for result in results for entry in result["expectations"] if not entry["proposed"]]),
        "expectations_gating": len(gating),
        "expectations_failed": len(failed),
        "elapsed_seconds": round(time.monotonic() - started, 3),
        "suites": results,
    }


def score(entries: list[dict[str, Any]]) -> float | None:
    """The share of accepted expectations that hold, weighted by severity, in percent; none where there is none."""
    total = sum(WEIGHTS[entry["severity"]] for entry in entries)
    held = sum(WEIGHTS[entry["severity"]] for entry in entries if entry["success"])
    return round(100 * held / total, 2) if total else None


class Engine:
    """The warehouse and Great Expectations. The SQL route of the latter does not work on DuckDB, so a suite's columns are read
    into a data frame; a suite over a very large table had better name a `query` that narrows it."""

    def __init__(self, warehouse: Path) -> None:
        import duckdb

        if not warehouse.is_file():
            raise WarehouseError(f"{warehouse}: no such file")
        try:
            # A suite's query reads this warehouse and nothing else.
            self.connection = duckdb.connect(str(warehouse), read_only=True, config={"enable_external_access": "false"})
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from error
        self.failure = duckdb.Error
        self._batches: Any = None
        self.version = "not loaded"

    def frame(self, suite: Suite) -> Any:
        """The columns that a suite reads, as a pandas data frame."""
        columns = suite.columns()
        selected = "*" if columns is None else ", ".join(quoted(name) for name in columns) or "1 as one"
        return self.connection.sql(f"select {selected} from {suite.relation()}").df()

    def batch(self, frame: Any) -> Any:
        """A data frame as Great Expectations takes it. Its import costs seconds, so it waits until there is something to judge."""
        if self._batches is None:
            os.environ["GX_ANALYTICS_ENABLED"] = "false"
            import great_expectations
            from great_expectations.data_context.types.base import ProgressBarsConfig

            self.version = great_expectations.__version__
            context = great_expectations.get_context(mode="ephemeral")
            context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
            source = context.data_sources.add_pandas("warehouse")
            self._batches = source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")
        return self._batches.get_batch({"dataframe": frame})


def run_suite(engine: Engine, suite: Suite) -> dict[str, Any]:
    """The result of a suite; a table that cannot be read fails each of its expectations with the reason."""
    result = {"suite": suite.name, "file": suite.file, "table": suite.table, "proposed": suite.proposed, "rows": None}
    try:
        frame = engine.frame(suite)
    except engine.failure as error:
        failure = str(error).splitlines()[0]
        entries = [entry_of(suite, each) | {"error": failure} for each in suite.expectations]
        return result | {"success": not any(entry["gates"] for entry in entries), "expectations": entries}
    batch = engine.batch(frame)
    entries = [run_expectation(batch, suite, each) for each in suite.expectations]
    success = all(entry["success"] for entry in entries if entry["gates"])
    return result | {"rows": len(frame), "success": success, "expectations": entries}


def entry_of(suite: Suite, expectation: Expectation) -> dict[str, Any]:
    """An expectation in the result, as failed as long as nothing else is known."""
    proposed = suite.proposed or expectation.proposed
    return {
        "expectation": expectation.type,
        "column": ", ".join(expectation.columns()) or None,
        "severity": expectation.severity,
        "proposed": proposed,
        "gates": not proposed and expectation.severity == "error",
        "success": False,
        "observed": None,
        "expected": {name: plain(value) for name, value in expectation.arguments.items() if not name.startswith("column")},
        "unexpected_count": None,
        "unexpected_percent": None,
        "sample_keys": [],
        "why": expectation.why,
        "error": None,
    }


def run_expectation(batch: Any, suite: Suite, expectation: Expectation) -> dict[str, Any]:
    """The result of an expectation."""
    entry = entry_of(suite, expectation)
    try:
        implementation = implementation_of(expectation)
    except ValueError as error:
        return entry | {"error": str(error)}
    result_format = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
    if suite.key:
        result_format["unexpected_index_column_names"] = suite.key
    found = batch.validate(implementation, result_format=result_format)
    return entry | {
        "success": bool(found.success),
        "observed": observed(found.result),
        "unexpected_count": found.result.get("unexpected_count"),
        "unexpected_percent": plain(found.result.get("unexpected_percent")),
        "sample_keys": sample_keys(found.result, suite),
        "error": failure_of(found.exception_info),
    }


def implementation_of(expectation: Expectation) -> Any:
    """The expectation as Great Expectations knows it. ValueError says what of it is not known."""
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    try:
        return get_expectation_impl(expectation.type)(**expectation.arguments)
    except ExpectationNotFoundError as error:
        raise ValueError(f"no expectation is called `{expectation.type}`") from error
    except (ValueError, TypeError) as error:
        raise ValueError("; ".join(line.strip() for line in str(error).splitlines()[1:] or [str(error)])) from error


def observed(result: dict[str, Any]) -> Any:
    """What was seen: the observed value, or how many values of how many are unexpected."""
    if "observed_value" in result:
        return plain(result["observed_value"])
    if "unexpected_count" in result:
        return f"{result['unexpected_count']} of {result.get('element_count')} values unexpected"
    return None


def sample_keys(result: dict[str, Any], suite: Suite) -> list[dict[str, Any]]:
    """At most a hundred of the rows that do not fit, by the suite's key and the value in question."""
    rows = result.get("unexpected_index_list") or []
    if not suite.key:
        return []
    return [{name: shown(value, name in suite.personal) for name, value in row.items()} for row in rows[:SAMPLE_KEYS]]


def failure_of(info: dict[str, Any] | None) -> str | None:
    """The message of an expectation that could not be judged."""
    if not info:
        return None
    if "raised_exception" in info:
        info = {"": info}
    messages = [each.get("exception_message") for each in info.values() if each.get("raised_exception")]
    return "; ".join(dict.fromkeys(message for message in messages if message)) or None


if __name__ == "__main__":
    sys.exit(main())
