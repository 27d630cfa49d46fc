// Serves the built pages as their real server does: with the policy in a header, too.

import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

import { HttpServer } from './http';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

export class Site {
  readonly server: HttpServer;
  configuration: Record<string, unknown> = {};
  /** Other files than the built ones, by path. */
  readonly files = new Map<string, string>();
  /** Addresses that the policy allows beside those of the configuration. */
  peers: readonly string[] = [];
  /** Every path that was asked for. */
  readonly asked: string[] = [];

  constructor(private readonly folder: string) {
    this.server = new HttpServer((request, response) => {
      const path = normalize(new URL(request.url ?? '/', 'http://site').pathname);
      this.asked.push(path);
      if (path === '/config.json') {
        response.writeHead(200, { ...this.headers(), 'Content-Type': 'application/json' });
        response.end(JSON.stringify(this.configuration));
        return;
      }
      const file = this.files.get(path);
      if (file !== undefined) {
        response.writeHead(200, { ...this.headers(), 'Content-Type': 'application/json' });
        response.end(file);
        return;
      }
      readFile(join(this.folder, path === '/' ? 'index.html' : path)).then(
        (content) => {
          const type = TYPES[extname(path === '/' ? '.html' : path)] ?? TYPES[extname(join(path, '.html'))];
          response.writeHead(200, { ...this.headers(), 'Content-Type': path === '/' ? 'text/html; charset=utf-8' : (type ?? 'text/plain') });
          response.end(content);
        },
        () => response.writeHead(404, this.headers()).end(),
      );
    });
  }

  private headers(): Record<string, string> {
    const services = ['nodes', 'registrars', 'relays']
      .flatMap((kind) => (this.configuration[kind] ?? []) as (string | { url: string })[])
      .map((service) => (typeof service === 'string' ? service : service.url));
    return {
      'Content-Security-Policy':
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; " +
        `img-src 'self' data: blob:; connect-src 'self' ${[...services, ...this.peers].join(' ')}; ` +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-cache',
    };
  }
}
