// The validators' signatures under final blocks. Any node can send them, since they prove themselves: what
// is heard here is verified against the authorities of block 0.

import { hex } from '../../../../tools/second-verifier/src/bytes';
import { checkFinality, FinalityError } from '../../../../tools/second-verifier/src/finality';
import type { GrandpaAuthority } from '../../../../tools/second-verifier/src/genesis';
import { Reader } from '../../../../tools/second-verifier/src/scale';
import type { Node } from '../../chain/node';
import { targetOf } from '../../crypto/justification';
import { fromHex, type Hex } from '../../encoding/hex';
import { Contradiction } from './source';

/** So long is waited for the next signatures, before the node is asked again whether it is there at all. */
const PATIENCE_MS = 10_000;
/** Between two that are verified: blocks come every three seconds, and a node must not keep the page busy. */
const PACE_MS = 500;
/** Between two questions to a node that has not answered. */
const PAUSE_MS = 3_000;

/** Signatures that make a block final. */
export interface Finality {
  readonly number: number;
  readonly hash: Hex;
  /** Who signed: places among the authorities. */
  readonly signers: readonly number[];
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Verifies a justification (PSE-AUD-5). */
export function verifyFinality(justification: Hex, authorities: readonly GrandpaAuthority[]): Finality {
  const bytes = fromHex(justification);
  const { hash, number } = targetOf(justification);
  try {
    checkFinality({ hash: fromHex(hash), number }, [], bytes, authorities);
  } catch (error) {
    if (error instanceof FinalityError) {
      throw new Contradiction(error.message);
    }
    throw error;
  }
  return { hash, number, signers: signersOf(bytes, authorities) };
}

/** Who signed, of a justification that was verified. */
function signersOf(bytes: Uint8Array, authorities: readonly GrandpaAuthority[]): number[] {
  const reader = new Reader(bytes);
  reader.u64(); // The round.
  reader.take(32 + 4); // The target.
  const signed = reader.list(bytes.length, () => {
    reader.take(32 + 4 + 64); // What was signed, and the signature.
    return hex(reader.take(32));
  });
  return authorities.flatMap(({ key }, place) => (signed.includes(hex(key)) ? [place] : []));
}

/** Hears a node's signatures until it is ended. */
export class Listening {
  private over = false;

  constructor(
    private readonly node: Node,
    private readonly authorities: readonly GrandpaAuthority[],
    private readonly heard: (finality: Finality) => void,
    private readonly failed: (error: Error) => void,
  ) {
    void this.run();
  }

  end(): void {
    this.over = true;
  }

  private async run(): Promise<void> {
    while (this.goesOn()) {
      try {
        const justification = await this.node.nextJustification(PATIENCE_MS);
        if (justification !== null && this.goesOn()) {
          this.heard(verifyFinality(justification, this.authorities));
          await pause(PACE_MS);
        }
      } catch (error) {
        if (this.goesOn()) {
          this.failed(error instanceof Error ? error : new Error(String(error)));
          await pause(PAUSE_MS);
        }
      }
    }
  }

  private goesOn(): boolean {
    return !this.over;
  }
}
