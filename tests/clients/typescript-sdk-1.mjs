// The official TypeScript SDK, version 1, on stdio and HTTP.
// usage: node typescript-sdk-1.mjs BINARY WORKSPACE URL TOKEN_FILE
import { readFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { exercise } from './typescript-exercise.mjs';

const [binary, workspace, url, tokenFile] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };
const client = () => new Client({ name: 'data-stack-tests', version: '1' });

await exercise(client(), new StdioClientTransport({ command: binary, args: ['mcp', '--workspace', workspace], env: process.env }));
await exercise(client(), new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
console.log('typescript sdk 1: stdio and HTTP passed');
