"""Builds the project twice over transactions.csv, compares it with plain SQL on the file, then breaks the data.

usage: check.py BIN SCRATCH [PROGRAM]
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT / "data" / "transactions.csv"
FILE = f"read_csv('{DATA}', types = {{'InvoiceNo': 'VARCHAR', 'StockCode': 'VARCHAR', 'CustomerID': 'DOUBLE'}})"


class Project:
    """A copy of the project and a warehouse of its own."""

    def __init__(self, bin_folder: Path, scratch: Path):
        self.dbt_program = bin_folder / "dbt"
        self.folder = scratch / "dbt"
        self.warehouse = scratch / "warehouse.duckdb"
        kept_out = shutil.ignore_patterns("target", "logs", "dbt_packages")
        shutil.copytree(CHECKOUT / "stack" / "dbt", self.folder, ignore=kept_out)
        self.thresholds = self.folder / "seeds" / "eda_expectations.csv"

    def dbt(self, *arguments: str, fails: bool = False) -> str:
        """Runs dbt; what it prints."""
        environment = os.environ | {"DATA_STACK_WAREHOUSE": str(self.warehouse), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        command = [self.dbt_program, "--no-use-colors", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        if (done.returncode != 0) != fails:
            sys.exit(f"dbt {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(sql).fetchall()

    def violations(self) -> set[tuple]:
        """What the latest run found wrong."""
        return set(
            self.rows(
                "select model, column_name, expectation, failures from quality.test_results where status in ('fail', 'warn') "
                "and kind = 'eda' and run_started_at = (select max(run_started_at) from quality.test_results)"
            )
        )


def load(project: Project, program: str | None) -> None:
    """The file in main.transactions, with its line in the ledger."""
    if program:
        shutil.copy(DATA, project.warehouse.parent)
        command = [program, "--workspace", project.warehouse.parent, "ingest", "transactions.csv"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return
    project.rows(
        f"create table transactions as from {FILE}; create schema _data_stack; create table _data_stack.loads as select 'main' as "
        "table_schema, 'transactions' as table_name, now() at time zone 'UTC' as loaded_at, true as is_current"
    )


def equal(found: object, expected: object, what: str) -> None:
    if found != expected:
        sys.exit(f"{what}: found\n{found}\nexpected\n{expected}")


def numbers_equal_plain_sql_on_the_file(project: Project) -> None:
    plain = duckdb.connect()
    plain.execute(f"create view t as select *, upper(StockCode) as code, InvoiceNo like 'C%' as back from {FILE}")
    service = "regexp_matches(code, '^(POST|DOT|M|C2|D|AMAZONFEE|BANK CHARGES|S|GIFT_.*)$')"
    comparisons = [
        (
            "revenue by country",
            "select country, sum(total_amount)::double from marts.sales_by_day_and_country group by country order by country",
            "select case Country when 'EIRE' then 'Ireland' else Country end, round(sum(Quantity * UnitPrice), 2) from t "
            "group by Country order by 1",
        ),
        (
            "net revenue by day",
            "select invoice_date, sum(net_revenue)::double from marts.sales_by_day_and_country group by all order by all",
            f"select InvoiceDate::date, round(sum(Quantity * UnitPrice), 2) from t where not {service} group by 1 order by 1",
        ),
        (
            "customers: all, and those who only returned",
            "select count(*), count(*) filter (where segment = 'returns only') from marts.customers",
            "select count(*), count(*) filter (where bought = 0) from (select CustomerID, count(*) filter (where Quantity > 0 and "
            "UnitPrice > 0) as bought from t where CustomerID is not null group by CustomerID)",
        ),
        (
            "the best customer",
            "select customer_id, purchases, net_revenue::double, recency_days from marts.customers "
            "order by net_revenue desc limit 1",
            "select CustomerID::bigint::varchar, count(distinct InvoiceNo) filter (where not back), "
            "round(sum(Quantity * UnitPrice), 2), "
            "date_diff('day', max(InvoiceDate) filter (where not back and Quantity > 0)::date, date '2010-12-23') + 1 "
            f"from t where CustomerID is not null and not {service} group by CustomerID order by 3 desc limit 1",
        ),
        (
            "returns: lines, pieces, amount",
            "select count(*), sum(units_returned)::bigint, sum(returned_amount)::double from marts.returns",
            f"select count(*), -sum(Quantity)::bigint, -round(sum(Quantity * UnitPrice), 2) from t where back and not {service}",
        ),
        (
            "products: number, and the one with most revenue",
            "select (select count(*) from marts.products), stock_code, units_sold, gross_revenue::double from marts.products "
            "order by gross_revenue desc limit 1",
            f"select (select count(distinct code) from t where not {service}), code, sum(Quantity)::bigint, "
            f"round(sum(Quantity * UnitPrice), 2) from t where not back and Quantity > 0 and UnitPrice > 0 and not {service} "
            "group by code order by 4 desc limit 1",
        ),
        (
            "the pair that is most often together",
            "select stock_code, paired_stock_code, baskets_together from marts.product_pairs order by 3 desc, 1, 2 limit 1",
            "with b as (select distinct InvoiceNo as i, code from t where not back and Quantity > 0 and UnitPrice > 0 and not "
            f"{service}), u as (select i from b group by i having count(*) <= 100) select x.code, y.code, count(*) from b as x "
            "join b as y using (i) semi join u using (i) where x.code < y.code group by all order by 3 desc, 1, 2 limit 1",
        ),
    ]
    for what, on_marts, on_file in comparisons:
        found, expected = project.rows(on_marts), plain.execute(on_file).fetchall()
        equal([rounded(row) for row in found], [rounded(row) for row in expected], what)
        assert found, what


def rounded(row: tuple) -> tuple:
    return tuple(round(value, 2) if isinstance(value, float) else value for value in row)


def everything_is_described(project: Project) -> None:
    """Every column that is in the warehouse has a description in the project."""
    manifest = json.loads((project.folder / "target" / "manifest.json").read_text())
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    described = {
        (node["schema"], node["alias"], name)
        for node in nodes
        for name, column in node["columns"].items()
        if column["description"]
    }
    schemas = ", ".join(f"'{schema}'" for schema in sorted({node["schema"] for node in nodes} - {"quality"}))
    built = project.rows(f"select schema_name, table_name, column_name from duckdb_columns() where schema_name in ({schemas})")
    equal(sorted(set(built) - described), [], "columns without a description")
    equal([node["name"] for node in nodes if not node["description"]], [], "models without a description")


def a_second_build_replaces_the_newest_days_only(project: Project) -> None:
    """A late line and a correction within the lookback arrive; the days before it are not read again."""
    project.rows(
        "insert into transactions select * replace ('999001' as InvoiceNo, timestamp '2010-12-23 18:00' as InvoiceDate) "
        "from transactions where InvoiceNo = '536365';"
        "update transactions set Quantity = Quantity + 1 where InvoiceDate::date = date '2010-12-22' and Quantity > 0"
    )
    untouched = "select count(*), sum(hash(t)) from marts.invoice_lines as t where invoice_date < date '2010-12-20'"
    before = project.rows(untouched)
    project.dbt("build")
    equal(project.rows(untouched), before, "older days")
    equal(
        project.rows("select count(*), sum(quantity)::bigint from marts.invoice_lines"),
        project.rows("select count(*), sum(Quantity)::bigint from transactions"),
        "lines and pieces after the second build",
    )
    latest = "run_started_at = (select max(run_started_at) from quality.test_results)"
    equal(project.rows(f"select score from quality.scores where {latest}"), [(100.0,)], "score of the second build")
    equal(project.rows(f"select * from quality.test_results where status = 'skipped' and {latest}"), [], "what was not judged")


def broken_data_is_caught(project: Project) -> None:
    project.rows(
        "insert into marts.products select * from marts.products where stock_code = '85123A';"
        "insert into transactions select * replace (null as InvoiceNo) from transactions where InvoiceNo = '536365' limit 1;"
        "insert into transactions select * replace (999999 as UnitPrice) from transactions where InvoiceNo = '536365' limit 1;"
        "delete from marts.customers where customer_id in "
        "(select customer_id from marts.customers order by hash(customer_id) limit 474);"
        "update marts.returns set country = 'Israel' where country = 'United Kingdom';"
        "update marts.returns set purchase_invoice_id = null;"
        "update marts.customers set segment = 'vip' where customer_id = (select max(customer_id) from marts.customers);"
        "alter table marts.baskets drop column units;"
        "alter table marts.baskets alter column products type integer"
    )
    # As of two weeks later, the newest events are stale.
    printed = project.dbt("test", "--select", "test_name:eda", "--vars", "{data_as_of: 2011-01-06}", fails=True)
    expected = {
        ("stg_online_retail__invoice_lines", "invoiced_at", "freshness", 1),
        ("invoice_lines", "invoice_date", "freshness", 1),
        ("sales_by_day_and_country", "invoice_date", "freshness", 1),
        ("returns", "purchase_invoice_id", "null_share", 698),
        ("customers", "segment", "accepted_values", 1),
        ("baskets", "units", "present", 1),
        ("baskets", "products", "type", 1),
        ("products", "stock_code", "unique", 1),
        ("stg_online_retail__invoice_lines", "invoice_id", "not_null", 1),
        ("stg_online_retail__invoice_lines", "unit_price", "accepted_range", 1),
        ("int_invoice_lines_classified", "invoice_id", "not_null", 1),
        ("int_invoice_lines_classified", "unit_price", "accepted_range", 1),
        ("int_invoice_lines_classified", "line_amount", "accepted_range", 1),
        ("customers", "*", "row_count_drift", 474),
        ("returns", "country", "distribution_drift", 1),
    }
    equal(project.violations(), expected, "what the expectations caught")
    assert "FAIL 3 eda_stg_online_retail__invoice_lines" in printed, printed
    score = project.rows("select score, failed from quality.scores order by run_started_at desc limit 1")[0]
    assert score[0] < 100 and score[1] == len(expected), score


def a_run_without_tests_is_judged_too(project: Project) -> None:
    printed = project.dbt("run", "--select", "stg_online_retail__invoice_lines", fails=True)
    assert "2 expectations do not hold on what this run has built" in printed, printed
    model = "stg_online_retail__invoice_lines"
    equal(project.violations(), {(model, "invoice_id", "not_null", 1), (model, "unit_price", "accepted_range", 1)}, "the history")


def a_table_that_nobody_loads_is_stale(project: Project) -> None:
    project.rows("update _data_stack.loads set loaded_at = loaded_at - interval 31 days")
    printed = project.dbt("source", "freshness", fails=True)
    assert "ERROR STALE freshness of online_retail.transactions" in printed, printed


def thresholds_change_on_purpose_only(project: Project) -> None:
    """Halved customers are proposed to nobody by themselves; accepted, they are the new measure."""
    before = project.thresholds.read_text()
    project.rows(
        "delete from marts.customers where customer_id in (select customer_id from marts.customers order by customer_id limit 200);"
        "update marts.customers set segment = 'regular' where segment = 'vip';"
        "alter table marts.customers add column newsletter boolean"
    )
    proposed = project.dbt("-q", "run-operation", "eda_propose", "--args", "{models: [customers]}")
    equal(project.thresholds.read_text(), before, "the file after a proposal")
    changes = [next(csv.reader([line[2:]])) for line in proposed.splitlines() if line[:2] in ("- ", "+ ")]
    equal([change[1] for change in changes], ["*", "*", "newsletter"], "columns with a proposal")
    project.dbt("-q", "run-operation", "eda_accept", "--args", "{models: [customers]}")
    old, new = set(before.splitlines()), set(project.thresholds.read_text().splitlines())
    equal({line.split(",")[0] for line in old ^ new}, {"customers"}, "models whose lines have changed")
    equal((len(old - new), len(new - old)), (1, 2), "lines taken away and written")
    project.dbt("test", "--select", "eda_customers")


def main() -> None:
    bin_folder, scratch, program = Path(sys.argv[1]), Path(sys.argv[2]), (sys.argv[3:] or [None])[0]
    project = Project(bin_folder, scratch)
    load(project, program)
    project.dbt("build")
    steps = [
        numbers_equal_plain_sql_on_the_file,
        everything_is_described,
        a_second_build_replaces_the_newest_days_only,
        broken_data_is_caught,
        a_run_without_tests_is_judged_too,
        a_table_that_nobody_loads_is_stale,
        thresholds_change_on_purpose_only,
    ]
    for step in steps:
        step(project)
        print(f"ok  {step.__name__.replace('_', ' ')}", flush=True)


if __name__ == "__main__":
    main()
