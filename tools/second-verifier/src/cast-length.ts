/** How long an extrinsic that casts a ballot can be (PSE-EXT-5). */

import { sumBranches } from "./ballot-proofs.js";
import type { Manifest } from "./manifest.js";
import { compact } from "./scale.js";

/** Around credential and ballot, at its longest. */
const AROUND = 121;
const SELECTION = 288;
const BRANCH = 128;
/** A registrar's index and the prefix of what it has signed. */
const BESIDE_SIGNATURE = 33;

/** Bytes that an extrinsic which casts a ballot has at most, in the district with this place in the manifest. */
export function longestCast({ districts, registrars, quorum }: Manifest, place: number): number {
  const modulus = Math.max(0, ...registrars.map(({ keys }) => keys[place]?.length ?? 0));
  const contests = districts[place]?.contests ?? [];
  const lengths = contests.map(({ rule }) => list(rule.options, SELECTION) + list(sumBranches(rule).length, BRANCH));
  const ballot = list(contests.length, 0) + lengths.reduce((total, own) => total + own, 0);
  return AROUND + list(quorum, BESIDE_SIGNATURE + list(modulus, 1)) + ballot;
}

/** Bytes of a list: its length, and so many items of so many bytes. */
const list = (items: number, bytes: number): number => compact(items).length + items * bytes;
