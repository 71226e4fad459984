// Runs after `npm install`. Evidence's engine in the browser is pinned to the last release that has Parquet compiled in, so that neither
// the build nor a reader's browser downloads an extension. That release does not know two settings that Evidence makes at start:
// they become optional.
import { readFileSync, writeFileSync } from "node:fs";

const setting = /^(\s*)(await connection\.query\('SET (?:ieee_floating_point_ops|old_implicit_casting) = (?:true|false);'\);)$/gm;
for (const side of ["node", "browser"]) {
  const file = new URL(`node_modules/@evidence-dev/universal-sql/src/client-duckdb/${side}.js`, import.meta.url);
  const source = readFileSync(file, "utf8");
  writeFileSync(file, source.replace(setting, "$1try { $2 } catch { /* an engine without this setting */ }"));
}
