// What every TypeScript client does with the server: lists, calls, is refused, prompts and reads.
import assert from 'node:assert/strict';

export async function exercise(client, transport) {
  await client.connect(transport);
  const names = (await client.listTools()).tools.map((tool) => tool.name);
  assert.deepEqual(names, [...names].sort());
  const result = await client.callTool({ name: 'query_duckdb', arguments: { sql: "select count(*) as n from read_csv('transactions.csv')" } });
  assert.deepEqual(result.structuredContent.data.rows, [[42481]]);
  const refused = await client.callTool({ name: 'query_duckdb', arguments: { sql: 'drop table x' } });
  assert.equal(refused.isError, true);
  assert.ok((await client.listPrompts()).prompts.some((prompt) => prompt.name === 'explore-csv'));
  assert.ok((await client.readResource({ uri: 'data://catalog' })).contents.length > 0);
  await client.close();
}
