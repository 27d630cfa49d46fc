// Receipts, verified against what the validators signed. A node's word alone is never a receipt.

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

/** Verifies receipts. */
export interface Receipts {
  /** Follows the proofs from the ballot to the validators' signatures. */
  verify(receipt: string): Promise<Verdict>;
}
