// The line to the worker: calls go out, answers come back, each to whom it belongs.

import type { Answer, Call, Calls, Name } from './calls';

/** The cryptography refused, or has ended. */
export class CryptoError extends Error {}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: CryptoError) => void;
}

/** A worker and the calls that it has not answered yet. */
export class Line {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private over: CryptoError | null = null;

  constructor() {
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.worker.addEventListener('message', (event: MessageEvent<Answer>) => this.take(event.data));
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.end(event.message === '' ? 'the cryptography cannot be loaded' : event.message);
    });
  }

  /** Asks for one call. */
  ask<N extends Name>(name: N, ...parameters: Parameters<Calls[N]>): Promise<ReturnType<Calls[N]>> {
    if (this.over !== null) {
      return Promise.reject(this.over);
    }
    this.last += 1;
    const call: Call = { id: this.last, name, parameters };
    return new Promise((resolve, reject) => {
      this.waiting.set(call.id, { resolve: (value) => resolve(value as ReturnType<Calls[N]>), reject });
      this.worker.postMessage(call);
    });
  }

  private take(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('refused' in answer) {
      waiting?.reject(new CryptoError(answer.refused));
    } else {
      waiting?.resolve(answer.value);
    }
  }

  /** Ends the worker, and with it everything that it holds. */
  end(why = 'the booth is closed'): void {
    this.over ??= new CryptoError(why);
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) {
      reject(this.over);
    }
    this.waiting.clear();
  }
}
