// Builds the page from its JSON.
(() => {
  "use strict";
  const { make, button } = Dom;
  const page = JSON.parse(document.getElementById("page").textContent);

  const head = make("header.top", null, make("div.top-row", null,
    make("span.brand", null, page.kicker || ""), make("span.crumb", { dir: "auto" }, page.title),
    make("nav", { "aria-label": "Sections" }, page.sections.filter((section) => section.title).map((section) => make("a", { href: `#${section.id}` }, section.short || section.title))),
    make("span.top-tools", null, button("print", "Print", () => print()), button("theme", "Light or dark", Dom.toggle))));
  const hero = make("div.hero", null, make("h1", { dir: "auto" }, page.title), page.subtitle ? make("p.sub", null, Dom.sentence(page.subtitle)) : null);
  const sections = page.sections.map((section) => make("section", { id: section.id }, section.title ? make("h2", null, section.title, section.note ? make("small", null, section.note) : null) : null, section.blocks.map(Blocks.build)));
  document.body.append(head, make("main", null, hero, sections), make("footer", null, (page.footer || []).map((line) => make("p", null, Dom.sentence(line)))));
  document.getElementById("plain")?.remove();

  // The section in view is marked in the navigation.
  const links = new Map([...head.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const current = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting || !links.has(entry.target.id)) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id).setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  for (const section of document.querySelectorAll("main > section")) current.observe(section);
  // ECharts follows this script, so that the page shows before a megabyte is read.
  addEventListener("DOMContentLoaded", Dom.start);
})();
