// A ballot that was cast, until its receipt is proven.

import { Courier } from '../delivery/courier';
import type { Configuration } from '../configuration';
import type { Receipts } from '../receipts/receipts';
import { keepReceipt } from '../storage/deliveries';
import { type Desk, need } from './desk';
import { advance } from './machine';
import type { Delivery, Receipt } from './state';

/** Watches over a ballot on its way. */
export class Posting {
  private courier: Courier | null = null;

  constructor(
    private readonly desk: Desk,
    private readonly openReceipts: (configuration: Configuration) => Receipts,
  ) {}

  /** Ends the watching; the ballot stays on its way. */
  end(): void {
    this.courier?.end();
  }

  /**
   * Shows the ballot as cast, and brings it into a final block unless its receipt is there already.
   * `castAt` is the last final block where it was cast a moment ago.
   */
  deliver(delivery: Delivery, receipt: Receipt | null, castAt: number | null): void {
    this.end();
    const { configuration, election, flow } = this.desk.store.current;
    const waiting = advance({ ...flow, step: 'sealed' }, { type: 'cast', delivery });
    this.desk.store.change({ flow: waiting });
    if (receipt !== null) {
      this.desk.apply({ type: 'final', receipt });
      return;
    }
    const { manifest } = need(election);
    const receipts = this.openReceipts(need(configuration));
    const means = {
      nodes: need(this.desk.witnesses).nodes,
      relays: configuration?.relays ?? [],
      hops: configuration?.hops ?? 0,
      relayDelay: manifest.relayDelay,
      closing: manifest.voting.end,
      booth: need(this.desk.booth),
    };
    this.courier = new Courier(delivery, means, {
      progress: (progress) => this.desk.apply({ type: 'progress', progress }),
      refused: (code) => this.desk.apply({ type: 'failed', notice: { kind: 'ballotRefused', code } }),
      proven: (collected) => this.prove(receipts, delivery, collected),
    });
    this.courier.start(castAt);
  }

  /** One of the receipts that were put together counts once it is verified here. */
  private async prove(receipts: Receipts, delivery: Delivery, collected: readonly string[]): Promise<boolean> {
    try {
      for (const text of collected) {
        const verdict = await receipts.verify(text);
        if (verdict.kind === 'included' && verdict.tracker === delivery.tracker) {
          const receipt = { text, block: verdict.block };
          await keepReceipt(receipt);
          this.desk.apply({ type: 'final', receipt });
          return true;
        }
      }
    } catch (error) {
      // The next look puts other receipts together.
      this.desk.fail(error);
    }
    return false;
  }
}
