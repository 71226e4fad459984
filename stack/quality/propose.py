"""Proposes a suite from a profile: `propose.py PROFILE --table SCHEMA.TABLE [--output FILE]`.

PROFILE is the JSON of `data-stack call profile_csv`, or `-` for standard input. Every threshold says from what it was derived.
The suite is marked `proposed: true`: it gates nothing until a person has read it, changed it and set `proposed: false`.
An existing file is not overwritten.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

# A column with at most this many values is taken for a category.
CATEGORIES = 30
# More nulls than observed that are let pass, as a share of the rows.
NULL_SLACK = 0.05
# How far a quantile may move, as a share of the range between the 5th and the 95th percentile.
QUANTILE_SLACK = 0.25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("profile", help="the JSON of profile_csv, or - for standard input")
    parser.add_argument("--table", required=True, help="the table that the file is loaded into, such as main.transactions")
    parser.add_argument("--output", type=Path, help="the file to make; by default standard output")
    arguments = parser.parse_args()
    if arguments.output and arguments.output.exists():
        parser.error(f"{arguments.output} is there; propose into another file and compare the two")
    try:
        text = sys.stdin.read() if arguments.profile == "-" else Path(arguments.profile).read_text(encoding="utf-8")
        profile = profile_of(json.loads(text))
    except (OSError, ValueError) as error:
        parser.error(f"{arguments.profile}: {error}")
    written = written_suite(propose(profile, arguments.table))
    if arguments.output:
        arguments.output.write_text(written, encoding="utf-8")
    else:
        sys.stdout.write(written)
    return 0


def profile_of(document: Any) -> dict[str, Any]:
    """The profile in a tool's answer, or the document itself."""
    profile = document.get("data", document) if isinstance(document, dict) else None
    if not isinstance(profile, dict) or "columns" not in profile or "file" not in profile:
        raise ValueError("not a profile: it has no `file` and `columns`")
    return profile


def propose(profile: dict[str, Any], table: str) -> dict[str, Any]:
    """A suite for the file that was profiled."""
    keys = profile.get("key_candidates", [])
    personal = [entry["column"] for entry in profile.get("personal_data", [])]
    expectations = table_expectations(profile)
    for column in profile["columns"]:
        expectations += column_expectations(column, profile["file"]["rows"], column["name"] in keys)
    return {
        "suite": table,
        "table": table,
        "proposed": True,
        "key": keys[:1],
        "personal": personal,
        "expectations": expectations,
    }


def expectation(kind: str, why: str, severity: str = "error", **arguments: Any) -> dict[str, Any]:
    return {"type": kind, **arguments, "severity": severity, "why": why}


def table_expectations(profile: dict[str, Any]) -> list[dict[str, Any]]:
    """What is expected of the table as a whole."""
    rows = profile["file"]["rows"]
    estimated = "about " if profile["file"].get("rows_estimated") else ""
    found = [
        expectation(
            "expect_table_row_count_to_be_between",
            f"{estimated}{rows} rows were profiled; half to twice as many",
            min_value=rows // 2,
            max_value=rows * 2,
        )
    ]
    if not profile.get("folded"):
        names = [column["name"] for column in profile["columns"]]
        found.append(
            expectation("expect_table_columns_to_match_set", "the columns of the file", column_set=names, exact_match=False)
        )
    return found


def column_expectations(column: dict[str, Any], rows: int, is_key: bool) -> list[dict[str, Any]]:
    """What is expected of a column, from its type and its numbers."""
    found = [nulls(column, rows)]
    if is_key:
        found.append(expectation("expect_column_values_to_be_unique", f"{rows} values, none twice", column=column["name"]))
    kind = column["type"]
    if kind in ("integer", "float") and column.get("semantic_type") != "identifier":
        found += number(column)
    elif kind in ("date", "timestamp"):
        found += moment(column)
    elif kind in ("categorical", "boolean"):
        found += category(column)
    elif kind in ("code", "text"):
        found += lengths(column)
    return found


def nulls(column: dict[str, Any], rows: int) -> dict[str, Any]:
    """As many values as there are, or a little fewer where some are missing already."""
    if column["nulls"] == 0:
        return expectation("expect_column_values_to_not_be_null", f"no null in {rows} rows", column=column["name"])
    mostly = max(math.floor(100 * (1 - column["null_ratio"] - NULL_SLACK)) / 100, 0)
    return expectation(
        "expect_column_values_to_not_be_null",
        f"{100 * column['null_ratio']:.1f} % nulls observed; {100 * NULL_SLACK:.0f} % of the rows more are let pass",
        severity="warn",
        column=column["name"],
        mostly=mostly,
    )


