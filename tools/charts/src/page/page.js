// Builds the page from its JSON.
const Show = (() => {
  "use strict";
  const { make, button } = Dom;
  // A page that is served can be made anew with other values; so can one in an app.
  const served = /^https?:$/.test(location.protocol) && location.pathname.startsWith("/dashboards/");
  const reload = (controls) => (name, value) => {
    const values = Object.fromEntries(controls.map((control) => [control.name, control.value]));
    location.search = new URLSearchParams({ ...values, [name]: value }).toString();
  };

  const STEPS = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const age = (time) => {
    const seconds = (Date.now() - Date.parse(time)) / 1000;
    const [unit, size] = STEPS.find(([, size]) => seconds >= size) || ["minute", 60];
    const count = Math.floor(seconds / size);
    return count < 1 ? "just now" : `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  };

  const show = (page, change) => {
    for (const old of document.querySelectorAll("body > header, body > main, body > footer")) old.remove();
    Dom.clear();
    const bar = Filters.bar(page, change || (served ? reload(page.controls || []) : null));
    const head = make("header.top", null, make("div.top-row", null,
      make("span.brand", null, page.kicker || ""), make("span.crumb", { dir: "auto" }, page.title),
      make("nav", { "aria-label": "Sections" }, page.sections.filter((section) => section.title).map((section) => make("a", { href: `#${section.id}` }, section.short || section.title))),
      make("span.top-tools", null, served ? button("renew", "Load the newest data", () => location.reload()) : null, button("print", "Print", () => print()), button("theme", "Light or dark", Dom.toggle))));
    const fresh = page.fresh ? make("span.fresh", { title: page.fresh }, `Data changed ${age(page.fresh)}`) : null;
    const hero = make("div.hero", null, make("h1", { dir: "auto" }, page.title), page.subtitle || fresh ? make("p.sub", null, Dom.sentence(page.subtitle), fresh) : null);
    const sections = page.sections.map((section) => make("section", { id: section.id }, section.title ? make("h2", null, section.title, section.note ? make("small", null, section.note) : null) : null, section.blocks.map(Blocks.build)));
    document.body.append(head, make("main", null, hero, bar, sections), make("footer", null, (page.footer || []).map((line) => make("p", null, Dom.sentence(line)))));
    document.getElementById("plain")?.remove();
    mark(head);
  };
  // The section in view is marked in the navigation.
  const mark = (head) => {
    const links = new Map([...head.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const current = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting || !links.has(entry.target.id)) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-20% 0px -70% 0px" });
    for (const section of document.querySelectorAll("main > section")) current.observe(section);
  };

  const content = document.getElementById("page");
  if (content) show(JSON.parse(content.textContent));
  // ECharts follows this script, so that the page shows before a megabyte is read.
  addEventListener("DOMContentLoaded", Dom.start);
  return { show };
})();
