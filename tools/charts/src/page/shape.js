// Cells made anew from the rows that pass the page's filters, by the steps that made them first.
const Shape = (() => {
  "use strict";
  const SLICES = 12;
  const named = (value) => (value === null || value === undefined ? "(none)" : typeof value === "string" ? value.replace(/T00:00:00Z$/, "") : String(value));
  const number = (value) => (typeof value === "number" ? value : 0);
  const fold = {
    sum: (numbers) => numbers.reduce((sum, one) => sum + one, 0),
    average: (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length,
    min: (numbers) => numbers.reduce((least, one) => Math.min(least, one)),
    max: (numbers) => numbers.reduce((most, one) => Math.max(most, one)),
  };
  const folded = (rows, at, how) => {
    const numbers = rows.map((row) => row[at]).filter((value) => typeof value === "number");
    return numbers.length ? fold[how](numbers) : null;
  };
  // One row for each value of the keys, in the order of their first appearance.
  const grouped = (rows, keys, values, how) => {
    if (!how) return rows.map((row) => [...keys, ...values].map((at) => row[at]));
    const groups = new Map();
    for (const row of rows) {
      const key = JSON.stringify(keys.map((at) => row[at]));
      if (groups.has(key)) groups.get(key).push(row);
      else groups.set(key, [row]);
    }
    return [...groups.values()].map((group) => [...keys.map((at) => group[0][at]), ...values.map((at) => folded(group, at, how))]);
  };
  const byValue = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a ?? "") < String(b ?? "") ? -1 : String(a ?? "") > String(b ?? "") ? 1 : 0);
  const total = (row) => row.slice(1).reduce((sum, value) => sum + number(value), 0);

  const pivoted = (rows, header) => {
    const lines = new Map();
    for (const [x, series, value] of rows) {
      const at = header.indexOf(series === null ? "(none)" : String(series));
      const key = JSON.stringify(x);
      if (!lines.has(key)) lines.set(key, [x, ...header.slice(1).map(() => null)]);
      if (at > 0 && value !== null) lines.get(key)[at] = number(lines.get(key)[at]) + value;
    }
    return [...lines.values()];
  };
  const cartesian = (recipe, rows, header) => {
    let wide = recipe.series ? pivoted(rows, header) : rows;
    const first = wide.find((row) => row[0] !== null)?.[0];
    const along = recipe.kind === "lines" && (typeof first === "number" || /^\d{4}-\d\d-\d\dT/.test(first ?? ""));
    if (recipe.sort === "name" || (recipe.sort === "rows" && along)) wide.sort((a, b) => byValue(a[0], b[0]));
    if (recipe.sort === "ascending") wide.sort((a, b) => total(a) - total(b));
    if (recipe.sort === "descending") wide.sort((a, b) => total(b) - total(a));
    wide = wide.slice(0, recipe.limit ?? wide.length);
    if (recipe.stack !== "percent") return wide;
    return wide.map((row) => { const sum = total(row); return row.map((value, at) => (at && sum && typeof value === "number" ? value / sum : value)); });
  };
  const parts = (recipe, rows) => {
    const named_ = rows.map(([x, value]) => [named(x), value]);
    if (recipe.kind === "parts" || recipe.sort !== "rows") named_.sort((a, b) => number(b[1]) - number(a[1]));
    const most = Math.max(2, recipe.limit ?? SLICES);
    if (recipe.kind === "steps" || named_.length <= most) return named_;
    const rest = named_.slice(most - 1);
    return [...named_.slice(0, most - 1), [`${rest.length} others`, rest.reduce((sum, row) => sum + number(row[1]), 0)]];
  };
  const cells = (recipe, rows) => {
    const made = rows.map(([x, y, value]) => [named(x), named(y), value]);
    return recipe.sort === "name" ? made.sort((a, b) => byValue(a[0], b[0]) || byValue(a[1], b[1])) : made;
  };

  // The block of a cell, from these rows of `columns`.
  const renew = (block, recipe, columns, rows) => {
    const at = (name) => { const exact = columns.indexOf(name); return exact >= 0 ? exact : columns.findIndex((known) => known.toLowerCase() === String(name).toLowerCase()); };
    const keys = [recipe.x, recipe.series].filter(Boolean).map(at);
    const values = recipe.y.map(at);
    if (recipe.kind === "number") return { ...block, value: recipe.aggregate ? folded(rows, values[0], recipe.aggregate) : rows[0]?.[values[0]] ?? null, change: undefined, spark: [] };
    if (recipe.kind === "table") {
      const shown = recipe.aggregate ? grouped(rows, keys, values, recipe.aggregate) : rows.map((row) => block.columns.map((column) => row[at(column.name)]));
      return { ...block, rows: shown.slice(0, recipe.limit ?? shown.length) };
    }
    const header = block.option.dataset.source[0];
    const picked = grouped(rows, keys, values, recipe.aggregate);
    const made = recipe.kind === "cells" ? cells(recipe, picked) : recipe.kind === "parts" || recipe.kind === "steps" ? parts(recipe, picked) : cartesian(recipe, picked, header);
    return { ...block, option: { ...block.option, dataset: { ...block.option.dataset, source: [header, ...made] } } };
  };

  return { named, renew };
})();
