"""Runs suites over good and broken tables, and proposes a suite from a profile.

usage: check.py SCRATCH
"""

import json
import subprocess
import sys
from pathlib import Path

import duckdb

CHECKOUT = Path(__file__).resolve().parents[2]
QUALITY = CHECKOUT / "stack" / "quality"
SCRATCH = Path(sys.argv[1])

SUITE = """
suite: orders
table: main.orders
proposed: false
key: [order_id]
personal: [email]
expectations:
  - {type: expect_column_values_to_be_unique, column: order_id}
  - {type: expect_column_values_to_not_be_null, column: email, severity: warn}
  - {type: expect_column_values_to_be_between, column: amount, min_value: 0, max_value: 100, why: the till takes no more}
  - {type: expect_column_values_to_match_regex, column: email, regex: "@example[.]org$", proposed: true}
  - {type: expect_column_mean_to_be_between, column: amount, min_value: 40, max_value: 60}
"""

PROFILE = {
    "file": {"rows": 1000},
    "columns": [
        {"name": "order_id", "type": "integer", "semantic_type": "identifier", "nulls": 0, "null_ratio": 0,
         "distinct": {"value": 1000}},
        {"name": "email", "type": "text", "nulls": 100, "null_ratio": 0.1, "distinct": {"value": 900},
         "lengths": {"min": 17, "max": 19, "mean": 18}},
        {"name": "amount", "type": "float", "nulls": 0, "null_ratio": 0, "distinct": {"value": 100}, "min": 0.5, "max": 99.5,
         "quantiles": {"p5": 5.0, "p25": 25.0, "p50": 50.0, "p75": 75.0, "p95": 95.0}},
    ],
    "key_candidates": ["order_id"],
    "personal_data": [{"column": "email"}],
}  # fmt: skip


def python(script: str, *arguments: str, code: int = 0) -> str:
    """What a script of ours prints."""
    done = subprocess.run([sys.executable, QUALITY / script, *arguments], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"{script} {arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def run(suites: Path, *arguments: str, code: int = 0) -> dict:
    printed = python("run.py", str(SCRATCH / "warehouse.duckdb"), str(suites), *arguments, code=code)
    assert printed.count("\n") == 1, f"one line of JSON and nothing else, not {printed}"
    return json.loads(printed)


def equal(found: object, expected: object, what: str) -> None:
    if found != expected:
        sys.exit(f"{what}: found\n{found}\nexpected\n{expected}")


def folder(name: str, **files: str) -> Path:
    made = SCRATCH / name
    made.mkdir()
    for file, text in files.items():
        (made / f"{file}.yml").write_text(text)
    return made


def warehouse(*changes: str) -> None:
    with duckdb.connect(str(SCRATCH / "warehouse.duckdb")) as connection:
        connection.execute(
            "create or replace table orders as select range as order_id, "
            "case when range % 10 > 0 then 'b' || range || '@example.org' end as email, "
            "range % 100 + 0.5 as amount from range(1000)"
        )
        for change in changes:
            connection.execute(change)


def broken_rows_are_named_and_personal_values_are_not_shown() -> None:
    warehouse(
        "update orders set order_id = 1 where order_id = 2",
        "update orders set amount = 5000 where order_id = 33",
        "update orders set email = 'eve@evil.example' where order_id = 44",
    )
    result = run(folder("broken", orders=SUITE), code=1)
    [suite] = result["suites"]
    rows = [
        (entry["column"], entry["gates"], entry["success"], entry["unexpected_count"], entry["sample_keys"][:2])
        for entry in suite["expectations"]
    ]
    expected = [
        ("order_id", True, False, 2, [{"order_id": 1}, {"order_id": 1}]),
        ("email", False, False, 100, [{"email": None, "order_id": 0}, {"email": None, "order_id": 10}]),
        ("amount", True, False, 1, [{"amount": 5000.0, "order_id": 33}]),
        ("email", False, False, 1, [{"email": "xxx@xxxx.xxxxxxx", "order_id": 44}]),
        ("amount", True, True, None, []),
    ]
    equal(rows, expected, "the evidence")
    assert all(len(entry["sample_keys"]) <= 100 for entry in suite["expectations"])
    # Of the accepted ones, 3 + 1 + 3 + 3, the last one holds.
    equal((result["success"], result["expectations_failed"], result["score"]), (False, 2, 30.0), "the verdict")


def a_proposal_gates_nothing_until_it_is_accepted() -> None:
    profile = SCRATCH / "profile.json"
    profile.write_text(json.dumps({"ok": True, "data": PROFILE}))
    proposals = folder("proposals")
    file = proposals / "orders.yml"
    python("propose.py", str(profile), "--table", "main.orders", "--output", str(file))
    python("propose.py", str(profile), "--table", "main.orders", "--output", str(file), code=2)

    warehouse()
    fits = run(proposals)
    equal(
        [entry["error"] for entry in fits["suites"][0]["expectations"] if not entry["success"]],
        [],
        "what does not fit its own profile",
    )
    equal((fits["expectations_gating"], fits["score"]), (0, None), "a proposal on good data")

    warehouse("delete from orders where order_id >= 100", "update orders set amount = -1 where order_id = 5")
    equal(run(proposals)["success"], True, "the verdict while proposed")
    file.write_text(file.read_text().replace("proposed: true", "proposed: false"))
    failed = [entry for entry in run(proposals, code=1)["suites"][0]["expectations"] if entry["gates"] and not entry["success"]]
    equal(
        [(entry["expectation"], entry["column"]) for entry in failed],
        [("expect_table_row_count_to_be_between", None), ("expect_column_values_to_be_between", "amount")],
        "what gates once accepted",
    )


def mistakes_in_suites_are_explained() -> None:
    cases = {
        "severity: loud": "orders.yml: expectations[0]: `severity` is one of error, warn, not 'loud'",
        "severity: [": "orders.yml: ",
    }
    for index, (text, message) in enumerate(cases.items()):
        suites = folder(
            f"mistake{index}", orders=f"table: orders\nexpectations:\n  - type: expect_column_values_to_be_unique\n    {text}\n"
        )
        error = run(suites, code=2)["error"]
        assert error["code"] == "invalid_suite" and error["message"].startswith(message), error
    error = run(folder("none", orders=SUITE), "--suite", "oders", code=2)["error"]
    assert error["message"].startswith("no suite `oders`") and error["message"].endswith("there are orders"), error
    unknown = folder(
        "unknown", orders="table: orders\nproposed: false\nexpectations:\n  - {type: expect_magic, column: order_id}\n"
    )
    equal(
        run(unknown, code=1)["suites"][0]["expectations"][0]["error"],
        "no expectation is called `expect_magic`",
        "an unknown type",
    )
    absent = folder("absent", absent=SUITE.replace("main.orders", "main.absent"))
    error = run(absent, code=1)["suites"][0]["expectations"][0]["error"]
    assert "absent does not exist" in error, error


def every_suite_of_the_project_is_readable() -> None:
    sys.path.insert(0, str(QUALITY))
    from suite import read_suites

    names = [suite.name for suite in read_suites(QUALITY / "suites", [])]
    equal(names, ["customers", "revenue_adds_up", "sales_by_day_and_country", "main.transactions"], "the project's suites")


def main() -> None:
    steps = [
        every_suite_of_the_project_is_readable,
        broken_rows_are_named_and_personal_values_are_not_shown,
        a_proposal_gates_nothing_until_it_is_accepted,
        mistakes_in_suites_are_explained,
    ]
    for step in steps:
        step()
        print(f"ok  {step.__name__.replace('_', ' ')}", flush=True)


if __name__ == "__main__":
    main()
