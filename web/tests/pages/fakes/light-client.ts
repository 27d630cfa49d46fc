// Stands in for the light client: its chain specification is the address of a fake that answers as a light
// client would, so that the page behind it is the real one.

import type { LightClient } from '../../../src/observe/source/light-client';

/** As `src/observe/source/light-client` has it. */
export class LightClientError extends Error {}

/** A light client at the other end of a WebSocket. */
export class WorkerLightClient implements LightClient {
  private readonly socket: WebSocket;
  private readonly opened: Promise<void>;
  private readonly waiting = new Map<number, (value: unknown) => void>();
  private last = 0;
  private notified: (result: unknown) => void = () => undefined;
  private failed: (error: Error) => void = () => undefined;

  constructor(specification: string) {
    this.socket = new WebSocket((JSON.parse(specification) as { url: string }).url);
    this.opened = new Promise((resolve) => this.socket.addEventListener('open', () => resolve()));
    this.socket.addEventListener('error', () => this.failed(new LightClientError('the specification cannot be used')));
    this.socket.addEventListener('message', (event) => this.hear(JSON.parse(String(event.data)) as Said));
  }

  async request(method: string, params: readonly unknown[] = []): Promise<unknown> {
    await this.opened;
    this.last += 1;
    const id = this.last;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  onNotification(listener: (result: unknown) => void): void {
    this.notified = listener;
  }

  onFailure(listener: (error: Error) => void): void {
    this.failed = listener;
  }

  end(): void {
    this.socket.close();
  }

  private hear({ id, result, params }: Said): void {
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (waiting === undefined) {
      this.notified(params?.result);
    } else {
      waiting(result);
    }
  }
}

interface Said {
  readonly id?: number;
  readonly result?: unknown;
  readonly params?: { readonly result: unknown };
}
