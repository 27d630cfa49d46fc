// The validators' signatures under final blocks. Any node can send them, since they prove themselves: what
// is heard here is verified against authorities that block 0, or the state under a final block, names.

import { checkFinality, FinalityError } from '../../../tools/second-verifier/src/finality';
import { Reader } from '../../../tools/second-verifier/src/scale';
import type { Voters } from '../../../tools/second-verifier/src/validators';
import type { Node } from './node';
import { targetOf } from './justification';
import { fromHex, type Hex, toHex } from '../encoding/hex';
import type { Authorities } from './authorities';
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
  /** Who signed: the keys. */
  readonly signers: readonly Hex[];
  /** The signatures, as the node sent them. */
  readonly justification: Hex;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Verifies a justification (PSE-AUD-5). */
export function verifyFinality(justification: Hex, voters: Voters): Finality {
  const bytes = fromHex(justification);
  const { hash, number } = targetOf(justification);
  try {
    checkFinality({ hash: fromHex(hash), number }, [], bytes, voters);
  } catch (error) {
    if (error instanceof FinalityError) {
      throw new Contradiction(error.message);
    }
    throw error;
  }
  return { hash, number, signers: signersOf(bytes), justification };
}

/** Who signed, of a justification that was verified. */
function signersOf(bytes: Uint8Array): Hex[] {
  const reader = new Reader(bytes);
  reader.u64(); // The round.
  reader.take(32 + 4); // The target.
  const signed = reader.list(bytes.length, () => {
    reader.take(32 + 4 + 64); // What was signed, and the signature.
    return toHex(reader.take(32));
  });
  return [...new Set(signed)];
}

/** Hears a node's signatures until it is ended. */
export class Listening {
  private over = false;

  constructor(
    private readonly node: Node,
    private readonly authorities: Authorities,
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
          const finality = await this.authorities.verify(justification);
          if (finality !== null && this.goesOn()) {
            this.heard(finality);
          }
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
