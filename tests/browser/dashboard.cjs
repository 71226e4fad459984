// A dashboard of the transactions. usage: dashboard.cjs CHROMIUM FOLDER
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { browser, open } = require("./page.cjs");
const { matches } = require("./picture.cjs");

const [program, folder] = process.argv.slice(2);

(async () => {
  const chromium = await browser(program);
  try {
    const { page, wrong, close } = await open(chromium, `${folder}/dashboard.html`, { colorScheme: "light" });
    assert.equal(await page.locator("h1").innerText(), "transactions");
    const number = (at) => page.locator(".number-value").nth(at).innerText();
    assert.equal(await number(0), "42.5 k");
    const charts = page.locator(".figure");
    const count = await charts.count();
    assert.equal(count >= 3, true, `${count} charts`);
    for (let at = 0; at < count; at += 1) {
      const chart = charts.nth(at);
      await chart.scrollIntoViewIfNeeded();
      await chart.locator("canvas").first().waitFor();
      assert.notEqual(await chart.locator(".chart").getAttribute("aria-label"), "Chart");
    }
    await matches(chromium, page, "dashboard");

    // Made anew from all of its rows, each cell is as it was made first.
    const differing = await page.evaluate(() => {
      const made = JSON.parse(document.getElementById("page").textContent);
      const cells = made.sections.flatMap((section) => section.blocks).flatMap((block) => block.items).filter((cell) => cell.recipe);
      const close = (a, b) => (typeof a === "number" && typeof b === "number" ? Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a)) : Array.isArray(a) ? a.length === b.length && a.every((one, at) => close(one, b[at])) : a === b);
      return cells.filter(({ recipe, blocks: [block] }) => {
        const { columns, rows } = made.data[recipe.data];
        const again = Shape.renew(block, recipe, columns, rows);
        return !close(block.option?.dataset.source ?? block.value, again.option?.dataset.source ?? again.value);
      }).map((cell) => cell.recipe);
    });
    assert.deepEqual(differing, []);

    // A filter narrows down what has its column, and says what it leaves as it is.
    const filter = page.locator(".filter").filter({ hasText: "Country" });
    await filter.locator("summary").click();
    await filter.getByPlaceholder("Find…").fill("germ");
    await filter.getByLabel("Germany").check();
    assert.equal(await number(0), "565");
    assert.equal(await filter.locator("summary b").innerText(), "Germany");
    assert.equal(await page.locator(".unfiltered").count() > 0, true);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Clear filters" }).click();
    assert.equal(await number(0), "42.5 k");
    // Pressing a bar chooses its category, pressing it again chooses all.
    const bars = charts.filter({ hasText: "Revenue by Country" });
    await bars.scrollIntoViewIfNeeded();
    const box = await bars.locator("canvas").first().boundingBox();
    const press = () => page.mouse.click(box.x + box.width * 0.4, box.y + 28);
    await press();
    assert.equal(await filter.locator("summary b").innerText(), "United Kingdom");
    await press();
    assert.equal(await filter.locator("summary b").innerText(), "All");
    const time = page.locator(".filter").filter({ hasText: "Day" });
    await time.locator("summary").click();
    await time.getByLabel("From").fill("2010-12-20");
    assert.equal(await time.locator("summary b").innerText(), "2010-12-20 to 2010-12-23");
    await page.getByRole("button", { name: "Clear filters" }).click();

    const first = charts.first();
    await first.getByRole("button", { name: "Where this comes from" }).click();
    assert.match(await first.locator(".truth pre").innerText(), /^WITH top_0/);
    await first.getByRole("button", { name: "Show as a table" }).click();
    const rows = await first.locator("tbody tr").count();
    assert.equal(rows > 10, true, `${rows} rows`);
    const [table] = await Promise.all([page.waitForEvent("download"), first.getByRole("button", { name: "Download as CSV" }).click()]);
    assert.equal(readFileSync(await table.path(), "utf8").split("\r\n")[0], "day,revenue");
    const [picture] = await Promise.all([page.waitForEvent("download"), charts.nth(1).getByRole("button", { name: "Download as a picture" }).click()]);
    assert.deepEqual([...readFileSync(await picture.path()).subarray(1, 4)], [...Buffer.from("PNG")]);
    await page.getByRole("button", { name: "Light or dark" }).click();
    await page.setViewportSize({ width: 390, height: 844 });
    await matches(chromium, page, "dashboard-dark-phone");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "the page is wider than a phone");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("header.top").isVisible(), false);
    const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    assert.deepEqual(wrong, []);
    await close();
    console.log(`a dashboard of ${count} charts: filters, tables, sources, CSV, pictures, both themes, a phone, paper (first paint ${Math.round(paint)} ms); no error, no request`);
  } finally {
    await chromium.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
