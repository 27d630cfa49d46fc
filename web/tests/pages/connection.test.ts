// The page's own clients against services that fail: no browser is needed for these.

import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { Connection, NodeUnreachable, RpcError } from '../../src/chain/rpc';
import { Problem } from '../../src/registrar/problem';
import { Registrar } from '../../src/registrar/registrar';
import { handOver, RelayRefused } from '../../src/relay/relay';
import { HttpServer, json, type Handler } from './fakes/http';
import { provideWebSocket } from './fakes/websocket';

let server: WebSocketServer | null = null;
let http: HttpServer | null = null;

beforeAll(provideWebSocket);

afterEach(async () => {
  server?.clients.forEach((client) => client.terminate());
  server?.close();
  await http?.stop();
  [server, http] = [null, null];
});

/** A node that answers every message so. */
async function node(answer: (id: number, method: string) => readonly string[], port = 0): Promise<string> {
  const listening = new WebSocketServer({ host: '127.0.0.1', port });
  server = listening;
  await new Promise<void>((resolve) => listening.once('listening', resolve));
  listening.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const { id, method } = JSON.parse(data.toString()) as { id: number; method: string };
      answer(id, method).forEach((text) => socket.send(text));
    }),
  );
  return `ws://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

async function service(handler: Handler): Promise<string> {
  http = new HttpServer(handler);
  await http.start();
  return http.url;
}

describe('a connection to a node', () => {
  test('takes answers in any order, and passes over what is none', async () => {
    const waiting: number[] = [];
    const url = await node((id) => {
      waiting.push(id);
      const answers = waiting.map((one) => JSON.stringify({ jsonrpc: '2.0', id: one, result: one * 10 })).reverse();
      return waiting.length < 2 ? ['not JSON', '[]', '5', '{"id":"x"}'] : answers;
    });
    const connection = new Connection(url);
    expect(await Promise.all([connection.request('a'), connection.request('b')])).toEqual([10, 20]);
    connection.close();
  });

  test('tells the error that the node gives', async () => {
    const error = { code: 1010, message: 'Invalid Transaction', data: 'Custom error: 7' };
    const connection = new Connection(await node((id) => [JSON.stringify({ jsonrpc: '2.0', id, error })]));
    await expect(connection.request('a')).rejects.toEqual(new RpcError(1010, 'Invalid Transaction', 'Custom error: 7'));
    connection.close();
  });

  test('is made anew when the node comes back', async () => {
    const answer = (id: number) => [JSON.stringify({ jsonrpc: '2.0', id, result: 'here' })];
    const url = await node(answer);
    const connection = new Connection(url);
    expect(await connection.request('a')).toBe('here');
    const first = server;
    first?.clients.forEach((client) => client.terminate());
    await new Promise<void>((resolve) => first?.close(() => resolve()));
    await expect(connection.request('a')).rejects.toBeInstanceOf(NodeUnreachable);
    await node(answer, Number(new URL(url).port));
    expect(await connection.request('a')).toBe('here');
    connection.close();
  });

  test('does not leave a question open when the node goes away', async () => {
    const url = await node(() => {
      setTimeout(() => server?.clients.forEach((client) => client.terminate()), 20);
      return [];
    });
    const connection = new Connection(url);
    await expect(connection.request('a')).rejects.toThrow(`${url} cannot be reached`);
  });
});

describe('a registrar', () => {
  test.each([
    ['a problem', 429, { code: 'rate_limited', title: 'T', detail: 'D', retry_after_seconds: 9 }, ['rate_limited', 'D', 9]],
    ['a problem without a detail', 410, { code: 'session_expired', title: 'T' }, ['session_expired', 'T', null]],
    ['something else', 502, 'bad gateway', ['failed', 'the service answered 502', null]],
  ] as [string, number, unknown, [string, string, number | null]][])('that answers with %s', async (_, status, body, expected) => {
    const url = await service((_request, response) => json(response, status, body));
    const error: unknown = await new Registrar(0, url).office().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Problem);
    const { code, detail, retryAfter } = error as Problem;
    expect([code, detail, retryAfter]).toEqual(expected);
  });

  test('that answers with another shape is told with the place', async () => {
    const url = await service((_request, response) => json(response, 200, { token: 'short' }));
    await expect(new Registrar(0, url).signInDevelopment('a', 'b')).rejects.toThrow(
      '/v1/sign-in/development.token: expected a token of 64 hexadecimal digits',
    );
  });

  test('that records is asked later, as it says', async () => {
    const url = await service((_request, response) => json(response, 202, { state: 'recording' }, { 'Retry-After': '4' }));
    const answer = await new Registrar(0, url).sign('a'.repeat(64), 'b', '0x00');
    expect(answer).toEqual({ kind: 'recording', retryAfterSeconds: 4 });
  });

  test('that cannot be reached is a passing problem', async () => {
    const error: unknown = await new Registrar(0, 'http://127.0.0.1:1').office().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 0, code: 'unreachable', passing: true });
  });
});

test('a relay has an envelope only when it says 202', async () => {
  let status = 200;
  const url = await service((_request, response) => json(response, status, {}));
  await expect(handOver(url, new Uint8Array(4))).rejects.toEqual(new RelayRefused(url, 200));
  status = 503;
  await expect(handOver(url, new Uint8Array(4))).rejects.toThrow(`${url} answered 503`);
  status = 202;
  await expect(handOver(url, new Uint8Array(4))).resolves.toBeUndefined();
});
