// What a reader chooses: filters over the page's rows, and the values that its queries were made with.
const Filters = (() => {
  "use strict";
  const { make } = Dom;
  const chosen = new Map();
  let followers = [];
  let data = {};
  let faces = [];

  const passes = (rule, value) => {
    if (rule instanceof Set) return rule.has(Shape.named(value));
    const day = value === null ? "" : String(value).slice(0, 10);
    return day !== "" && (!rule.from || day >= rule.from) && (!rule.to || day <= rule.to);
  };
  // A chart along a chosen column keeps all its parts and shows the chosen ones: its own filter is left out.
  const own = (recipe) => [recipe.x, recipe.series].find((name) => name && recipe.kind !== "table" && chosen.get(name) instanceof Set);
  const renew = (follower) => {
    const { recipe, block, cell } = follower;
    const { columns, rows } = data[recipe.data];
    const kept = own(recipe);
    const rules = [...chosen].filter(([name]) => name !== kept);
    cell.classList.toggle("unfiltered", [...chosen.keys()].some((name) => !columns.includes(name)));
    const tests = rules.map(([name, rule]) => [columns.indexOf(name), rule]).filter(([at]) => at >= 0);
    const made = Shape.renew(block, recipe, columns, rows.filter((row) => tests.every(([at, rule]) => passes(rule, row[at]))));
    if (kept) made.chosen = { names: chosen.get(kept), series: kept === recipe.series };
    if (follower.part.renew) follower.part.renew(made);
    else {
      const part = Blocks.build(made);
      follower.part.replaceWith(part);
      follower.part = part;
    }
  };
  const apply = () => {
    for (const follower of followers) renew(follower);
    for (const cell of document.querySelectorAll(".cell.fixed")) cell.classList.toggle("unfiltered", chosen.size > 0);
    for (const face of faces) face();
  };
  const set = (name, rule) => {
    if (!rule || (rule instanceof Set && !rule.size) || (!(rule instanceof Set) && !rule.from && !rule.to)) chosen.delete(name);
    else chosen.set(name, rule);
    apply();
  };
  // A cell that follows the filters. Pressing a part of its chart chooses that part, pressing it again chooses all.
  const follow = (cell, part, block, recipe) => {
    followers.push({ cell, part, block, recipe });
    part.addEventListener("pick", ({ detail }) => {
      const [name, value] = options.has(recipe.x) ? [recipe.x, detail.name] : [recipe.series, detail.seriesName];
      if (!options.get(name)?.includes(value)) return;
      const now = chosen.get(name);
      set(name, now?.size === 1 && now.has(value) ? null : new Set([value]));
    });
  };

  const options = new Map();
  const valuesOf = (name) => {
    const found = new Map();
    for (const { columns, rows } of Object.values(data)) {
      const at = columns.indexOf(name);
      if (at >= 0) for (const row of rows) found.set(Shape.named(row[at]), (found.get(Shape.named(row[at])) || 0) + 1);
    }
    return [...found.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  };
  const popup = (label, panel) => {
    const head = make("summary");
    const box = make("details.filter", null, head, make("div.filter-panel", null, panel));
    addEventListener("click", (event) => { if (!box.contains(event.target)) box.open = false; });
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") { box.open = false; head.focus(); } });
    const say = (text, active) => { head.replaceChildren(make("span", null, label), make("b", { dir: "auto" }, text)); box.classList.toggle("active", active); };
    return { box, say };
  };
  const ofValues = ({ name, label }) => {
    const values = valuesOf(name);
    options.set(name, values);
    const boxes = values.map((value) => make("input", { type: "checkbox", value, onchange: () => set(name, new Set(boxes.filter((one) => one.checked).map((one) => one.value))) }));
    const lines = values.map((value, at) => make("label", { dir: "auto" }, boxes[at], value === "" ? "(empty)" : value));
    const find = values.length > 8 ? make("input.search", { type: "search", placeholder: "Find…", "aria-label": `Find in ${label}`, oninput: (event) => { for (const [at, line] of lines.entries()) line.hidden = !values[at].toLowerCase().includes(event.target.value.toLowerCase()); } }) : null;
    const all = make("button.more", { type: "button", onclick: () => set(name, null) }, "All");
    const { box, say } = popup(label, [find, make("div.filter-values", null, lines), all]);
    faces.push(() => {
      const now = chosen.get(name);
      for (const one of boxes) one.checked = Boolean(now?.has(one.value));
      say(!now ? "All" : now.size === 1 ? [...now][0] : `${now.size} of ${values.length}`, Boolean(now));
    });
    return box;
  };
  const ofTime = ({ name, label }) => {
    const days = valuesOf(name).filter((value) => value !== "(none)").map((value) => value.slice(0, 10));
    const [least, most] = [days[0], days[days.length - 1]];
    const change = () => set(name, { from: from.value, to: to.value });
    const from = make("input", { type: "date", min: least, max: most, onchange: change });
    const to = make("input", { type: "date", min: least, max: most, onchange: change });
    const all = make("button.more", { type: "button", onclick: () => set(name, null) }, "All");
    const { box, say } = popup(label, [make("label", null, make("span", null, "From"), from), make("label", null, make("span", null, "To"), to), all]);
    faces.push(() => {
      const now = chosen.get(name);
      if (!now) from.value = to.value = "";
      say(now ? `${now.from || least} to ${now.to || most}` : "All", Boolean(now));
    });
    return box;
  };

  // A field for a value that queries were made with; `change` gets all values.
  const field = (control, change) => {
    const numeric = control.kind === "number";
    const read = (input) => (control.kind === "boolean" ? input.value === "true" : numeric && input.value !== "" ? Number(input.value) : input.value);
    const choices = control.values?.length ? control.values : control.kind === "boolean" ? [true, false] : null;
    const act = (event) => change(control.name, read(event.target));
    const text = (value) => String(value ?? "");
    const input = choices
      ? make("select", { onchange: act }, choices.map((value) => make("option", { value: text(value), selected: text(value) === text(control.value) }, text(value))))
      : make("input", { type: { number: "number", date: "date" }[control.kind] || "text", step: numeric ? "any" : null, value: text(control.value), onchange: act });
    return make("label.control", null, make("span", null, control.label), input);
  };

  // The page's bar of filters and, where the page can be made anew, of values; null where there is nothing to choose.
  const bar = (page, change) => {
    chosen.clear();
    options.clear();
    [followers, faces, data] = [[], [], page.data || {}];
    const fields = change ? (page.controls || []).map((control) => field(control, change)) : [];
    const filters = (page.filters || []).map((filter) => (filter.time ? ofTime(filter) : ofValues(filter)));
    if (!filters.length && !fields.length) return null;
    const reset = make("button.more", { type: "button", hidden: true, onclick: () => { chosen.clear(); apply(); } }, "Clear filters");
    faces.push(() => { reset.hidden = !chosen.size; });
    for (const face of faces) face();
    return make("div.choices", { role: "group", "aria-label": "Filters" }, fields, filters, reset);
  };

  return { bar, follow };
})();
