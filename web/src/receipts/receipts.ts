// Receipts: collected from a node once the ballot is final, and verified against what the validators
// signed. A node's word alone is never a receipt.

import type { BallotRecord, Node } from '../chain/node';
import type { Delivery } from '../flow/state';

/** What came of verifying a receipt. */
export type Verdict =
  | {
      readonly kind: 'included';
      readonly election: number;
      readonly tracker: string;
      readonly block: number;
      /** The account that cast it, as nodes write it; `null` where the proof does not say. */
      readonly account: string | null;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Collects and verifies receipts. */
export interface Receipts {
  /** The receipt of a ballot that this node has in a final block; not verified yet. */
  collect(node: Node, delivery: Pick<Delivery, 'election' | 'tracker'>, record: BallotRecord): Promise<string>;
  /** Follows the proofs from the ballot to the validators' signatures. */
  verify(receipt: string): Promise<Verdict>;
}
