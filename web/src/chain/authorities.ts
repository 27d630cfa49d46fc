// Who signs that blocks are final, as of what a node's signatures themselves have proved so far.

import { announcedVoters } from '../../../tools/second-verifier/src/header';
import type { Voters } from '../../../tools/second-verifier/src/validators';
import { type Handover, handoverTo } from './handovers';
import type { Node } from './node';
import { targetOf } from './justification';
import type { Hex } from '../encoding/hex';
import { readJsonHeader } from './headers';
import { type Finality, verifyFinality } from './signatures';
import { blockOf, Contradiction } from './source';

/** Follows the sets of validators from one that is known (PSE-RCP-6). */
export class Authorities {
  /** How the sets so far were handed over, one after the other. */
  private readonly taken: Handover[] = [];

  constructor(
    private readonly node: Node,
    private voters: Voters,
    /** The last block that is not theirs to sign. */
    private since: number,
  ) {}

  /** The blocks with which the sets before ended. */
  get handovers(): readonly Handover[] {
    return [...this.taken];
  }

  /** Verifies signatures; nothing comes of those of a set before, which are old news. */
  async verify(justification: Hex): Promise<Finality | null> {
    for (;;) {
      if (targetOf(justification).number <= this.since) {
        return null;
      }
      try {
        return verifyFinality(justification, this.voters);
      } catch (error) {
        // They may be the next set's.
        if (!(error instanceof Contradiction) || !(await this.advance())) {
          throw error;
        }
      }
    }
  }

  /** Takes the next set over, if there is one by now. */
  private async advance(): Promise<boolean> {
    const { hash } = await this.node.finalised();
    const handover = await handoverTo(this.node, Number(this.voters.set) + 1, hash);
    if (handover !== null) {
      this.take(handover);
    }
    return handover !== null;
  }

  private take(handover: Handover): void {
    const { header: sent, justification } = handover;
    const header = readJsonHeader(sent);
    const finality = verifyFinality(justification, this.voters);
    const keys = announcedVoters(header);
    if (finality.hash !== blockOf(header).hash || keys === undefined || header.number <= this.since) {
      throw new Contradiction(`block ${header.number} does not hand over to other validators`);
    }
    this.voters = { keys, set: this.voters.set + 1n };
    this.since = header.number;
    this.taken.push(handover);
  }
}
