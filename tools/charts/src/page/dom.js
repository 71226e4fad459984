// The page's ground: elements made from text and never from markup, the theme, downloads, and charts that are drawn when they
// come into view.
const Dom = (() => {
  "use strict";

  // An element. Text goes in as text; `on…` are listeners; `style` sets properties one by one, which the policy allows.
  const make = (name, attributes, ...children) => {
    const [tag, ...classes] = name.split(".");
    const element = document.createElement(tag || "div");
    if (classes.length) element.className = classes.join(" ");
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (key === "style") for (const [property, setting] of Object.entries(value)) element.style.setProperty(property, setting);
      else element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
    return element;
  };
  const shape = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  // A sentence whose `names` stand in type of their own.
  const sentence = (text) => String(text ?? "").split("`").map((part, at) => (at % 2 ? make("code", null, part) : part));

  const icons = {
    table: "M3 5h14v10H3zM3 9h14M8 5v10",
    chart: "M4 16V9M9 16V4M14 16v-5M3 16h14",
    save: "M10 3v9m-4-4 4 4 4-4M4 16h12",
    image: "M3 4h14v12H3zM3 13l4-4 4 4 2-2 4 4",
    warn: "M10 3 2.5 16.5h15zM10 8v4M10 14v.5",
    info: "M10 9v5M10 6v.5M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16",
    theme: "M10 3v14a7 7 0 0 0 0-14zM10 17a7 7 0 0 1 0-14",
    renew: "M16 10a6 6 0 1 1-2-4.5M16 3v4h-4",
    print: "M6 8V3h8v5M6 14H4V8h12v6h-2M6 12h8v5H6z",
  };
  const icon = (name) => {
    const picture = shape("svg", { viewBox: "0 0 20 20", width: 16, height: 16, "aria-hidden": "true", class: "icon" });
    picture.append(shape("path", { d: icons[name] }));
    return picture;
  };
  const button = (name, label, act) => make("button.tool", { type: "button", title: label, "aria-label": label, onclick: act }, icon(name));

  // The theme: the reader's choice, else the system's.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const mode = () => document.documentElement.dataset.mode || (system.matches ? "dark" : "light");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const kept = {
    get() { try { return localStorage.getItem("data-stack-mode"); } catch { return null; } },
    set(value) { try { localStorage.setItem("data-stack-mode", value); } catch { /* A file opened from disk may have no storage. */ } },
  };
  const chosen = kept.get();
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.mode = chosen;

  const save = (name, content, type) => {
    const url = URL.createObjectURL(new Blob([content], { type }));
    const link = make("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  // Text that a spreadsheet would run as a formula is disarmed with an apostrophe.
  const cell = (value) => {
    let text = value === null || value === undefined ? "" : String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text))) text = "'" + text;
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const csv = (columns, rows) => [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  const slug = (text) => String(text || "chart").normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60).toLowerCase() || "chart";

  const drawn = new Map();
  const waiting = new Map();
  const tip = (figure) => {
    const head = (text) => make("div.tip-head", null, text);
    const line = (color, name, value) =>
      make("div.tip-line", null, make("span.tip-dot", { style: { background: typeof color === "string" ? color : "transparent" } }), make("span.tip-name", null, name), make("b", null, value));
    const show = (value, name) => Engine.format(value, figure.formats?.[name]);
    const measured = (one) => {
      const names = one.dimensionNames || [];
      const at = Engine.list(one.encode?.y ?? one.encode?.value)[0];
      const across = Engine.list(one.encode?.x)[0];
      const horizontal = at !== undefined && Array.isArray(one.value) && across !== undefined && typeof one.value[at] === "string" && typeof one.value[across] === "number";
      const index = horizontal ? across : at;
      const value = Array.isArray(one.value) ? one.value[index ?? one.value.length - 1] : one.value;
      return [value, names[index] ?? one.seriesName];
    };
    const wide = (one) => (one.dimensionNames || []).map((name, at) => [name, one.value[at]]).filter(([name, value]) => name && value !== undefined && !/^(x|y)$/.test(name));
    const item = (one) => {
      const series = one.seriesType;
      if (series === "sankey" && one.dataType === "edge") return [head(one.data.source + " → " + one.data.target), line(one.color, "", show(one.data.value, "value"))];
      if (["scatter", "effectScatter", "heatmap", "boxplot"].includes(series) && Array.isArray(one.value)) {
        const named = one.name ? [head(String(one.name))] : one.seriesName && !/^series/.test(one.seriesName) ? [head(one.seriesName)] : [];
        return [...named, ...wide(one).map(([name, value]) => line(null, name, show(value, name)))];
      }
      const [value, name] = measured(one);
      const share = typeof one.percent === "number" ? " · " + Engine.format(one.percent / 100, "percent") : "";
      return [head(String(one.name ?? "")), line(one.color, series === "pie" || !one.seriesName || /^series/.test(one.seriesName) ? "" : one.seriesName, show(value, name) + share)];
    };
    return (given) => {
      if (!Array.isArray(given)) return make("div.tip", null, item(given));
      const first = given[0] || {};
      const rows = given.filter((one) => !(Array.isArray(one.value) && measured(one)[0] === null)).map((one) => {
        const [value, name] = measured(one);
        return line(one.color, one.seriesName && !/^series\u0000/.test(one.seriesName) ? one.seriesName : "", show(value, name));
      });
      const title = first.axisType === "xAxis.time" || first.axisType === "yAxis.time" ? Engine.format(first.axisValue, "date") : String(first.axisValueLabel ?? first.name ?? "");
      return make("div.tip", null, head(title), rows);
    };
  };
  const trigger = (option) => {
    const kinds = Engine.list(option.series).map((one) => one.type);
    return option.xAxis && kinds.every((kind) => kind === "bar" || kind === "line") ? "axis" : "item";
  };
  // Long series can be narrowed to a span: with the bar below them, or by turning the wheel with Ctrl held.
  const zoom = (option) => {
    const axis = Engine.list(option.xAxis)[0];
    const rows = Engine.list(option.dataset?.source).length;
    const lying = Engine.list(option.yAxis)[0]?.type === "category";
    const plain = Engine.list(option.series).every((one) => ["line", "bar"].includes(one.type));
    if (!axis || lying || !plain || rows < 40 || option.dataZoom || Engine.list(option.xAxis).length > 1) return option;
    const look = Engine.MODES[mode()];
    const handle = { type: "slider", height: 18, bottom: 2, left: 12, right: 12, borderColor: "transparent", backgroundColor: look.grid, fillerColor: look.ramp[1] + "55", handleStyle: { color: look.card, borderColor: look.soft }, moveHandleSize: 0, showDetail: false, dataBackground: { lineStyle: { opacity: 0 }, areaStyle: { color: look.ramp[2], opacity: 0.35 } }, selectedDataBackground: { lineStyle: { opacity: 0 }, areaStyle: { color: look.colors[0], opacity: 0.35 } } };
    option.dataZoom = [{ type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, moveOnMouseMove: false, preventDefaultMouseMove: false }, handle];
    option.grid = { ...option.grid, bottom: 30 };
    return option;
  };
  // What was chosen stands out from what was not.
  const stress = (option, figure) => {
    const { names, series: bySeries } = figure.chosen || {};
    if (!names) return option;
    const colors = Engine.MODES[mode()].colors;
    option.series = Engine.list(option.series).map((one, at) => {
      const faint = (given) => !names.has(String(bySeries ? given.seriesName : given.name));
      if (one.type === "line") return names.has(String(one.name)) || !bySeries ? one : { ...one, lineStyle: { ...one.lineStyle, opacity: 0.2 }, areaStyle: one.areaStyle && { opacity: 0.04 } };
      const base = (given) => colors[(one.type === "bar" ? at : given.dataIndex) % colors.length];
      return { ...one, itemStyle: { ...one.itemStyle, color: (given) => base(given) + (faint(given) ? "40" : "") } };
    });
    return option;
  };
  const optionOf = (holder, figure) => {
    const kind = trigger(figure.option);
    const tooltip = { trigger: kind, confine: true, formatter: tip(figure), borderWidth: 0, padding: 0, className: "tip-box", backgroundColor: "transparent", axisPointer: { type: kind === "axis" && Engine.list(figure.option.series).some((one) => one.type === "bar") ? "shadow" : "line", shadowStyle: { opacity: 0.12 }, label: { show: false } } };
    return stress(zoom(Engine.prepare(figure, { mode: mode(), animate: !still.matches && !printing, tooltip, width: holder.clientWidth })), figure);
  };
  const draw = (holder, figure) => {
    drawn.get(holder)?.dispose();
    const chart = echarts.init(holder, mode(), { renderer: "canvas", devicePixelRatio: Math.max(2, window.devicePixelRatio || 1), useDirtyRect: false });
    chart.setOption(optionOf(holder, figure));
    chart.on("click", (given) => holder.dispatchEvent(new CustomEvent("pick", { detail: given, bubbles: true })));
    // Charts along the same time share their pointer and their span.
    if (figure.link) {
      chart.group = figure.link;
      echarts.connect(figure.link);
    }
    drawn.set(holder, chart);
    holder.dispatchEvent(new CustomEvent("drawn", { detail: chart }));
    return chart;
  };
  let printing = false;
  let ready = false;
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting || !waiting.has(entry.target)) continue;
      const figure = waiting.get(entry.target);
      waiting.delete(entry.target);
      seen.unobserve(entry.target);
      draw(entry.target, figure);
    }
  }, { rootMargin: "300px" });
  const figures = new WeakMap();
  // Draws the figure into the element once it is near the window.
  const later = (holder, figure) => {
    figures.set(holder, figure);
    waiting.set(holder, figure);
    if (ready) seen.observe(holder);
  };
  const sizes = new ResizeObserver((entries) => {
    for (const entry of entries) if (entry.contentRect.width > 0) drawn.get(entry.target)?.resize();
  });
  // The figure of an element changed.
  const update = (holder, figure) => {
    figures.set(holder, figure);
    if (waiting.has(holder)) waiting.set(holder, figure);
    drawn.get(holder)?.setOption(optionOf(holder, figure), { notMerge: true });
  };
  // Forgets every chart.
  const clear = () => {
    for (const chart of drawn.values()) chart.dispose();
    drawn.clear();
    waiting.clear();
  };
  const redraw = () => { for (const holder of [...drawn.keys()]) draw(holder, figures.get(holder)); };
  const toggle = () => {
    const next = mode() === "dark" ? "light" : "dark";
    document.documentElement.dataset.mode = next;
    kept.set(next);
    redraw();
  };
  // The theme of the client that shows the page.
  const use = (theme) => {
    if (theme !== "light" && theme !== "dark") return;
    document.documentElement.dataset.mode = theme;
    redraw();
  };
  system.addEventListener("change", () => { if (!document.documentElement.dataset.mode) redraw(); });
  // Paper is white, and shows what was not yet scrolled to.
  addEventListener("beforeprint", () => {
    printing = true;
    const before = document.documentElement.dataset.mode;
    document.documentElement.dataset.mode = "light";
    for (const [holder, figure] of [...waiting]) {
      if (holder.offsetParent === null) continue;
      waiting.delete(holder);
      draw(holder, figure);
    }
    redraw();
    addEventListener("afterprint", () => {
      printing = false;
      if (before) document.documentElement.dataset.mode = before;
      else delete document.documentElement.dataset.mode;
      redraw();
    }, { once: true });
  });
  // Called when ECharts is there: draws what waits.
  const start = () => {
    for (const name of Object.keys(Engine.MODES)) echarts.registerTheme(name, Engine.theme(name));
    ready = true;
    for (const holder of waiting.keys()) seen.observe(holder);
  };
  const watch = (holder) => sizes.observe(holder);

  return { make, shape, sentence, icon, button, save, csv, slug, later, watch, toggle, use, mode, start, drawn, draw, update, clear, redraw };
})();
