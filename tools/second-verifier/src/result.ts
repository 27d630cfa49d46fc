/** The result of an election, as the chain publishes it (PSE-TAL-6). */

import { MAX_CONTESTS, MAX_OPTIONS } from "./ballot-proofs.js";
import { concat, u32, type Bytes } from "./bytes.js";
import { DecodeError, list, type Reader } from "./scale.js";

export const MAX_DISTRICTS = 256;

export interface ContestResult {
  readonly contest: number;
  readonly counts: readonly number[];
}

/** The counts of a district's contests; or that there were too few ballots to decrypt. */
export type Outcome = { readonly counted: readonly ContestResult[] } | "withheld";

export interface DistrictResult {
  readonly district: number;
  readonly ballots: number;
  readonly outcome: Outcome;
}

export interface ElectionResult {
  readonly block: number;
  readonly districts: readonly DistrictResult[];
}

export function readResult(reader: Reader): ElectionResult {
  return {
    block: reader.u32(),
    districts: reader.list(MAX_DISTRICTS, () => ({
      district: reader.u32(),
      ballots: reader.u32(),
      outcome: readOutcome(reader),
    })),
  };
}

function readOutcome(reader: Reader): Outcome {
  const kind = reader.u8();
  if (kind === 1) return "withheld";
  if (kind !== 0) throw new DecodeError(`an outcome of unknown kind ${kind}`);
  const counted = reader.list(MAX_CONTESTS, () => ({
    contest: reader.u32(),
    counts: reader.list(MAX_OPTIONS, () => reader.u32()),
  }));
  return { counted };
}

export function encodeResult(result: ElectionResult): Bytes {
  const districts = result.districts.map(({ district, ballots, outcome }) =>
    concat(u32(district), u32(ballots), encodeOutcome(outcome)),
  );
  return concat(u32(result.block), list(districts));
}

function encodeOutcome(outcome: Outcome): Bytes {
  if (outcome === "withheld") return Uint8Array.of(1);
  const contests = outcome.counted.map(({ contest, counts }) => concat(u32(contest), list(counts.map(u32))));
  return concat(Uint8Array.of(0), list(contests));
}
