// A proxy in front of a node's RPC that changes what passes: a node that lies, whatever it is asked.

import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** What is sent instead of what the node said. */
export type Change = (said: string) => string;

/** Proxies every connection to one node. */
export class LyingProxy {
  /** Whether it has changed anything yet. */
  lied = false;

  private constructor(
    private readonly server: WebSocketServer,
    private readonly upstream: string,
    private readonly change: Change,
  ) {
    server.on('connection', (client) => this.connect(client));
  }

  static async open(upstream: string, change: Change): Promise<LyingProxy> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise<void>((resolve) => server.once('listening', resolve));
    return new LyingProxy(server, upstream, change);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.server.clients.forEach((client) => client.terminate());
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private connect(client: WebSocket): void {
    const node = new WebSocket(this.upstream);
    const early: string[] = [];
    client.on('message', (data: Buffer) => {
      const text = data.toString();
      if (node.readyState === WebSocket.OPEN) {
        node.send(text);
      } else {
        early.push(text);
      }
    });
    node.on('open', () => early.splice(0).forEach((text) => node.send(text)));
    node.on('message', (data: Buffer) => {
      const said = data.toString();
      const changed = this.change(said);
      this.lied ||= changed !== said;
      client.send(changed);
    });
    node.on('error', () => client.terminate());
    node.on('close', () => client.terminate());
    client.on('close', () => node.terminate());
  }
}
