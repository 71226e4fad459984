// What every picture shares, in the browser and in QuickJS: number formats, the two themes, and the step that turns a figure
// into the option that ECharts draws. No part of it touches the DOM, so that both engines draw the same.
const Engine = (() => {
  "use strict";

  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';
  const MODES = {
    light: {
      ink: "#1c2433", soft: "#5b667a", line: "#dfe3ea", grid: "#eceff4", card: "#ffffff",
      colors: ["#3563e9", "#0f9f8f", "#e8930c", "#d6455d", "#8b5cf6", "#0891b2", "#65a30d", "#c026d3", "#a16207", "#64748b"],
      ramp: ["#eaf1ff", "#b9cffc", "#7fa5f6", "#3563e9", "#1c3a9e"],
      diverging: ["#c2334d", "#eba0ad", "#f3f4f7", "#93b3f7", "#2450cf"],
    },
    dark: {
      ink: "#e7ebf3", soft: "#9aa6bb", line: "#333f52", grid: "#232d3d", card: "#171e2a",
      colors: ["#7aa2ff", "#3ecfbb", "#f7b955", "#f58198", "#b79bff", "#4cc9e6", "#a3d65c", "#e78bf0", "#d9b45a", "#94a3b8"],
      ramp: ["#1b2740", "#27407a", "#3a63c0", "#6b95ff", "#bcd2ff"],
      diverging: ["#ff8ba0", "#8d4353", "#252e3e", "#3f5fa8", "#8fb2ff"],
    },
  };

  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const fixed = (value, decimals) => {
    const [whole, rest] = Math.abs(value).toFixed(decimals).split(".");
    const zero = !/[1-9]/.test(whole + (rest || ""));
    return (value < 0 && !zero ? "−" : "") + grouped(whole) + (rest ? "." + rest : "");
  };
  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  // At most four significant decimals; very large and very small numbers in powers of ten.
  const plain = (value) => {
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size >= 1e15 || size < 1e-4) return value.toExponential(2).replace("e+", "e").replace("-", "−");
    if (Number.isInteger(value)) return fixed(value, 0);
    return trimmed(fixed(value, Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(size))))));
  };
  const scaled = (value, base, units) => {
    let step = 0;
    let size = value;
    while (Math.abs(size) >= base && step < units.length - 1) {
      size /= base;
      step += 1;
    }
    const text = step === 0 ? plain(size) : trimmed(fixed(size, Math.abs(size) < 10 ? 2 : Math.abs(size) < 100 ? 1 : 0));
    return text + units[step];
  };
  const SIGNS = { EUR: "€", USD: "$", GBP: "£", JPY: "¥", INR: "₹", CHF: "CHF ", CNY: "CN¥" };
  const signed = (value, text, sign) => (value < 0 ? "−" : "") + sign + text.replace("−", "");
  const day = (value) => {
    const text = typeof value === "number" ? new Date(value).toISOString() : String(value);
    return text.replace(/T00:00:00(\.0+)?(Z|[+-]00:?00)?$/, "").replace("T", " ").replace(/(\.\d+)?(Z|[+-]00:?00)$/, "");
  };

  // A value as people read it, by the name of its format: number, integer, compact, percent, bytes, currency, date, text;
  // `:2` fixes the decimals, `currency:EUR` names the currency.
  const format = (value, name) => {
    if (value === null || value === undefined || value === "") return "–";
    const [kind, detail] = String(name || "").split(":");
    if (kind === "date") return day(value);
    // Text stays as it is written, or codes would lose their zeros.
    if (typeof value === "string" && kind === "") return /^\d{4}-\d\d-\d\dT/.test(value) ? day(value) : value;
    const number = typeof value === "number" ? value : Number(value);
    if (kind === "text" || typeof value === "boolean" || Number.isNaN(number)) return String(value);
    if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
    const decimals = /^\d$/.test(detail || "") ? Number(detail) : null;
    switch (kind) {
      case "integer": return fixed(number, 0);
      case "compact": return scaled(number, 1000, ["", " k", " M", " bn", " tn"]);
      case "bytes": return scaled(number, 1000, [" B", " kB", " MB", " GB", " TB"]);
      case "percent": return trimmed(fixed(number * 100, decimals ?? (Math.abs(number) < 0.01 ? 2 : 1))) + " %";
      case "currency": {
        const sign = SIGNS[detail] || (detail ? detail + " " : "");
        return signed(number, fixed(number, Math.abs(number) >= 1000 || Number.isInteger(number) ? 0 : 2), sign);
      }
      default: return decimals === null ? plain(number) : fixed(number, decimals);
    }
  };
  // The same for an axis, where room is short.
  const short = (value, name) => {
    const [kind, detail] = String(name || "").split(":");
    if (detail && kind === "number" || ["percent", "bytes", "date", "text"].includes(kind)) return format(value, name);
    const text = Math.abs(value) >= 1000 ? scaled(value, 1000, ["", " k", " M", " bn", " tn"]) : plain(value);
    return kind === "currency" ? signed(value, text, SIGNS[detail] || (detail ? detail + " " : "")) : text;
  };

  const theme = (mode, font) => {
    const look = MODES[mode] || MODES.light;
    const axis = {
      axisLine: { lineStyle: { color: look.line } },
      axisTick: { show: false },
      axisLabel: { color: look.soft, fontSize: 11, hideOverlap: true },
      splitLine: { lineStyle: { color: look.grid } },
      nameTextStyle: { color: look.soft, fontSize: 11 },
    };
    return {
      color: look.colors,
      backgroundColor: "transparent",
      textStyle: { fontFamily: font || FONT, color: look.ink },
      categoryAxis: { ...axis, splitLine: { show: false } },
      valueAxis: { ...axis, axisLine: { show: false } },
      logAxis: { ...axis, axisLine: { show: false } },
      timeAxis: { ...axis, splitLine: { show: false }, axisLabel: { ...axis.axisLabel, formatter: { year: "{yyyy}", month: "{MMM} {yyyy}", day: "{d} {MMM}", hour: "{HH}:{mm}", minute: "{HH}:{mm}", second: "{HH}:{mm}:{ss}" } } },
      legend: { textStyle: { color: look.soft, fontSize: 12 }, icon: "roundRect", itemWidth: 10, itemHeight: 10, pageTextStyle: { color: look.soft }, pageIconColor: look.soft, pageIconInactiveColor: look.line },
      line: { symbol: "circle", symbolSize: 5, lineStyle: { width: 2 } },
      bar: { itemStyle: { borderRadius: 2 } },
      pie: { itemStyle: { borderColor: look.card, borderWidth: 2 }, label: { color: look.ink } },
      funnel: { itemStyle: { borderColor: look.card, borderWidth: 1 } },
      sankey: { label: { color: look.ink }, lineStyle: { color: "gradient", opacity: 0.35 } },
      treemap: { itemStyle: { borderColor: look.card, gapWidth: 1 } },
      boxplot: { itemStyle: { color: look.ramp[0], borderColor: look.colors[0] } },
      heatmap: { itemStyle: { borderColor: look.card, borderWidth: 1 } },
      visualMap: { textStyle: { color: look.soft, fontSize: 11 } },
    };
  };

  const list = (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]);
  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const copy = (value) => (Array.isArray(value) ? value.map(copy) : isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)])) : value);
  // `under` where `over` says nothing.
  const fill = (over, under) => {
    const made = { ...under };
    for (const [key, value] of Object.entries(over || {})) made[key] = isObject(value) && isObject(under[key]) ? fill(value, under[key]) : value;
    return made;
  };

  // Replaces format names such as "@percent" by the functions that JSON cannot carry.
  const resolve = (value, key, look) => {
    if (typeof value === "string" && value.startsWith("@")) {
      const name = value.slice(1);
      if (key === "formatter") return (given) => short(isObject(given) ? given.value : given, name);
      if (key === "labelFormatter") return (given) => short(Array.isArray(given.value) ? given.value[given.value.length - 1] : given.value, name);
      if (name === "ramp" || name === "diverging") return look[name];
      if (["ink", "soft", "line", "card"].includes(name)) return look[name];
      return value;
    }
    if (Array.isArray(value)) return value.map((part) => resolve(part, "", look));
    if (!isObject(value)) return value;
    const made = {};
    for (const [name, part] of Object.entries(value)) {
      const done = resolve(part, name, look);
      made[name === "labelFormatter" ? "formatter" : name] = done;
    }
    return made;
  };

  // The option that ECharts draws for a figure: { option, formats, alt }. `place` is { mode, animate, tooltip, width }.
  const prepare = (figure, place) => {
    const look = MODES[place.mode] || MODES.light;
    const { dataset, ...rest } = figure.option;
    const option = resolve(copy(rest), "", look);
    if (dataset) option.dataset = dataset;
    const series = list(option.series);
    const several = series.filter((one) => one.name !== undefined).length > 1 || series.some((one) => one.type === "pie");
    const legend = several && option.legend === undefined;
    if (legend) option.legend = { type: "scroll", top: 0, left: 0, right: 8 };
    if (option.xAxis !== undefined && option.grid === undefined) {
      const scale = option.visualMap ? 52 : 0;
      option.grid = { left: 4, right: 14, top: legend ? 34 : 14, bottom: 4 + scale, outerBoundsMode: "same", outerBoundsContain: "all" };
    }
    for (const one of series) {
      if (one.type === "line" && list(option.dataset?.source).length > 80 && one.showSymbol === undefined) one.showSymbol = false;
    }
    const label = figure.alt ? { enabled: true, label: { description: figure.alt } } : { enabled: true };
    return fill(option, { useUTC: true, animation: Boolean(place.animate), animationDuration: 350, aria: label, tooltip: place.tooltip || { show: false } });
  };

  return { MODES, format, short, theme, prepare, list };
})();
