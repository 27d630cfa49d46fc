// The light client as a source: it verifies the validators' signatures and every value's proof by itself.

import type { Header } from '../../../../tools/second-verifier/src/header';
import { fromHex, type Hex } from '../../encoding/hex';
import { shapeOf, type Shape } from '../../encoding/shape';
import { headerWithHash, readJsonHeader } from '../../chain/headers';
import type { LightClient } from './light-client';
import { blockOf, Contradiction, type FinalBlock, type Source, type Values } from '../../chain/source';

/** Keys in one question: peers answer with at most some hundred kilobytes of proof. */
const KEYS_AT_ONCE = 64;
/** How often the number of peers is asked for. */
const HEALTH_MS = 3_000;

/** Reads through a light client. */
export class LightSource implements Source {
  readonly kind = 'light';
  readonly name = '';
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly client: LightClient,
    private readonly genesis: Hex,
    private readonly peers: (count: number) => void,
  ) {}

  follow(heard: (block: FinalBlock) => void, failed: (error: Error) => void): void {
    this.client.onFailure(failed);
    this.client.onNotification((result) => {
      try {
        const block = blockOf(readJsonHeader(result));
        // Until it has found the network, the last final block that it knows is the first of all.
        if (block.number > 0) {
          heard(block);
        }
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)));
      }
    });
    this.begin().catch((error: unknown) => failed(error instanceof Error ? error : new Error(String(error))));
  }

  private async begin(): Promise<void> {
    const genesis = shapeOf(await this.client.request('chainSpec_v1_genesisHash'), 'genesis').hex(32);
    if (genesis !== this.genesis) {
      throw new Contradiction(`the chain’s specification is of another chain, ${genesis}`);
    }
    this.timer = setInterval(() => void this.count().catch(() => undefined), HEALTH_MS);
    await this.client.request('chain_subscribeFinalizedHeads');
    await this.count();
  }

  private async count(): Promise<void> {
    const health = shapeOf(await this.client.request('system_health'), 'health');
    this.peers(health.field('peers').count());
  }

  async header(hash: Hex): Promise<Header> {
    return headerWithHash(await this.client.request('chain_getHeader', [hash]), hash);
  }

  async read(keys: readonly Hex[], at: FinalBlock): Promise<Values> {
    const values = new Map<Hex, Uint8Array | null>();
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      const some = keys.slice(from, from + KEYS_AT_ONCE);
      const answer = await this.client.request('state_queryStorageAt', [some, at.hash]);
      shapeOf(answer, 'values')
        .list(1, (set) => set.field('changes').list(KEYS_AT_ONCE, pair))
        .flat()
        .forEach(([key, value]) => values.set(key, value));
      const missing = some.find((key) => !values.has(key));
      if (missing !== undefined) {
        throw new Error(`the light client says nothing about ${missing}`);
      }
    }
    return values;
  }

  close(): void {
    if (this.timer !== null) {
      clearInterval(this.timer);
    }
    this.client.end();
  }
}

function pair(shape: Shape): [Hex, Uint8Array | null] {
  const [key, value] = shape.list(2, (part) => part);
  if (key === undefined || value === undefined) {
    throw new Error('a value of the state without its key');
  }
  return [key.hex(), value.optional((bytes) => fromHex(bytes.hex()))];
}
