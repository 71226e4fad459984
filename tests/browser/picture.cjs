// A page as a picture, compared with the one on record. Both are shrunk first, so that the machine's fonts and their smoothing do
// not count, and a chart that is missing, moved or of another colour does. UPDATE_GOLDEN=1 records.
const assert = require("node:assert/strict");
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const WIDTH = 96;
// Of 255: the mean over all points, and the largest share of points that may be further off than FAR.
const MEAN = 6;
const FAR = 48;
const SHARE = 0.03;
const folder = join(__dirname, "pictures");

// The points of both pictures at the record's small size, red, green and blue in turn, and the new one as a small PNG.
function shrink({ record, taken, width }) {
  const load = async (png) => createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const small = (image, height) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    Object.assign(context, { imageSmoothingEnabled: true, imageSmoothingQuality: "high" });
    context.drawImage(image, 0, 0, width, height);
    return canvas;
  };
  const points = (canvas) => [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data].filter((_, at) => at % 4 !== 3);
  return (async () => {
    const image = await load(taken);
    const height = Math.round((image.height * width) / image.width);
    const now = small(image, height);
    const before = record && small(await load(record), height);
    return { png: now.toDataURL("image/png").split(",")[1], now: points(now), before: before && points(before) };
  })();
}

async function matches(chromium, page, name) {
  const path = join(folder, `${name}.png`);
  const taken = (await page.screenshot({ fullPage: true, animations: "disabled" })).toString("base64");
  const record = existsSync(path) && !process.env.UPDATE_GOLDEN ? readFileSync(path, "base64") : null;
  const blank = await chromium.newPage();
  const { png, now, before } = await blank.evaluate(shrink, { record, taken, width: WIDTH });
  await blank.close();
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, Buffer.from(png, "base64"));
    return;
  }
  assert.ok(before, `${path} is missing; record it with UPDATE_GOLDEN=1`);
  const off = now.map((value, at) => Math.abs(value - before[at]));
  const mean = off.reduce((sum, one) => sum + one, 0) / off.length;
  const share = off.filter((one) => one > FAR).length / off.length;
  if (mean > MEAN || share > SHARE) {
    const seen = join(process.env.PICTURES ?? require("node:os").tmpdir(), `${name}-seen.png`);
    writeFileSync(seen, Buffer.from(taken, "base64"));
    assert.fail(`the page does not look as ${path}: ${mean.toFixed(1)} of 255 off on average, ${(100 * share).toFixed(1)} % far off; see ${seen}`);
  }
}

module.exports = { matches };
