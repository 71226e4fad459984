"""The charts of dashboards, on Altair: a function for each type of tile, with the names of a specification."""

import altair as alt
import pandas as pd
import streamlit as st

FORMATS = {"integer": ",d", "number": ",.4~g", "compact": ".3~s", "percent": ".1%", "bytes": ".3~s"}


def _format(name: str | dict | None) -> str:
    kind, _, detail = (name if isinstance(name, str) else "number").partition(":")
    if kind == "number" and detail:
        return f",.{detail}f"
    return ",.2f" if kind == "currency" else FORMATS.get(kind, ",.4~g")


def _written(value, name: str | None) -> str:
    if value is None or pd.isna(value):
        return "–"
    if not isinstance(value, (int, float)) and not hasattr(value, "__float__"):
        return str(value)
    kind, _, detail = (name or "compact").partition(":")
    number = float(value)
    if kind == "percent":
        return f"{number:.1%}"
    if kind == "compact":
        for size, unit in ((1e12, " tn"), (1e9, " bn"), (1e6, " M"), (1e3, " k")):
            if abs(number) >= size:
                return f"{number / size:.3g}{unit}"
    text = f"{number:,.0f}" if kind == "integer" or number.is_integer() else f"{number:,.2f}"
    return f"{text} {detail}" if kind == "currency" else text


def _names(y) -> list[str]:
    return [] if y is None else [y] if isinstance(y, str) else list(y)


def _grouped(rows: pd.DataFrame, keys: list[str], values: list[str], aggregate: str | None) -> pd.DataFrame:
    if not aggregate or not keys:
        return rows
    how = {"average": "mean"}.get(aggregate, aggregate)
    return rows.groupby(keys, as_index=False, dropna=False, sort=False)[values].agg(how)


def _field(kind: str, name: str, **options):
    # A name is a name, also one with dots or brackets in it.
    return kind(field=name.replace(".", "\\.").replace("[", "\\[").replace("]", "\\]"), title=name, **options)


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "temporal"
    return "quantitative" if pd.api.types.is_numeric_dtype(column) else "nominal"


def _show(chart, title: str | None) -> None:
    if title:
        st.markdown(f"**{title.replace('*', '')}**")
    st.altair_chart(chart, width="stretch")


def number(rows, title="", y=None, compare=None, aggregate=None, format=None, less_is_better=False, **_):
    """One number, with its change against `compare`."""
    numbers = rows.select_dtypes("number").columns
    name = _names(y)[0] if y else (numbers[0] if len(numbers) else rows.columns[0])
    value = rows[name].agg({"average": "mean"}.get(aggregate, aggregate)) if aggregate else rows[name].iloc[0] if len(rows) else None
    before = rows[compare].iloc[0] if compare and len(rows) else None
    change = (float(value) - float(before)) / abs(float(before)) if before and not pd.isna(before) else None
    st.metric(title or name, _written(value, format if isinstance(format, str) else None), None if change is None else f"{change:+.1%}", delta_color="inverse" if less_is_better else "normal")


def table(rows, title="", limit=200, format=None, **_):
    """Rows."""
    if title:
        st.markdown(f"**{title.replace('*', '')}**")
    formats = format if isinstance(format, dict) else {name: format for name in rows.select_dtypes("number").columns} if format else {}
    columns = {name: st.column_config.NumberColumn(format="percent" if kind == "percent" else "localized") for name, kind in formats.items()}
    st.dataframe(rows.head(limit or 200), width="stretch", hide_index=True, column_config=columns)


def _cartesian(mark, rows, title, x, y, series, aggregate, sort, limit, stack, horizontal, log, format):
    values = _names(y)
    rows = _grouped(rows, [name for name in (x, series) if name], values, aggregate)
    if not series and len(values) > 1:
        rows = rows.melt(id_vars=[x], value_vars=values, var_name="measure", value_name="value")
        series, values = "measure", ["value"]
    value = values[0]
    order = None
    if sort in ("ascending", "descending"):
        totals = rows.groupby(x)[value].sum().sort_values(ascending=sort == "ascending")
        order = list(totals.index)
    elif mark.startswith("bar"):
        order = list(dict.fromkeys(rows[x]))
    if order and limit:
        rows = rows[rows[x].isin(order[:limit])]
    kind = _kind(rows[x])
    bars = mark == "bar"
    along = _field(alt.Y if horizontal else alt.X, x, type="ordinal" if bars and kind != "temporal" else kind, sort=order, axis=alt.Axis(labelLimit=160))
    stacking = {"percent": "normalize", "stacked": "zero"}.get(stack)
    numbers = _field(alt.X if horizontal else alt.Y, value, type="quantitative", stack=stacking, axis=alt.Axis(format=".0%" if stack == "percent" else _format(format)), scale=alt.Scale(type="log") if log else alt.Undefined)
    encodings = {"y" if horizontal else "x": along, "x" if horizontal else "y": numbers, "tooltip": [_field(alt.Tooltip, name) for name in rows.columns]}
    if series:
        encodings["color"] = _field(alt.Color, series, type="nominal", sort=None)
        if bars and not stacking:
            encodings["yOffset" if horizontal else "xOffset"] = _field(alt.YOffset if horizontal else alt.XOffset, series, type="nominal")
    chart = alt.Chart(rows)
    marked = {"bar": chart.mark_bar, "line": chart.mark_line, "area": lambda: chart.mark_area(opacity=0.5, line=True)}[mark]()
    _show(marked.encode(**encodings), title)


