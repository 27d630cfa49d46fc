// A receipt (PSE-RCP-1), put together of what was read to find the ballot, so that no question to a node is about
// the receipt. Nothing is believed: it is verified afterwards.

import type { Evidence } from '../chain/node-source';
import type { Hex } from '../encoding/hex';

/** Which ballot it is for. */
export interface Place {
  readonly election: number;
  readonly tracker: Hex;
  /** Its place in the register. */
  readonly index: number;
}

/** The receipt of a ballot; `page` are nodes of the trie that prove the page with its record, after the final block. */
export function assembleReceipt({ election, tracker, index }: Place, evidence: Evidence, page: readonly Hex[]): string {
  const { genesis, handovers, header, justification } = evidence;
  return JSON.stringify({
    format: 'psephos/receipt/2',
    election,
    tracker,
    index,
    genesis,
    handovers: handovers.map((handover) => ({ header: handover.header, justification: handover.justification })),
    block: { header, proof: page },
    descendants: [],
    justification,
  });
}
