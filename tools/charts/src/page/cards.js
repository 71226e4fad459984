// A list of cards that opens one by one: search, filters and order over its headers; a card's body is made when it first opens.
const Cards = (() => {
  "use strict";
  const { make } = Dom;

  const card = (item, tools) => {
    const head = make("summary", null,
      make("span.card-no", null, item.mark ?? ""),
      make("span.card-name", { title: item.title, dir: "auto" }, item.title),
      make(`span.tag.kind-${item.kind}`, null, item.kind),
      make("span.card-note", { title: item.note }, item.note ?? ""),
      item.alerts ? make(`span.alerts.${item.alerts.tone}`, { title: `${item.alerts.count} to know` }, String(item.alerts.count)) : make("span.alerts"),
      make("span.meter", { title: `${tools.format(item.filled, "percent")} filled` }, make("i", { style: { width: `${item.filled * 100}%` } })),
      make("span.card-count", null, item.count ?? ""),
      item.spark?.length > 1 ? tools.spark(item.spark, "bar") : make("span.spark"));
    const element = make("details.card.item", { name: null }, head);
    const open = () => {
      if (element.dataset.built) return;
      element.dataset.built = "1";
      element.append(make("div.body", null, item.blocks.map((part) => make("div.part", null, part.map(tools.build)))));
    };
    element.addEventListener("toggle", () => { if (element.open) open(); });
    if (item.open) {
      element.open = true;
      open();
    }
    return element;
  };

  const ORDERS = {
    "File order": () => 0,
    "Name": (a, b) => a.item.title.localeCompare(b.item.title, "en", { numeric: true }),
    "Most to know": (a, b) => (b.item.alerts?.weight || 0) - (a.item.alerts?.weight || 0),
    "Most missing": (a, b) => a.item.filled - b.item.filled,
    "Most distinct": (a, b) => (b.item.distinct || 0) - (a.item.distinct || 0),
  };

  const list = (block, tools) => {
    const all = block.items.map((item, at) => ({ item, at, find: `${item.title} ${item.kind} ${item.note || ""}`.toLowerCase(), element: card(item, tools) }));
    const holder = make("div.items", null, all.map((one) => one.element));
    const none = make("p.none", { hidden: true }, "No column fits.");
    const count = make("span.found", { role: "status" });
    const kinds = new Set();
    let words = [];
    const show = () => {
      let shown = 0;
      for (const one of all) {
        const fits = words.every((word) => one.find.includes(word)) && (!kinds.size || kinds.has(one.item.kind));
        one.element.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      none.hidden = shown > 0;
      count.textContent = shown === all.length ? `${tools.format(all.length, "integer")}` : `${tools.format(shown, "integer")} of ${tools.format(all.length, "integer")}`;
    };
    const search = make("input.search", { type: "search", id: "find", placeholder: block.placeholder || "Find…", "aria-label": block.placeholder || "Find", oninput: (event) => {
      words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      show();
    } });
    const present = [...new Set(block.items.map((item) => item.kind))];
    const chips = present.map((kind) => make(`button.chip.tag.kind-${kind}`, { type: "button", "aria-pressed": "false", onclick: (event) => {
      if (!kinds.delete(kind)) kinds.add(kind);
      event.currentTarget.setAttribute("aria-pressed", String(kinds.has(kind)));
      show();
    } }, kind));
    const order = make("select.order", { "aria-label": "Order", onchange: (event) => {
      const compare = ORDERS[event.target.value];
      holder.append(...[...all].sort((a, b) => compare(a, b) || a.at - b.at).map((one) => one.element));
    } }, Object.keys(ORDERS).map((name) => make("option", { value: name }, name)));
    const fold = make("button.plain", { type: "button", onclick: () => {
      const opening = fold.textContent === "Open all";
      const visible = all.filter((one) => !one.element.hidden);
      for (const one of visible.slice(0, 100)) one.element.open = opening;
      if (!opening) for (const one of all) one.element.open = false;
      fold.textContent = opening ? "Close all" : "Open all";
    } }, "Open all");
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName)) return;
      event.preventDefault();
      search.focus();
    });
    addEventListener("reveal", (event) => {
      const wanted = all.find((one) => one.item.title === event.detail);
      if (!wanted) return;
      wanted.element.hidden = false;
      wanted.element.open = true;
      wanted.element.scrollIntoView({ behavior: "smooth", block: "center" });
      wanted.element.classList.remove("flash");
      requestAnimationFrame(() => wanted.element.classList.add("flash"));
    });
    show();
    return make("div.cards", null, make("div.bar", null, search, make("div.chips", null, present.length > 1 ? chips : null), count, order, fold), holder, none);
  };

  return { list };
})();
