// JSON-RPC over a WebSocket, as every Substrate node answers it. Reconnects when asked the next time.

/** A node that has not answered for so long will be asked again, or another one. */
const ANSWER_MS = 10_000;

/** The node answered with an error. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
    /** What the node adds, such as `Custom error: 7`. */
    readonly data: string | null,
  ) {
    super(data === null ? message : `${message}: ${data}`);
  }
}

/** The node cannot be reached, or does not answer. */
export class NodeUnreachable extends Error {}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** A connection to one node. */
export class Connection {
  private socket: Promise<WebSocket> | null = null;
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Set<(result: unknown) => void>();
  private next = 1;

  constructor(readonly url: string) {}

  /** Asks the node one question. */
  async request(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const socket = await this.open();
    const id = this.next;
    this.next += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new NodeUnreachable(`${this.url} has not answered ${method} for ${ANSWER_MS / 1000} s`));
      }, ANSWER_MS);
      this.pending.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  /** The first notification of a subscription; `null` if none comes within `patience`. */
  async firstOf(subscribe: string, unsubscribe: string, patience: number): Promise<unknown> {
    let listener: (result: unknown) => void = () => undefined;
    const first = new Promise<unknown>((resolve) => {
      listener = resolve;
    });
    const timer = setTimeout(() => listener(null), patience);
    // Listened for before asking: the first notification may come with the answer.
    this.listeners.add(listener);
    try {
      const subscription = await this.request(subscribe);
      const { socket } = this;
      const result = await first;
      // Where the connection has ended, the subscription has ended with it: nothing is opened for that.
      if (socket !== null && this.socket === socket) {
        this.request(unsubscribe, [subscription]).catch(() => undefined);
      }
      return result;
    } finally {
      clearTimeout(timer);
      this.listeners.delete(listener);
    }
  }

  /** Ends the connection; a later question opens it again. */
  close(): void {
    this.socket?.then((socket) => socket.close()).catch(() => undefined);
    this.socket = null;
  }

  private open(): Promise<WebSocket> {
    this.socket ??= this.connect().catch((error: unknown) => {
      this.socket = null;
      throw error;
    });
    return this.socket;
  }

  private connect(): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.url);
      const timer = setTimeout(() => socket.close(), ANSWER_MS);
      socket.onopen = () => {
        clearTimeout(timer);
        resolve(socket);
      };
      socket.onmessage = (message) => this.receive(message.data);
      socket.onclose = () => {
        clearTimeout(timer);
        const error = new NodeUnreachable(`${this.url} cannot be reached`);
        reject(error);
        this.lost(error);
      };
    });
  }

  private lost(error: Error): void {
    this.socket = null;
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.pending.clear();
  }

  private receive(data: unknown): void {
    const message = parse(data);
    if (message === null) {
      return;
    }
    if (typeof message['id'] !== 'number') {
      this.notify(message);
      return;
    }
    const pending = this.pending.get(message['id']);
    if (pending === undefined) {
      return;
    }
    this.pending.delete(message['id']);
    clearTimeout(pending.timer);
    const { error } = message;
    if (error === undefined) {
      pending.resolve(message['result']);
    } else {
      pending.reject(rpcError(error));
    }
  }

  private notify(message: Record<string, unknown>): void {
    const { params } = message;
    if (typeof params !== 'object' || params === null) {
      return;
    }
    for (const listener of this.listeners) {
      listener((params as Record<string, unknown>)['result']);
    }
  }
}

/** Whatever is no JSON object is no message: a node that sends such things has not answered. */
function parse(data: unknown): Record<string, unknown> | null {
  if (typeof data !== 'string') {
    return null;
  }
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function rpcError(error: unknown): RpcError {
  const fields = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
  const { code, message, data } = fields;
  return new RpcError(
    typeof code === 'number' ? code : 0,
    typeof message === 'string' ? message : 'the node answered with an error',
    typeof data === 'string' ? data : null,
  );
}
