"""The warehouse, read-only and only while a query runs, so that loads and builds are never kept waiting."""

import os
import time
from pathlib import Path

import duckdb
import pandas as pd
import streamlit as st

PATH = Path(os.environ.get("DATA_STACK_WAREHOUSE", Path(__file__).resolve().parent.parent / "warehouse.duckdb"))
# How long a writer may keep the file before a reader gives up, in seconds.
PATIENCE = 10


@st.cache_data(ttl=60, show_spinner="Asking the warehouse…")
def query(sql: str, parameters: dict | None = None) -> pd.DataFrame:
    """The rows of a statement; `$name` in it is a value of `parameters`."""
    connection = _open()
    try:
        return connection.execute(sql, parameters or {}).df()
    finally:
        connection.close()


def _open() -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = duckdb.connect(str(PATH), read_only=True)
            break
        except duckdb.IOException:
            # Another program writes; its lock ends with its work.
            if time.monotonic() > deadline or not PATH.exists():
                raise
            time.sleep(0.1)
    # A page reads the warehouse and nothing else of the machine.
    connection.execute("SET enable_external_access = false")
    return connection


def filtered(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The rows that pass what a reader chooses in the sidebar: a span for times, a list for all else."""
    for column in (name for name in columns if name in rows.columns):
        if pd.api.types.is_datetime64_any_dtype(rows[column]):
            days = rows[column].dropna().dt.date
            if days.empty:
                continue
            span = st.sidebar.date_input(column, (days.min(), days.max()), key=f"filter {column}")
            if len(span) == 2:
                rows = rows[(rows[column].dt.date >= span[0]) & (rows[column].dt.date <= span[1])]
        else:
            chosen = st.sidebar.multiselect(column, sorted(rows[column].astype(str).unique()), key=f"filter {column}")
            if chosen:
                rows = rows[rows[column].astype(str).isin(chosen)]
    return rows
