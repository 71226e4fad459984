// A page from disk in headless Chromium, watched: whatever it says, fails at or asks for is kept.
const { chromium } = require("playwright-core");
const { execFileSync } = require("node:child_process");

async function browser(program) {
  const executablePath = program.includes("/") ? program : execFileSync("which", [program], { encoding: "utf8" }).trim();
  // Chromium's own sandbox needs rights that containers lack; the pages are ours.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

async function open(browser, path, options = {}) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  const url = `file://${path}`;
  page.on("request", (request) => { if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) wrong.push(`request: ${request.url()}`); });
  await page.goto(url, { waitUntil: "load" });
  return { page, wrong, close: () => context.close() };
}

module.exports = { browser, open };
