// A static server on loopback, as plain as the hosts the page is made for: for `make serve`, the tests and the benches.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import nodePath from 'node:path';
import sirv from 'sirv';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} Server
 * @property {string} url Its address, with a slash at the end.
 * @property {string[]} requests Requests in order: method and path.
 * @property {string[]} missing Requests without an answer.
 * @property {Record<string, string>[]} violations Reports of the content security policy, if one was given.
 * @property {() => Promise<void>} close
 */

/**
 * @param {object} [options]
 * @param {string} [options.dir] The folder to serve; the checkout if not given.
 * @param {string} [options.path] The path it is served under, such as `/some/where/`.
 * @param {number} [options.port] 0 takes any free one.
 * @param {string} [options.policy] A content security policy; breaches are reported, not prevented.
 * @param {Record<string, (text: string) => string>} [options.replace] Changes of served scripts: by the end of their path, a
 *   function from their text to the served one. With a query (`?plain`) they are served unchanged.
 * @returns {Promise<Server>}
 */
export async function startServer({ dir = root, path = '/', port = 0, policy, replace = {} } = {}) {
  /** @type {string[]} */
  const requests = [];
  /** @type {string[]} */
  const absent = [];
  /** @type {Record<string, string>[]} */
  const violations = [];
  // `dev`: files are read at each request, so that a rebuilt page is served at once.
  const files = sirv(dir, {
    dev: true,
    setHeaders(response) {
      response.setHeader('Cache-Control', 'no-cache');
      if (policy) response.setHeader('Content-Security-Policy-Report-Only', `${policy}; report-uri /--violation`);
    },
  });

  const server = createServer((request, response) => {
    const asked = request.url ?? '/';
    if (asked === '/--violation') {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        violations.push(JSON.parse(body)['csp-report']);
        response.writeHead(204).end();
      });
      return;
    }
    requests.push(`${request.method} ${asked}`);
    const missing = () => {
      absent.push(asked);
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end(`There is no ${asked} here.\n`);
    };
    if (!asked.startsWith(path)) return missing();
    request.url = asked.slice(path.length - 1);
    const other = Object.keys(replace).find((end) => asked.endsWith(end));
    if (other === undefined) return files(request, response, missing);
    readFile(nodePath.join(dir, decodeURIComponent(request.url)), 'utf8').then(
      (text) => response.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-cache' }).end(replace[other](text)),
      missing,
    );
  });

  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}${path}`,
    requests,
    missing: absent,
    violations,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve(undefined));
      }),
  };
}
