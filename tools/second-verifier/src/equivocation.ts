/** Reports of two votes in one round: what they hold, and which of them are accepted (PSE-VAL-10). */

import { equal, hex, type Bytes } from "./bytes.js";
import { isSignedVote, PRECOMMIT, readTarget, type SignedVote } from "./finality.js";
import { DecodeError, type Reader } from "./scale.js";
import type { Organisation } from "./validators.js";

/** So many sets before the active one can still be reported of. */
const FORMER_SETS = 16n;
/** For so many rounds of one set an organisation can be reported. */
const MAX_ROUNDS = 16;

/** Two votes of one voter in one round, of the same kind. */
export interface Equivocation {
  readonly set: bigint;
  readonly kind: number;
  readonly round: bigint;
  readonly authority: Bytes;
  readonly first: SignedVote;
  readonly second: SignedVote;
}

/** The arguments of a report: the number of the set, and the evidence. */
export function readEquivocation(reader: Reader): Equivocation {
  return {
    set: reader.u64(),
    kind: readKind(reader),
    round: reader.u64(),
    authority: reader.take(32),
    first: readVote(reader),
    second: readVote(reader),
  };
}

function readKind(reader: Reader): number {
  const kind = reader.u8();
  // GRANDPA has a further kind, a primary's proposal, of which there is no evidence.
  if (kind > PRECOMMIT) throw new DecodeError(`votes of unknown kind ${kind}`);
  return kind;
}

function readVote(reader: Reader): SignedVote {
  return { target: readTarget(reader), signature: reader.take(64) };
}

/** A set that can be reported of. */
interface ReportableSet {
  readonly organisations: readonly Organisation[];
  /** For which rounds each account was reported. */
  readonly rounds: Map<string, Set<bigint>>;
}

/** The active set and those before it, and what was reported of them. */
export class Reports {
  readonly #sets = new Map<bigint, ReportableSet>();

  /** Makes a set the active one. What was reported of a set that is too old then is forgotten. */
  begin(set: bigint, organisations: readonly Organisation[]): void {
    this.#sets.set(set, { organisations, rounds: new Map() });
    // Each set has the number after the one before, so there is never more than one to forget.
    this.#sets.delete(set - FORMER_SETS - 1n);
  }

  /** Records a report, or says why it is refused, in which case it has no effect. */
  add(evidence: Equivocation): string | undefined {
    const { set, round, authority } = evidence;
    const known = this.#sets.get(set);
    if (known === undefined) return `set ${set} is neither the active one nor one of the ${FORMER_SETS} before it`;
    const voter = known.organisations.find(({ keys }) => equal(keys.grandpa, authority));
    if (voter === undefined) return `nobody votes with the key 0x${hex(authority)} in set ${set}`;
    const account = hex(voter.account);
    const rounds = known.rounds.get(account) ?? new Set();
    if (rounds.has(round)) return `the organisation was reported for round ${round} of set ${set} before`;
    if (rounds.size >= MAX_ROUNDS) return `the organisation was reported for ${MAX_ROUNDS} rounds of set ${set} before`;
    const wrong = whyNoEvidence(evidence);
    if (wrong !== undefined) return wrong;
    known.rounds.set(account, rounds.add(round));
    return undefined;
  }
}

/** What stands against the votes themselves. Signatures come last: they are what costs time. */
function whyNoEvidence(evidence: Equivocation): string | undefined {
  const { first, second, authority } = evidence;
  const [one, other] = [first.target, second.target];
  if (equal(one.hash, other.hash) && one.number === other.number) return "the votes are for the same block";
  const signed = [first, second].every((vote) => isSignedVote(vote, authority, evidence));
  return signed ? undefined : "one of the votes is not signed with the key";
}
