// The page as an MCP App: speaks with the client that shows it, over messages alone. Content comes with a tool's answer; values
// that a reader changes go back as a call of the same tool.
(() => {
  "use strict";
  const TOOL = "render_dashboard";
  const KEY = "data-stack/page";
  const client = window.parent;
  const waiting = new Map();
  let last = 0;
  let given = {};
  let asked = false;
  const send = (message) => client.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const request = (method, params) => new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, { resolve, reject });
    send({ id: last, method, params });
  });
  const say = (text) => {
    const plain = document.getElementById("plain") || document.body.appendChild(Dom.make("div", { id: "plain" }));
    plain.replaceChildren(...String(text).split("\n").map((line) => Dom.make("p", { dir: "auto" }, line)));
  };
  const textOf = (result) => (result.content || []).filter((part) => part.type === "text").map((part) => part.text).join("\n");

  const call = async (what) => take(await request("tools/call", { name: TOOL, arguments: { ...what, target: "app" } }), true);
  // An answer with a page is shown; one without is shown as text, and the page is asked for once.
  const take = (result, again) => {
    const page = result._meta?.[KEY];
    if (page) {
      const values = Object.fromEntries((page.controls || []).map((control) => [control.name, control.value]));
      const change = (name, value) => call({ ...page.again, parameters: { ...values, [name]: value } }).catch((error) => say(`The dashboard cannot be made anew: ${error.message}`));
      return Show.show(page, change);
    }
    say(textOf(result));
    const renders = !result.isError && (given.action || "render") === "render" && !given.dry_run;
    if (again || !renders || asked) return;
    asked = true;
    const { save_as: _, tile: __, ...rest } = given;
    call(rest).catch(() => null);
  };
  const notified = {
    "ui/notifications/tool-input": (params) => { given = params.arguments || {}; },
    "ui/notifications/tool-result": (params) => take(params, false),
    "ui/notifications/tool-cancelled": () => say("The call was cancelled."),
    "ui/notifications/host-context-changed": (params) => Dom.use(params.theme),
  };
  addEventListener("message", (event) => {
    if (event.source !== client || event.data?.jsonrpc !== "2.0") return;
    const { id, method, params, result, error } = event.data;
    if (method === undefined) {
      const one = waiting.get(id);
      waiting.delete(id);
      if (error) one?.reject(new Error(error.message));
      else one?.resolve(result);
    } else if (id !== undefined) send(method === "ping" || method === "ui/resource-teardown" ? { id, result: {} } : { id, error: { code: -32601, message: "not offered" } });
    else notified[method]?.(params || {});
  });
  request("ui/initialize", { protocolVersion: "2026-01-26", appInfo: { name: "data-stack dashboard", version: "1" }, appCapabilities: {} }).then((answer) => {
    Dom.use(answer?.hostContext?.theme);
    send({ method: "ui/notifications/initialized", params: {} });
    new ResizeObserver(() => send({ method: "ui/notifications/size-changed", params: { width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight } })).observe(document.body);
  }, () => null);
})();
