// The kinds of blocks that a page is made of. Each takes its description, plain JSON, and gives an element.
const Blocks = (() => {
  "use strict";
  const { make, shape, sentence, button } = Dom;
  const format = Engine.format;

  // A small histogram or line as a path.
  const spark = (values, kind) => {
    const width = 84;
    const height = 22;
    const picture = shape("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" });
    const known = values.filter((value) => typeof value === "number");
    if (!known.length) return picture;
    const most = Math.max(...known);
    if (kind === "line") {
      const least = Math.min(...known);
      const at = (value, position) => `${((position * width) / Math.max(1, values.length - 1)).toFixed(1)} ${(height - 2 - ((value - least) / (most - least || 1)) * (height - 4)).toFixed(1)}`;
      const points = values.map((value, position) => (value === null ? null : at(value, position))).filter(Boolean);
      picture.append(shape("path", { d: "M" + points.join("L"), class: "spark-line" }));
      return picture;
    }
    const step = width / values.length;
    const path = values.map((value, position) => {
      const tall = value > 0 ? Math.max(1, (height * value) / (most || 1)) : 0;
      return `M${(position * step).toFixed(1)} ${height}v-${tall.toFixed(1)}h${Math.max(0.6, step - 1).toFixed(1)}v${tall.toFixed(1)}z`;
    });
    picture.append(shape("path", { d: path.join("") }));
    return picture;
  };
  const approx = (note) => (note ? make("abbr.approx", { title: note, "aria-label": "estimate: " + note, tabindex: 0 }, "≈") : null);

  const facts = (block) =>
    make("dl.facts", null, block.rows.map((row) => [make("dt", null, row.label), make("dd", null, approx(row.approx), sentence(row.value), row.note ? make("small", null, row.note) : null)]));

  const score = (block) => {
    const ring = shape("svg", { viewBox: "0 0 120 120", class: "ring", role: "img", "aria-label": `${block.title}: ${block.value} of 100` });
    const length = 2 * Math.PI * 52;
    ring.append(shape("circle", { cx: 60, cy: 60, r: 52, class: "ring-rest" }));
    ring.append(shape("circle", { cx: 60, cy: 60, r: 52, class: "ring-part", "stroke-dasharray": `${(length * block.value) / 100} ${length}` }));
    const figure = shape("text", { x: 60, y: 60, class: "ring-text" });
    figure.textContent = String(Math.round(block.value));
    ring.append(figure);
    const rows = block.parts.map((part) => {
      const tone = part.share >= 0.95 ? "good" : part.share >= 0.8 ? "fair" : "poor";
      return make("li", null, make("span", null, part.label), make(`span.track.${tone}`, { "aria-hidden": "true" }, make("i", { style: { width: `${part.share * 100}%` } })), make("b", null, format(part.share, "percent")));
    });
    return make(`div.score.${block.tone}`, null, ring, make("ul.parts", null, rows));
  };

  const mix = (block) => {
    const total = block.items.reduce((sum, item) => sum + item.count, 0) || 1;
    const bar = make("div.mix", { "aria-hidden": "true" }, block.items.map((item) => make(`i.kind-${item.kind}`, { style: { "flex-grow": item.count / total }, title: `${item.label}: ${item.count}` })));
    return make("div", null, bar, make("ul.mix-key", null, block.items.map((item) => make("li", null, make(`span.dot.kind-${item.kind}`), item.label, make("b", null, format(item.count, "integer"))))));
  };

  const number = (block) => {
    const change = block.change && make(`p.change.${block.change.tone || "flat"}`, null, (block.change.value > 0 ? "▲ " : block.change.value < 0 ? "▼ " : "") + format(Math.abs(block.change.value), block.change.format || "percent"), block.change.label ? make("small", null, block.change.label) : null);
    return make("div.number", null, make("p.number-label", null, block.label), make("p.number-value", { title: String(block.value ?? "") }, approx(block.approx), typeof block.value === "string" ? block.value : format(block.value, block.format)), change, block.note ? make("p.number-note", null, block.note) : null, block.spark?.length > 1 ? spark(block.spark, "line") : null);
  };

  const notices = (block) => {
    const first = block.first || 12;
    const rows = block.items.map((item) => {
      const reveal = (name) => make("button.about", { type: "button", title: "Show this column", onclick: () => dispatchEvent(new CustomEvent("reveal", { detail: name })) }, name);
      // A name in the sentence leads to its card; the names that the sentence leaves out follow it.
      const about = item.about || [];
      const parts = item.text.split("`");
      const text = parts.map((part, at) => (at % 2 === 0 ? part : about.includes(part) ? reveal(part) : make("code", null, part)));
      const links = about.filter((name) => !parts.some((part, at) => at % 2 && part === name)).map(reveal);
      return make(`li.notice.${item.tone}`, { "data-tone": item.tone }, make("span.notice-code", null, item.code), make("div", null, make("p", null, text), item.fix ? make("p.fix", null, sentence(item.fix)) : null, links.length ? make("p.abouts", null, links) : null));
    });
    const list = make("ul.notices", null, rows);
    let tone = null;
    let all = rows.length <= first + 3;
    const more = make("button.more", { type: "button", onclick: () => { all = true; show(); } });
    const show = () => {
      let shown = 0;
      let fitting = 0;
      for (const row of rows) {
        const fits = !tone || row.dataset.tone === tone;
        fitting += fits ? 1 : 0;
        row.hidden = !fits || (!all && shown >= first);
        shown += row.hidden ? 0 : 1;
      }
      more.hidden = shown >= fitting;
      more.textContent = `Show ${fitting - shown} more`;
    };
    const tones = [["error", "errors"], ["warning", "warnings"], ["info", "notes"]].map(([name, label]) => [name, label, block.items.filter((item) => item.tone === name).length]).filter(([, , count]) => count);
    const chips = tones.map(([name, label, count]) => make(`button.chip.${name}`, { type: "button", "aria-pressed": "false", onclick: (event) => {
      tone = tone === name ? null : name;
      for (const chip of chips) chip.setAttribute("aria-pressed", String(chip === event.currentTarget && tone === name));
      show();
    } }, make("b", null, String(count)), " " + (count === 1 ? label.slice(0, -1) : label)));
    show();
    return make("div", null, tones.length > 1 ? make("div.chips", null, chips) : null, list, more);
  };

  const bars = (block) => {
    const most = Math.max(...block.items.map((item) => item.share), Number.MIN_VALUE);
    const rows = block.items.map((item) => make("li", { title: `${item.label}: ${format(item.count, "integer")} (${format(item.share, "percent")})` }, make("i", { style: { width: `${(100 * item.share) / most}%` } }), make("span.bars-label", { dir: "auto" }, item.label.trim() === "" ? make("em", null, "blank") : item.label), make("span.bars-count", null, format(item.count, "integer"), make("small", null, format(item.share, "percent")))));
    return titled(block, make("ol.bars", null, rows));
  };
  const values = (block) => titled(block, make("ul.values", null, block.items.map((item) => make("li", { dir: "auto" }, item))));
  const titled = (block, content) => make("div.titled", null, block.title ? make("h4", null, approx(block.approx), block.title) : null, content);

  const PAGE = 50;
  const sorted = (rows, at, down) => {
    const rank = (value) => (value === null || value === undefined || value === "" ? null : value);
    const compare = (a, b) => {
      const [x, y] = [rank(a[at]), rank(b[at])];
      if (x === null || y === null) return (x === null) - (y === null);
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
      return down ? -order : order;
    };
    return at === null ? rows : [...rows].sort(compare);
  };
  const cellOf = (column, value) => {
    const shown = format(value, column.format);
    const filled = column.bar && typeof value === "number" ? make("i.cell-bar", { style: { width: `${Math.max(0, Math.min(1, value / column.bar)) * 100}%` } }) : null;
    const drawn = Array.isArray(value) ? spark(value, column.spark || "bar") : null;
    return make(`td${column.align === "end" ? ".end" : ""}`, { dir: "auto", title: shown.length > 40 ? shown : null }, filled, drawn || (column.code ? make("code", null, shown) : shown));
  };
  const table = (block) => {
    let at = null;
    let down = false;
    let size = block.page || PAGE;
    let words = [];
    const body = make("tbody");
    const more = make("button.more", { type: "button", onclick: () => { size += PAGE * 4; fill(); } });
    const none = make("p.none", { hidden: true }, "Nothing fits.");
    const fits = (row) => words.every((word) => row.some((value) => String(value ?? "").toLowerCase().includes(word)));
    const fill = () => {
      const rows = sorted(words.length ? block.rows.filter(fits) : block.rows, at, down);
      body.replaceChildren(...rows.slice(0, size).map((row) => make("tr", null, block.columns.map((column, position) => cellOf(column, row[position])))));
      more.hidden = rows.length <= size;
      more.textContent = `Show more of ${format(rows.length, "integer")} rows`;
      none.hidden = rows.length > 0;
    };
    const heads = block.columns.map((column, position) => make(`th${column.align === "end" ? ".end" : ""}`, { scope: "col", "aria-sort": "none" }, make("button", { type: "button", onclick: (event) => {
      down = at === position ? !down : column.align === "end";
      at = position;
      for (const head of heads) head.setAttribute("aria-sort", "none");
      event.currentTarget.parentNode.setAttribute("aria-sort", down ? "descending" : "ascending");
      fill();
    } }, column.name)));
    fill();
    const search = block.search ? make("input.search", { type: "search", placeholder: "Find in the table…", "aria-label": "Find in the table", oninput: (event) => { words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean); fill(); } }) : null;
    return make("div.table", null, search, make("div.scroll", { tabindex: 0, role: "region", "aria-label": block.title || "Table" }, make("table", null, make("thead", null, make("tr", null, heads)), body)), none, more);
  };

  // The rows behind a chart.
  const behind = (figure) => {
    const source = figure.option?.dataset?.source;
    if (figure.table) return figure.table;
    if (!Array.isArray(source) || !source.length) return null;
    return { columns: source[0].map(String), rows: source.slice(1) };
  };
  const asTable = (figure, rows) => {
    const typed = (name, at) => (rows.rows.some((row) => typeof row[at] === "number") ? { name, align: "end", format: figure.formats?.[name] } : { name, format: figure.formats?.[name] });
    return table({ title: figure.title, columns: rows.columns.map(typed), rows: rows.rows, page: 20 });
  };
  const truth = (facts) => {
    const rows = [["Warehouse as of", facts.as_of], ["Rows", facts.rows === undefined ? null : format(facts.rows, "integer")], ["Tables", (facts.sources || []).join(", ")], ["Loaded", facts.fresh_as_of], ["Data hash", facts.hash]].filter(([, value]) => value);
    return make("div.truth", { hidden: true }, make("dl.facts", null, rows.map(([label, value]) => [make("dt", null, label), make("dd", null, String(value))])), facts.sql ? make("pre", null, facts.sql) : null, (facts.checks || []).map((check) => make(`p.check.${check.tone}`, null, check.text)));
  };
  const chart = (first) => {
    let figure = first;
    const holder = make("div.chart", { role: "img", "aria-label": figure.alt || figure.title || "Chart", style: { height: `${figure.height || 280}px` } });
    const tabular = Boolean(behind(figure));
    const side = make("div.side-table", { hidden: true });
    const fill = () => side.replaceChildren(asTable(figure, behind(figure)));
    const swap = button("table", "Show as a table", () => {
      side.hidden = !side.hidden;
      holder.hidden = !side.hidden;
      if (!side.hidden) fill();
      swap.setAttribute("aria-pressed", String(!side.hidden));
    });
    const save = button("save", "Download as CSV", () => { const rows = behind(figure); Dom.save(Dom.slug(figure.title) + ".csv", Dom.csv(rows.columns, rows.rows), "text/csv"); });
    const facts = figure.truth ? truth(figure.truth) : null;
    const tools = make("div.tools", null, facts ? source(facts) : null, tabular ? [swap, save] : null, button("image", "Download as a picture", () => picture(holder, figure)));
    Dom.later(holder, figure);
    Dom.watch(holder);
    const element = make("figure.figure", null, make("figcaption", null, make("div", null, figure.title ? make("h4", { dir: "auto" }, approx(figure.approx), figure.title) : null, figure.subtitle ? make("p.subtitle", null, figure.subtitle) : null), tools), holder, tabular ? side : null, facts);
    // Shows other rows.
    element.renew = (other) => {
      figure = other;
      Dom.update(holder, figure);
      if (!side.hidden) fill();
    };
    return element;
  };
  const source = (facts) => {
    const poor = facts.querySelector(".check.poor");
    const press = button(poor ? "warn" : "info", poor ? "Where this comes from: a check failed" : "Where this comes from", () => { facts.hidden = !facts.hidden; press.setAttribute("aria-expanded", String(!facts.hidden)); });
    if (poor) press.classList.add("poor");
    return press;
  };
  const picture = (holder, figure) => {
    const drawn = Dom.drawn.get(holder);
    if (!drawn) return;
    const url = drawn.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: Engine.MODES[Dom.mode()].card });
    const bytes = Uint8Array.from(atob(url.split(",")[1]), (letter) => letter.charCodeAt(0));
    Dom.save(Dom.slug(figure.title) + ".png", bytes, "image/png");
  };

  const cards = (block) => Cards.list(block, { build, spark, format });
  const SAFE = new Set(["p", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "hr", "del", "table", "thead", "tbody", "tr", "th", "td", "br", "a"]);
  const node = (part) => {
    if (typeof part === "string") return part;
    const tag = SAFE.has(part.tag) ? part.tag : "span";
    const link = tag === "a" && /^(https?:|mailto:|#)/i.test(part.href || "") ? { href: part.href, rel: "noopener noreferrer nofollow", target: part.href.startsWith("#") ? null : "_blank" } : null;
    return make(tag, link, (part.children || []).map(node));
  };
  const prose = (block) => make("div.prose", null, block.nodes.map(node));
  const plainText = (block) => make("p.text", null, sentence(block.text));
  const cell = (item) => {
    const parts = item.blocks.map(build);
    const facts = item.truth ? truth(item.truth) : null;
    const kind = item.recipe || item.blocks.every((block) => block.type === "prose") ? "" : ".fixed";
    const element = make(`div.cell.span-${item.span || 12}${item.bare ? "" : ".card"}${kind}`, null, facts ? make("div.tools.corner", null, source(facts)) : null, item.title ? make("h3", { dir: "auto" }, item.title) : null, parts, facts);
    if (item.recipe) Filters.follow(element, parts[0], item.blocks[0], item.recipe);
    return element;
  };
  const grid = (block) => make(`div.grid${block.compact ? ".compact" : ""}`, null, block.items.map(cell));

  const kinds = { facts, score, mix, number, notices, bars, values, table, chart, cards, prose, text: plainText, grid };
  const build = (block) => kinds[block.type](block);
  return { build };
})();
