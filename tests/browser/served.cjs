// Dashboards that are served, by a person with the token. usage: served.cjs CHROMIUM ADDRESS TOKEN_FILE
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { browser } = require("./page.cjs");

const [program, address, tokenFile] = process.argv.slice(2);

(async () => {
  const chromium = await browser(program);
  try {
    const context = await chromium.newContext();
    const page = await context.newPage();
    const wrong = [];
    page.on("console", (message) => { if (!/401 \(Unauthorized\)/.test(message.text())) wrong.push(message.text()); });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => { if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url())) wrong.push(request.url()); });
    const shut = await page.goto(`${address}/dashboards/countries`);
    assert.equal(shut.status(), 401);
    await page.getByLabel("Token").fill("not the token at all, but as long as one");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("This is not the token.").waitFor();
    await page.getByLabel("Token").fill(readFileSync(tokenFile, "utf8").trim());
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("link", { name: "countries" }).click();
    assert.equal(await page.locator("h1").innerText(), "Countries");
    const lines = () => page.locator(".number-value").first().innerText();
    assert.equal(await lines(), "565");
    // Another value of the parameter is another page, with the rows of now.
    await page.getByLabel("Country").selectOption("France");
    await page.waitForURL(/country=France/);
    assert.equal(await lines(), "439");
    await page.getByRole("button", { name: "Load the newest data" }).click();
    assert.equal(await lines(), "439");
    const missing = await page.goto(`${address}/dashboards/none`);
    assert.equal(missing.status(), 404);
    const refused = await page.goto(`${address}/dashboards/countries?country=${encodeURIComponent("x' OR 1=1")}`);
    assert.equal(refused.status(), 400);
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, "Strict", "/dashboards"]);
    assert.deepEqual(wrong.filter((text) => !/(400|404) \(/.test(text)), []);
    console.log("served dashboards: the token once, values as parameters, the newest data; no other request");
  } finally {
    await chromium.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
