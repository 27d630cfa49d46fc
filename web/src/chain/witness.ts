// One node, heard and not believed. What it says of the chain counts once it is proven against blocks that the
// validators have signed; where it cannot be, that is remembered against the node.

import type { Hex } from '../encoding/hex';
import type { Node } from './node';
import { type Evidence, NodeSource, type Proof } from './node-source';
import { Contradiction, type FinalBlock } from './source';

/** A node that could not be asked for its first block is asked again after so long. */
const RETRY_MS = 3_000;

/** A final block, and what proves that it is one. */
export interface Standing {
  readonly block: FinalBlock;
  readonly evidence: Evidence;
}

/** One node. */
export class Witness {
  private readonly source: NodeSource;
  private latest: Standing | null = null;
  private trouble: Error | null = null;
  private refuted: Contradiction | null = null;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private over = false;

  constructor(
    readonly url: string,
    genesis: Hex,
  ) {
    this.source = new NodeSource(url, genesis, () => undefined);
    this.begin();
  }

  /** The node itself, for what cannot be proven, and for handing a ballot over. */
  get node(): Node {
    return this.source.node;
  }

  /** The last final block that it has proven; `null` before the first. */
  get standing(): Standing | null {
    return this.latest;
  }

  /** What it said against what the validators have signed, or without a proof; `null` if it never did. */
  get contradiction(): Contradiction | null {
    return this.refuted;
  }

  /** Calls back with every block that it proves, and with every failure; ends when what it returns is called. */
  onNews(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The last final block that it has proven; the first is waited for, so many milliseconds. */
  heard(patience: number): Promise<Standing> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        const failure: Error | null = this.refuted ?? this.trouble;
        if (this.latest !== null) {
          resolve(this.latest);
        } else if (failure !== null) {
          reject(failure);
        } else {
          return;
        }
        end();
      };
      const silent = () => {
        end();
        reject(new Error(`${this.url} has sent no signatures of the validators for ${patience / 1_000} s`));
      };
      const timer = setTimeout(silent, patience);
      const deaf = this.onNews(settle);
      const end = () => {
        clearTimeout(timer);
        deaf();
      };
      settle();
    });
  }

  /** Values of the state after a block that it has proven, and what proves them. */
  async prove(keys: readonly Hex[], at: FinalBlock): Promise<Proof> {
    try {
      return await this.source.prove(keys, at);
    } catch (error) {
      this.remember(error);
      throw error;
    }
  }

  /** Ends all connections. */
  close(): void {
    this.over = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.source.close();
  }

  private begin(): void {
    this.source.follow(
      (block, evidence) => {
        this.latest = { block, evidence };
        this.trouble = null;
        this.tell();
      },
      (error) => {
        this.trouble = error;
        this.remember(error);
        this.beginLater();
        this.tell();
      },
    );
  }

  /** Only where it has not begun to listen: then it goes on by itself. */
  private beginLater(): void {
    if (!this.over && !this.source.follows) {
      this.timer = setTimeout(() => this.begin(), RETRY_MS);
    }
  }

  private remember(error: unknown): void {
    if (error instanceof Contradiction) {
      this.refuted ??= error;
    }
  }

  private tell(): void {
    [...this.listeners].forEach((listener) => listener());
  }
}