def bar(rows, title="", x=None, y=None, series=None, aggregate=None, sort=None, limit=None, stack=None, horizontal=False, log=False, format=None, **_):
    """`y` by `x` as bars."""
    _cartesian("bar", rows, title, x, y, series, aggregate, sort, limit, stack, horizontal, log, format)


def line(rows, title="", x=None, y=None, series=None, aggregate=None, sort=None, limit=None, stack=None, log=False, format=None, **_):
    """`y` along `x`."""
    _cartesian("line", rows, title, x, y, series, aggregate, sort, limit, stack, False, log, format)


def area(rows, title="", x=None, y=None, series=None, aggregate=None, sort=None, limit=None, stack=None, log=False, format=None, **_):
    """`y` along `x`, filled."""
    _cartesian("area", rows, title, x, y, series, aggregate, sort, limit, stack, False, log, format)


def scatter(rows, title="", x=None, y=None, series=None, size=None, **_):
    """A point at `x` and `y`."""
    encodings = {"x": _field(alt.X, x, type=_kind(rows[x]), scale=alt.Scale(zero=False)), "y": _field(alt.Y, _names(y)[0], type="quantitative", scale=alt.Scale(zero=False)), "tooltip": [_field(alt.Tooltip, name) for name in rows.columns]}
    if series:
        encodings["color"] = _field(alt.Color, series, type="nominal")
    if size:
        encodings["size"] = _field(alt.Size, size, type="quantitative")
    _show(alt.Chart(rows).mark_circle(opacity=0.6).encode(**encodings), title)


def pie(rows, title="", x=None, y=None, aggregate=None, hole=0, **_):
    """The share of each `x`; the smallest are put together."""
    value = _names(y)[0]
    rows = _grouped(rows, [x], [value], aggregate)[[x, value]].sort_values(value, ascending=False)
    if len(rows) > 12:
        rest = pd.DataFrame({x: [f"{len(rows) - 11} others"], value: [rows[value].iloc[11:].sum()]})
        rows = pd.concat([rows.head(11), rest])
    chart = alt.Chart(rows).mark_arc(innerRadius=hole).encode(theta=_field(alt.Theta, value, type="quantitative"), color=_field(alt.Color, x, type="nominal", sort=None), tooltip=[_field(alt.Tooltip, name) for name in rows.columns])
    _show(chart, title)


def donut(rows, **arguments):
    """A pie with a hole."""
    pie(rows, hole=60, **arguments)


def heatmap(rows, title="", x=None, y=None, series=None, aggregate=None, format=None, **_):
    """`y` as colour, at `x` and `series`."""
    value = _names(y)[0]
    rows = _grouped(rows, [x, series], [value], aggregate)
    order = {name: list(dict.fromkeys(rows[name])) for name in (x, series)}
    both = rows[value].min() < 0 < rows[value].max()
    scale = alt.Scale(scheme="redblue", domainMid=0) if both else alt.Scale(scheme="blues")
    chart = alt.Chart(rows).mark_rect().encode(x=_field(alt.X, x, type="ordinal", sort=order[x]), y=_field(alt.Y, series, type="ordinal", sort=order[series]), color=_field(alt.Color, value, type="quantitative", scale=scale), tooltip=[_field(alt.Tooltip, name) for name in rows.columns])
    _show(chart, title)


def histogram(rows, title="", x=None, bins=20, **_):
    """How the numbers in `x` spread."""
    _show(alt.Chart(rows).mark_bar().encode(x=_field(alt.X, x, type="quantitative", bin=alt.Bin(maxbins=bins)), y=alt.Y("count()", title="rows")), title)


def box(rows, title="", x=None, y=None, **_):
    """The spread of `y`, for each `x`."""
    _show(alt.Chart(rows).mark_boxplot().encode(x=_field(alt.X, x, type="nominal", sort=None), y=_field(alt.Y, _names(y)[0], type="quantitative")), title)


def funnel(rows, title="", x=None, y=None, aggregate=None, **_):
    """`y` for each step `x`, in the order of the rows."""
    bar(rows, title, x=x, y=y, aggregate=aggregate, horizontal=True)


def treemap(rows, title="", x=None, y=None, series=None, aggregate=None, **_):
    """Altair has no treemap: the same shares as bars."""
    bar(rows, title, x=x, y=y, series=series, aggregate=aggregate, sort="descending", horizontal=True, stack="stacked")


def sankey(rows, title="", x=None, y=None, series=None, **_):
    """Altair has no flows: from where, coloured by where to."""
    bar(rows, title, x=x, y=y, series=series, horizontal=True, stack="stacked")


def map(rows, title="", x=None, y=None, size=None, series=None, **_):
    """Points at longitude `x` and latitude `y`, without tiles from elsewhere."""
    scatter(rows, title, x=x, y=y, size=size, series=series)
