// The official TypeScript SDK, version 2, on stdio and HTTP, in the legacy era and in the newest revision it can agree on.
// usage: node typescript-sdk-2.mjs BINARY WORKSPACE URL TOKEN_FILE
import { readFileSync } from 'node:fs';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { exercise } from './typescript-exercise.mjs';

const [binary, workspace, url, tokenFile] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };

for (const options of [{}, { versionNegotiation: { mode: 'auto' } }]) {
  const client = () => new Client({ name: 'data-stack-tests', version: '2' }, options);
  await exercise(client(), new StdioClientTransport({ command: binary, args: ['mcp', '--workspace', workspace], env: process.env }));
  await exercise(client(), new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
}
console.log('typescript sdk 2: stdio and HTTP, both eras passed');
