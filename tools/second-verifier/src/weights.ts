/**
 * Weights of equations that are verified together.
 *
 * The chain has to derive them, since all its nodes must agree (PSE-TRN-4). This verifier agrees with
 * nobody, so it draws them from the operating system: whoever made the proofs cannot have known them.
 */

import { integer } from "./bytes.js";

const WEIGHT_BYTES = 16;

/** 128 random bits: a false equation passes with probability 2^-128. */
export function drawWeight(): bigint {
  return integer(crypto.getRandomValues(new Uint8Array(WEIGHT_BYTES)));
}
