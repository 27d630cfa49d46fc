// JSON-RPC with the light client's worker.

import type { FromWorker, ToWorker } from './light-messages';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The light client does not run, or refuses to answer. */
export class LightClientError extends Error {}

/** What the page asks of a light client; a test puts another in its place. */
export interface LightClient {
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  /** Calls `listener` with the results of all subscriptions. */
  onNotification(listener: (result: unknown) => void): void;
  onFailure(listener: (error: Error) => void): void;
  end(): void;
}

/** A light client in a worker. */
export class WorkerLightClient implements LightClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private over: Error | null = null;
  private notified: (result: unknown) => void = () => undefined;
  private failed: (error: Error) => void = () => undefined;

  constructor(specification: string) {
    this.worker = new Worker(new URL('./light-worker.ts', import.meta.url), { type: 'module' });
    this.worker.addEventListener('message', (event: MessageEvent<FromWorker>) => this.take(event.data));
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.fail(event.message === '' ? 'the light client cannot be loaded' : event.message);
    });
    this.send({ kind: 'begin', specification });
  }

  request(method: string, params: readonly unknown[] = []): Promise<unknown> {
    if (this.over !== null) {
      return Promise.reject(this.over);
    }
    this.last += 1;
    const id = this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ kind: 'ask', text: JSON.stringify({ jsonrpc: '2.0', id, method, params }) });
    });
  }

  onNotification(listener: (result: unknown) => void): void {
    this.notified = listener;
  }

  onFailure(listener: (error: Error) => void): void {
    this.failed = listener;
  }

  end(): void {
    this.over ??= new LightClientError('the light client was ended');
    this.worker.terminate();
    this.waiting.forEach(({ reject }) => reject(this.over ?? new LightClientError('ended')));
    this.waiting.clear();
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private take(message: FromWorker): void {
    if (message.kind === 'failed') {
      this.fail(message.why);
    } else if (message.kind === 'said') {
      this.hear(JSON.parse(message.text) as Said);
    }
  }

  private hear(said: Said): void {
    const waiting = said.id === undefined ? undefined : this.waiting.get(said.id);
    if (said.id === undefined || waiting === undefined) {
      this.notified(said.params?.result);
      return;
    }
    this.waiting.delete(said.id);
    if (said.error === undefined) {
      waiting.resolve(said.result);
    } else {
      waiting.reject(new LightClientError(said.error.message));
    }
  }

  private fail(why: string): void {
    if (this.over === null) {
      this.over = new LightClientError(why);
      this.failed(this.over);
      this.end();
    }
  }
}

/** JSON-RPC, written by the client in this page. */
interface Said {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly params?: { readonly result: unknown };
}
