/**
 * The checks that cost time and depend on nothing but their input: signatures and ballots' proofs.
 *
 * They are pure, so they can be carried out anywhere (`workers.ts`), and their answers can be kept
 * (`scripts/agree` checks one archive many times, with one byte changed).
 */

import { createHash } from "node:crypto";
import { decodeElectionKey, readBallot, verifyBallots, type ContestRule } from "./ballot-proofs.js";
import { littleEndian, u32, type Bytes } from "./bytes.js";
import { decodeAll } from "./scale.js";
import { isSignedBy, type MultiSignature } from "./signatures.js";
import type { Context } from "./transcripts.js";

export interface SignatureCheck {
  readonly account: Bytes;
  readonly message: Bytes;
  readonly signature: MultiSignature;
}

export interface BallotCheck {
  readonly key: Bytes;
  readonly context: Context;
  readonly district: number;
  readonly account: Bytes;
  readonly rules: readonly ContestRule[];
  readonly ballot: Bytes;
}

export interface Checker {
  /** Whether each is the account's. */
  signatures(checks: readonly SignatureCheck[]): Promise<boolean[]>;
  /** Why each is refused; undefined if it verifies. All are under one election key. */
  ballots(checks: readonly BallotCheck[]): Promise<(string | undefined)[]>;
}

export function checkSignatures(checks: readonly SignatureCheck[]): boolean[] {
  return checks.map(({ account, message, signature }) => isSignedBy(account, message, signature));
}

export function checkBallots(checks: readonly BallotCheck[]): (string | undefined)[] {
  const [first] = checks;
  if (first === undefined) return [];
  const key = decodeElectionKey(first.key);
  const ballots = checks.map((check) => ({ statement: check, ballot: decodeAll(check.ballot, readBallot) }));
  return verifyBallots(key, ballots).map((refusal) => refusal?.message);
}

/** Remembers every answer by the hash of all that was asked. */
export class Remembering implements Checker {
  readonly #answers = new Map<string, unknown>();

  constructor(readonly inner: Checker) {}

  signatures(checks: readonly SignatureCheck[]): Promise<boolean[]> {
    const name = ({ account, message, signature }: SignatureCheck): string =>
      nameOf("signature", [account, message, Buffer.from(signature.kind), signature.bytes]);
    return this.#recall(checks, name, (unknown) => this.inner.signatures(unknown));
  }

  ballots(checks: readonly BallotCheck[]): Promise<(string | undefined)[]> {
    const name = ({ key, context, district, account, rules, ballot }: BallotCheck): string => {
      const { genesisHash, election, manifestHash } = context;
      const numbers = [u32(election), u32(district)];
      return nameOf("ballot", [key, genesisHash, manifestHash, ...numbers, account, encode(rules), ballot]);
    };
    return this.#recall(checks, name, (unknown) => this.inner.ballots(unknown));
  }

  async #recall<C, A>(
    checks: readonly C[],
    name: (check: C) => string,
    ask: (unknown: readonly C[]) => Promise<A[]>,
  ): Promise<A[]> {
    const names = checks.map(name);
    const unknown = checks.filter((_, at) => !this.#answers.has(names[at] ?? ""));
    const answers = await ask(unknown);
    let next = 0;
    return names.map((own) => {
      if (!this.#answers.has(own)) this.#answers.set(own, answers[next++]);
      return this.#answers.get(own) as A;
    });
  }
}

const encode = (rules: readonly ContestRule[]): Bytes => Buffer.from(JSON.stringify(rules));

/** A hash of all parts, each with its length in front. */
function nameOf(kind: string, parts: readonly Bytes[]): string {
  const hash = createHash("sha256").update(kind);
  for (const part of parts) hash.update(littleEndian(part.length, 8)).update(part);
  return hash.digest("hex");
}