def number(column: dict[str, Any]) -> list[dict[str, Any]]:
    """Wide bounds for single values, and narrower ones for the quantiles, which one odd value does not move."""
    low, high = column.get("min"), column.get("max")
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return []
    slack = (high - low) / 2 or abs(high) or 1
    found = [
        expectation(
            "expect_column_values_to_be_between",
            f"observed {low:g} to {high:g}; half of that span is left free on either side"
            + (", and nothing was negative" if low >= 0 else ""),
            column=column["name"],
            min_value=0 if low >= 0 else outward(low - slack, math.floor),
            max_value=outward(high + slack, math.ceil),
        )
    ]
    quantiles = {name: value for name, value in column.get("quantiles", {}).items() if isinstance(value, (int, float))}
    if all(name in quantiles for name in ("p5", "p25", "p50", "p75", "p95")):
        found.append(quantile_expectation(column["name"], quantiles, whole=column["type"] == "integer", negatives=low < 0))
    return found


def quantile_expectation(name: str, quantiles: dict[str, float], whole: bool, negatives: bool) -> dict[str, Any]:
    """The quartiles and the ends of the usual range, each with room to move."""
    chosen = [("p5", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95)]
    room = QUANTILE_SLACK * (quantiles["p95"] - quantiles["p5"]) or abs(quantiles["p50"]) or 1
    ranges = [[outward(quantiles[key] - room, math.floor), outward(quantiles[key] + room, math.ceil)] for key, _ in chosen]
    if whole:
        ranges = [[math.floor(low), math.ceil(high)] for low, high in ranges]
    if not negatives:
        ranges = [[max(low, 0), high] for low, high in ranges]
    return expectation(
        "expect_column_quantile_values_to_be_between",
        "observed "
        + ", ".join(f"{key} {quantiles[key]:g}" for key, _ in chosen)
        + f"; each may move by {100 * QUANTILE_SLACK:.0f} % of the range between p5 and p95",
        severity="warn",
        column=name,
        quantile_ranges={"quantiles": [share for _, share in chosen], "value_ranges": ranges},
    )


def outward(number: float, rounding: Any) -> float:
    """A number in two digits, rounded away from the data."""
    if number == 0:
        return 0
    unit = 10.0 ** (math.floor(math.log10(abs(number))) - 1)
    rounded = round(rounding(number / unit) * unit, 10)
    return int(rounded) if rounded == int(rounded) else rounded


def moment(column: dict[str, Any]) -> list[dict[str, Any]]:
    """Nothing before the first moment that was seen."""
    if "min" not in column:
        return []
    # With a time of day even for dates: a date alone cannot be compared with a timestamp.
    day = f"{str(column['min'])[:10]}T00:00:00"
    return [
        expectation(
            "expect_column_values_to_be_between",
            f"observed {column['min']} to {column.get('max')}",
            column=column["name"],
            min_value=day,
        )
    ]


def category(column: dict[str, Any]) -> list[dict[str, Any]]:
    """The values that were seen, where all of them are known."""
    values = [top["value"] for top in column.get("top_values", [])]
    if column["distinct"]["value"] > CATEGORIES:
        return []
    if len(values) == column["distinct"]["value"]:
        why, more = f"all {len(values)} values observed", {}
    else:
        share = sum(top["share"] for top in column["top_values"])
        mostly = max(math.floor(100 * (share - NULL_SLACK)) / 100, 0)
        why, more = (
            f"the {len(values)} most frequent of {column['distinct']['value']} values are {100 * share:.1f} %",
            {"mostly": mostly},
        )
    return [expectation("expect_column_values_to_be_in_set", why, "warn", column=column["name"], value_set=values, **more)]


def lengths(column: dict[str, Any]) -> list[dict[str, Any]]:
    """Texts not longer than twice the longest."""
    observed = column.get("lengths")
    if not observed:
        return []
    return [
        expectation(
            "expect_column_value_lengths_to_be_between",
            f"observed {observed['min']} to {observed['max']} characters; twice as many are let pass",
            severity="warn",
            column=column["name"],
            min_value=1,
            max_value=2 * observed["max"],
        )
    ]


def written_suite(suite: dict[str, Any]) -> str:
    """The suite as YAML: a line a field, lists of values on one line."""
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    stream.write("# Proposed from a profile. Read it, change it, and set `proposed: false` to make it count.\n")
    yaml.dump(laid_out(suite), stream)
    return stream.getvalue()


def laid_out(value: Any) -> Any:
    """The same value, its lists of plain values marked to stand on one line."""
    if isinstance(value, dict):
        return {name: laid_out(item) for name, item in value.items()}
    if isinstance(value, list):
        items = CommentedSeq(laid_out(item) for item in value)
        if not any(isinstance(item, dict) for item in value):
            items.fa.set_flow_style()
        return items
    return value


if __name__ == "__main__":
    sys.exit(main())
