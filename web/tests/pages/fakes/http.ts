// A small HTTP server for the fakes, with the headers that browsers want from another origin.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

export const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'authorization, content-type',
  'Access-Control-Allow-Methods': 'GET, POST, DELETE',
  'Access-Control-Expose-Headers': 'retry-after',
};

export function json(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...CORS, 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

export function problem(response: ServerResponse, status: number, code: string, more: object = {}): void {
  const body = { type: 'about:blank', title: code, status, detail: `the fake says ${code}`, code, ...more };
  json(response, status, body, { 'Content-Type': 'application/problem+json' });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

export class HttpServer {
  private readonly server: Server;
  private port = 0;

  constructor(handler: Handler) {
    this.server = createServer((request, response) => {
      if (request.method === 'OPTIONS') {
        response.writeHead(204, CORS).end();
        return;
      }
      void bodyOf(request).then((body) => handler(request, response, body));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
