// Adds the bearer token for a client that cannot send one: the official conformance suite. Everything else passes unchanged,
// so that Host, Origin and every other header are checked by the server itself.
// usage: node bearer-proxy.mjs PORT TARGET_PORT TOKEN_FILE
import { readFileSync } from 'node:fs';
import http from 'node:http';

const [port, targetPort, tokenFile] = process.argv.slice(2);
const token = readFileSync(tokenFile, 'utf8').trim();

http
  .createServer((request, response) => {
    const headers = [...request.rawHeaders, 'Authorization', `Bearer ${token}`];
    const onward = http.request({ host: '127.0.0.1', port: targetPort, method: request.method, path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  })
  .listen(Number(port), '127.0.0.1', () => console.log('ready'));
