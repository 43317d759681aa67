// Servers of a test's own: one for the page in dist/ below a path, with the headers that hosts are told to send, which
// notes what it is asked; and one that only collects.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the finished page lies. */
export const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

const KINDS = {
  '.css': 'text/css', '.gz': 'application/octet-stream', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript',
  '.png': 'image/png', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8', '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** The headers of `_headers` for a path of the page. */
function headersOf(path) {
  const headers = {};
  let isMeant = false;
  for (const line of readFileSync(join(dist, '_headers'), 'utf8').split('\n')) {
    const header = line.match(/^ {2}([^:]+): (.*)$/);
    if (header && isMeant) headers[header[1]] = header[2];
    else if (line.startsWith('/')) isMeant = line === '/*' || line === `/${path}`;
  }
  return headers;
}

/** Starts a server: `answer` gives what a request is answered with. `asked` holds what it was asked. */
async function serve(answer) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { status, headers, body } = answer(request.url);
    response.writeHead(status, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  // A test that fails before it closes its server still ends.
  server.unref();
  // A WebSocket begins with a request too.
  server.on('upgrade', (request, socket) => {
    asked.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  const close = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { url: `http://localhost:${server.address().port}`, asked, close };
}

/** The page below `prefix`, which begins and ends with a slash. `change` may give other bytes for a file. */
export async function servePage(prefix, change = (name, bytes) => bytes) {
  const site = await serve((url) => {
    const path = decodeURIComponent(url.split('?')[0]);
    const name = path.startsWith(prefix) ? path.slice(prefix.length) || 'index.html' : undefined;
    if (!name || name.includes('..') || !existsSync(join(dist, name))) return { status: 404, headers: {}, body: 'not found' };
    const headers = { ...headersOf(name), 'Content-Type': KINDS[extname(name)] ?? 'application/octet-stream' };
    return { status: 200, headers, body: change(name, readFileSync(join(dist, name))) };
  });
  return { ...site, url: site.url + prefix };
}

/** Answers everything, from anywhere, and remembers that it was asked. */
export const collect = () => serve(() => ({ status: 200, headers: { 'Access-Control-Allow-Origin': '*' }, body: 'collected' }));
