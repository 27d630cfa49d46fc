/** The runtime's code: which one the chain runs, and how another one replaces it (PSE-UPG-1 to PSE-UPG-4). */

import { equal, type Bytes } from "./bytes.js";
import { blake2b256 } from "./hashing.js";

/** The versions of the runtime whose rules this program knows. */
const KNOWN_SPEC_VERSIONS: readonly number[] = [100, 101, 102];

export interface Versions {
  readonly specVersion: number;
  readonly transactionVersion: number;
}

/** What an extrinsic came to that brought a code. */
export type Applied = "refused" | "replaced" | "without effect";

export class Code {
  #hash: Bytes;
  #versions: Versions;
  #authorized: Bytes | undefined;

  constructor(hash: Bytes, versions: Versions) {
    this.#hash = hash;
    this.#versions = versions;
  }

  /** Of the code that the state holds, which runs from the next block on. */
  get hash(): Bytes {
    return this.#hash;
  }

  get versions(): Versions {
    return this.#versions;
  }

  /** A later authorisation replaces an earlier one. */
  authorize(hash: Bytes): void {
    this.#authorized = hash;
  }

  /**
   * Brings a code, which is refused unless it is the authorised one. Whether its name and version are right, and it
   * replaces the old one, the block's header says; the authorisation is used up in either case.
   */
  apply(code: Bytes, headerReplaces: boolean): Applied {
    const hash = blake2b256(code);
    if (this.#authorized === undefined || !equal(hash, this.#authorized)) return "refused";
    this.#authorized = undefined;
    if (!headerReplaces) return "without effect";
    this.#hash = hash;
    return "replaced";
  }

  /** Takes over the versions of a new code; says what is wrong with them. */
  become(versions: Versions): string | undefined {
    const before = this.#versions.specVersion;
    this.#versions = versions;
    const { specVersion } = versions;
    if (specVersion <= before) return `specification version ${specVersion} does not follow version ${before}`;
    return whyUnknown(versions);
  }
}

/** Why this program cannot judge what a runtime of these versions does; undefined if it can. */
export function whyUnknown({ specVersion }: Versions): string | undefined {
  if (KNOWN_SPEC_VERSIONS.includes(specVersion)) return undefined;
  return `specification version ${specVersion} is none of those whose rules this verifier knows: it is too old`;
}
