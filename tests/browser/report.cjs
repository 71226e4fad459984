// The profile's report. usage: report.cjs CHROMIUM FOLDER
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { browser, open } = require("./page.cjs");

const [program, folder] = process.argv.slice(2);
const visible = (page) => page.locator(".item:visible").count();
const drawn = (page, holder) => page.waitForFunction((selector) => {
  const canvas = document.querySelector(`${selector} canvas`);
  if (!canvas || !canvas.width) return false;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some((value) => value !== 0);
}, holder);

async function transactions(chromium) {
  const { page, wrong, close } = await open(chromium, `${folder}/transactions.html`, { colorScheme: "light" });
  assert.equal(await page.locator("h1").innerText(), "transactions.csv");
  assert.equal(await page.locator(".number-value").first().innerText(), "42,481");
  assert.equal(await visible(page), 8);

  await page.locator(".cards .search").fill("country");
  assert.equal(await visible(page), 1);
  await page.locator(".cards .search").fill("no such column");
  assert.equal(await page.locator(".cards .none").isVisible(), true);
  await page.locator(".cards .search").fill("");
  await page.locator(".cards .chip", { hasText: "float" }).click();
  assert.deepEqual(await page.locator(".item:visible .card-name").allInnerTexts(), ["UnitPrice", "CustomerID"]);
  await page.locator(".cards .chip", { hasText: "float" }).click();

  const figure = page.locator(".item", { hasText: "UnitPrice" }).locator(".figure");
  await figure.scrollIntoViewIfNeeded();
  await drawn(page, ".item:nth-child(6) .chart");
  await figure.locator(".chart").hover();
  await page.waitForSelector(".tip-line");
  await figure.getByRole("button", { name: "Show as a table" }).click();
  assert.equal(await figure.locator("tbody tr").count(), 20);
  const [download] = await Promise.all([page.waitForEvent("download"), figure.getByRole("button", { name: "Download as CSV" }).click()]);
  const lines = readFileSync(await download.path(), "utf8").split("\r\n");
  assert.deepEqual([lines[0], lines.length], ["UnitPrice,rows", 22]);

  // A name in what to know opens its card.
  await page.locator(".notice .about", { hasText: "CustomerID" }).first().click();
  await page.waitForSelector(".item.flash");

  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "Light or dark" }).click();
  assert.notEqual(await background(), light);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".top").isVisible(), false);
  assert.deepEqual(wrong, []);
  await close();
}

async function dark(chromium) {
  const { page, wrong, close } = await open(chromium, `${folder}/transactions.html`, { colorScheme: "dark", viewport: { width: 390, height: 844 } });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(13, 18, 26)");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "the page is wider than a phone");
  assert.deepEqual(wrong, []);
  await close();
}

async function wide(chromium) {
  const { page, wrong, close } = await open(chromium, `${folder}/wide.html`);
  assert.equal(await visible(page), 1000);
  assert.equal(await page.locator(".chart canvas").count() <= 4, true, "charts are drawn before they are seen");
  await page.keyboard.press("/");
  await page.keyboard.type("column_999");
  assert.equal(await visible(page), 1);
  await page.locator(".item:visible summary").click();
  await drawn(page, ".item:nth-child(1000) .chart");
  assert.equal(await page.locator("b b, .item script").count(), 0);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  assert.deepEqual(wrong, []);
  await close();
  return paint;
}

(async () => {
  const chromium = await browser(program);
  try {
    await transactions(chromium);
    await dark(chromium);
    const paint = await wide(chromium);
    console.log(`reports in ${chromium.version()}: search, filters, tables, downloads, both themes, a phone, 1,000 columns (first paint ${Math.round(paint)} ms); no error, no request`);
  } finally {
    await chromium.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
