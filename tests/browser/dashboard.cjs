// A dashboard of the transactions. usage: dashboard.cjs CHROMIUM FOLDER
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { browser, open } = require("./page.cjs");

const [program, folder] = process.argv.slice(2);

(async () => {
  const chromium = await browser(program);
  try {
    const { page, wrong, close } = await open(chromium, `${folder}/dashboard.html`, { colorScheme: "light" });
    assert.equal(await page.locator("h1").innerText(), "transactions");
    assert.equal(await page.locator(".number-value").first().innerText(), "42.5 k");
    const charts = page.locator(".figure");
    const count = await charts.count();
    assert.equal(count >= 3, true, `${count} charts`);
    for (let at = 0; at < count; at += 1) {
      const chart = charts.nth(at);
      await chart.scrollIntoViewIfNeeded();
      await chart.locator("canvas").waitFor();
      assert.notEqual(await chart.locator(".chart").getAttribute("aria-label"), "Chart");
    }
    const first = charts.first();
    await first.getByRole("button", { name: "Where this comes from" }).click();
    assert.match(await first.locator(".truth pre").innerText(), /^SELECT date_trunc/);
    await first.getByRole("button", { name: "Show as a table" }).click();
    const rows = await first.locator("tbody tr").count();
    assert.equal(rows > 10, true, `${rows} rows`);
    const [picture] = await Promise.all([page.waitForEvent("download"), charts.nth(1).getByRole("button", { name: "Download as a picture" }).click()]);
    assert.deepEqual([...readFileSync(await picture.path()).subarray(1, 4)], [...Buffer.from("PNG")]);
    await page.getByRole("button", { name: "Light or dark" }).click();
    await page.setViewportSize({ width: 390, height: 844 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "the page is wider than a phone");
    const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    assert.deepEqual(wrong, []);
    await close();
    console.log(`a dashboard of ${count} charts: tables, sources, pictures, both themes, a phone (first paint ${Math.round(paint)} ms); no error, no request`);
  } finally {
    await chromium.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
