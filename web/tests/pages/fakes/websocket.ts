// A browser's WebSocket for tests in Node.js, which has none of its own before version 22.

import { WebSocket } from 'ws';

/** Like a browser's, it throws nothing where nobody answers: it closes. */
class BrowsersWebSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.on('error', () => undefined);
  }
}

/** Has the pages' code find one. */
export function provideWebSocket(): void {
  Object.assign(globalThis, { WebSocket: BrowsersWebSocket });
}
