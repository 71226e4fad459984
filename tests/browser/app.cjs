// The dashboard as an MCP App, in the Inspector's own sandbox. usage: app.cjs CHROMIUM NODE MODULES SERVER PORT SANDBOX_PORT
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { browser } = require("./page.cjs");

const [program, node, modules, server, port, sandbox] = process.argv.slice(2);
const token = "the-inspectors-own";
const inspectorOf = (line) => ({
  HOST: "127.0.0.1", CLIENT_PORT: port, MCP_SANDBOX_PORT: sandbox, MCP_AUTO_OPEN_ENABLED: "false", MCP_INSPECTOR_API_TOKEN: token, MCP_INSPECTOR_SECRET_STORE: "memory", ...line,
});

(async () => {
  const inspector = spawn(node, [`${modules}/.bin/mcp-inspector`, "--web"], { env: inspectorOf(process.env), stdio: ["ignore", "pipe", "inherit"] });
  const ready = new Promise((resolve) => inspector.stdout.on("data", (part) => { if (String(part).includes("up and running")) resolve(); }));
  const chromium = await browser(program);
  try {
    await ready;
    const page = await chromium.newPage({ viewport: { width: 1400, height: 1200 }, colorScheme: "light" });
    const wrong = [];
    const spec = {
      title: "One country",
      parameters: { country: { type: "text", default: "Germany", values: ["Germany", "France"] } },
      tiles: [
        { type: "number", title: "Lines", sql: "select count(*) as n from transactions where Country = $country" },
        { type: "bar", title: "By day", sql: "select cast(InvoiceDate as date) as day, count(*) as lines from transactions where Country = $country group by 1 order by 1", x: "day", y: "lines" },
      ],
    };
    const asked = Buffer.from(JSON.stringify({ spec, target: "app" })).toString("base64url");
    const query = new URLSearchParams({ serverUrl: `${server}/mcp`, transport: "http", autoConnect: token, openApp: "render_dashboard", autoOpen: token, appArgs: asked });
    await page.goto(`http://127.0.0.1:${port}/?${query}`);
    const app = async () => {
      for (let tries = 0; tries < 150; tries += 1) {
        for (const frame of page.frames()) if (await frame.locator("h1", { hasText: "One country" }).count().catch(() => 0)) return frame;
        await page.waitForTimeout(200);
      }
      throw new Error(`no app: ${page.frames().map((frame) => frame.url().slice(0, 80))}\n${(await page.locator("body").innerText()).slice(0, 2000)}`);
    };
    const frame = await app();
    const lines = frame.locator(".number-value").first();
    assert.equal(await lines.innerText(), "565");
    await frame.locator("canvas").waitFor();
    // What the app itself asks for; the Inspector's page may have fonts of its own.
    page.on("request", (request) => { if (request.frame() === frame && !/^(data|blob):/.test(request.url())) wrong.push(request.url()); });
    page.on("pageerror", (error) => wrong.push(error.message));
    // Another value calls the tool again, through the client.
    await frame.getByLabel("Country").selectOption("France");
    await frame.locator(".number-value", { hasText: "439" }).waitFor();
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/app.png` });
    assert.deepEqual(wrong, []);
    console.log("the app in the Inspector's sandbox: figures, a value that calls the tool again; no request of its own");
  } finally {
    await chromium.close();
    inspector.kill();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
