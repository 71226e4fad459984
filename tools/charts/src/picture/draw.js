// Draws figures as SVG in QuickJS. `measure(text, size)` is given by the host and measures with the bundled font.
const Draw = (() => {
  "use strict";
  const FONT = "DejaVu Sans";
  const HEAD = 24;
  const escape = (text) => String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const cut = (text, size, width) => {
    if (measure(text, size) <= width) return text;
    let kept = [...text];
    while (kept.length > 1 && measure(kept.join("") + "…", size) > width) kept = kept.slice(0, Math.min(kept.length - 1, Math.floor(kept.length * 0.95)));
    return kept.join("") + "…";
  };

  const start = () => {
    echarts.setPlatformAPI({ measureText: (text, font) => ({ width: measure(String(text), Number((/(\d+(\.\d+)?)px/.exec(font || "") || [0, 12])[1])) }) });
    for (const mode of Object.keys(Engine.MODES)) echarts.registerTheme(mode, Engine.theme(mode, FONT));
  };

  const chart = (figure, mode, width, height) => {
    const drawn = echarts.init(null, mode, { renderer: "svg", ssr: true, width, height });
    try {
      drawn.setOption(Engine.prepare(figure, { mode, animate: false, width }));
      // A picture needs none of what ECharts adds for pointing at it; its numbering of drawings goes too, so that the same
      // figure gives the same bytes.
      return drawn.renderToSVGString().replace(/<style[^>]*>[^]*?<\/style>/g, "").replace(/ (class|ecmeta_\w+|pointer-events)="[^"]*"/g, "").replace(/\bzr\d+-/g, "zr-").replace(/\n+/g, "\n");
    } finally {
      drawn.dispose();
    }
  };

  const svg = (json, mode, width, height) => {
    const figure = JSON.parse(json);
    const look = Engine.MODES[mode];
    const margin = 14;
    const lines = [[figure.title, 15, look.ink], [figure.subtitle, 11.5, look.soft]].filter(([text]) => text);
    const head = lines.length ? lines.length * HEAD - (lines.length - 1) * 4 : 0;
    const words = lines.map(([text, size, color], at) => `<text x="${margin}" y="${margin + 13 + at * 20}" font-family="${FONT}" font-size="${size}" fill="${color}"${at ? "" : ' font-weight="600"'}>${escape(cut(text, size, width - 2 * margin))}</text>`);
    const inner = chart(figure, mode, width - 2 * margin, height - 2 * margin - head).replace("<svg ", `<svg x="${margin}" y="${margin + head}" `);
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(figure.alt || figure.title || "")}"><rect width="${width}" height="${height}" fill="${look.card}"/>${words.join("")}${inner}</svg>`;
  };

  return { start, svg };
})();
