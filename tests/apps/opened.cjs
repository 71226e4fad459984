// A page in the app it was written for, in headless Chromium. usage: opened.cjs APP CHROMIUM ADDRESS
const assert = require("node:assert/strict");
const { browser } = require("../browser/page.cjs");

const [app, program, address] = process.argv.slice(2);
// How each app marks a drawn chart, a table, and what went wrong.
const marks = {
  streamlit: { chart: "canvas, [data-testid=stVegaLiteChart] svg", wrong: "[data-testid=stException], [data-testid=stAlert]", charts: 13 },
  evidence: { chart: "article svg[width], article canvas, .chart svg, .chart canvas", wrong: ".error, [role=alert]", charts: 11 },
}[app];

(async () => {
  const chromium = await browser(program);
  try {
    const page = await chromium.newPage({ viewport: { width: 1400, height: 4600 }, colorScheme: "light" });
    const outside = [];
    const wrong = [];
    page.on("request", (request) => { if (!/^(data|blob|about):/.test(request.url()) && new URL(request.url()).hostname !== "127.0.0.1") outside.push(request.url()); });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    await page.goto(address, { waitUntil: "load" });
    await page.getByText("Every kind <b>{of}</b> tile").first().waitFor({ timeout: 60000 });
    await page.waitForFunction(({ chart, charts }) => document.querySelectorAll(chart).length >= charts, marks, { timeout: 60000 }).catch(async (error) => {
      throw new Error(`${await page.locator(marks.chart).count()} charts\n${(await page.locator("body").innerText()).slice(0, 1500)}\n${error.message}`);
    });
    await page.getByText("41,276").first().waitFor();
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${app}.png` });
    assert.equal(await page.locator(marks.wrong).count(), 0);
    assert.deepEqual({ outside, wrong }, { outside: [], wrong: [] });
    console.log(`${app}: ${await page.locator(marks.chart).count()} charts in the browser; no error, no request elsewhere`);
  } finally {
    await chromium.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
