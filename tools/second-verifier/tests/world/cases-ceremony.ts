/** The key ceremony (PSE-AUD-12): messages that have no effect, and those that lead to an exclusion. */

import { ascii, type Bytes } from "../../src/bytes.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { x25519 } from "@noble/curves/ed25519.js";
import type { Package } from "../../src/key-ceremony.js";
import { inBlock, type Case } from "./case.js";
import { calls } from "./encoding.js";
import { type MadeUpElection, type Stage } from "./election.js";

const SOMETHING = new Uint8Array(32).fill(1);

/** If voting never opens, its ballots should not be there. */
const NEVER_OPENED = ["11 1", "11 2", "11 3", "11 4", "12 1"].map((place) => `PSE-AUD-13 ${place}`);

/** A message of a trustee, before those of a stage; none of it matters. */
const message = (name: string, stage: Stage, make: (election: MadeUpElection) => Bytes, trustee = 1): Case => ({
  name,
  changes: {
    inStage: (at, election) =>
      at === stage ? [election.chain.official(election.trustee(trustee), make(election))] : [],
  },
  findings: [],
  faults: 0,
});

/** One after which there is no key. */
const fatal = (own: Case, faults = 0): Case => ({
  ...own,
  changes: { ...own.changes, published: "none" },
  findings: NEVER_OPENED,
  faults,
});

const unproved = (own: MadeUpElection): Package => ({ ...own.revealed(1), proofResponse: SOMETHING });

/** A package without a valid proof, to which its trustee has committed. */
const committedUnproved: Case = {
  name: "a package without a valid proof",
  changes: {
    inStage: (stage, own) => {
      const send = (call: Bytes): Bytes[] => [own.chain.official(own.trustee(1), call)];
      if (stage === "commit") return send(calls.commit(1, 0, own.commitment(1, unproved(own))));
      return stage === "reveal" ? send(calls.reveal(1, 0, unproved(own))) : [];
    },
  },
  findings: [],
};

/** The last messages of block 4, which confirm, are missing; somebody reports it later. */
const silence = (name: string, silent: number, block: number, faults: number, more: string[] = []): Case => ({
  name,
  changes: {
    published: "none",
    extrinsics: (at, own, election) => {
      if (at === 4) return own.slice(0, -silent);
      return at === block ? [...own, election.chain.official(election.trustee(1), calls.reportSilence(1))] : own;
    },
  },
  findings: [...NEVER_OPENED, ...more],
  faults,
});

export const ceremonyCases: readonly Case[] = [
  { name: "an election whose key is made in the second epoch", changes: { secondEpoch: true }, findings: [], faults: 1 },
  message("a key of low order", "register", () => calls.register(1, 0, new Uint8Array(32))),
  message("a key that is not canonical", "register", () => calls.register(1, 0, new Uint8Array(32).fill(255))),
  message("a key of another epoch", "register", () => calls.register(1, 1, x25519.getPublicKey(SOMETHING))),
  message("a second key, after another", "register", () => calls.register(1, 0, x25519.getPublicKey(sha256(ascii("another"))))),
  message("a key that comes late", "commit", (own) => calls.register(1, 0, x25519.getPublicKey(own.sealingKey(1)))),
  message("a commitment that comes early", "register", () => calls.commit(1, 0, SOMETHING)),
  fatal(message("a commitment to something else", "commit", () => calls.commit(1, 0, SOMETHING))),
  message("a package that is not the committed one", "reveal", (own) => calls.reveal(1, 0, own.revealed(2))),
  fatal(committedUnproved),
  message("a deal without a recipient", "deal", (own) => calls.deal(1, 0, own.deal(1).slice(1))),
  message("a deal in descending order", "deal", (own) => calls.deal(1, 0, own.deal(1).reverse())),
  message("a deal to the dealer", "deal", (own) => calls.deal(1, 0, own.deal(4))),
  message("a confirmation of another key", "confirm", () => calls.confirm(1, 0, SOMETHING)),
  message("a complaint before the deals", "deal", (own) => calls.complain(1, 0, 2, own.sealingKey(1))),
  message("a complaint of nobody", "confirm", (own) => calls.complain(1, 0, 9, own.sealingKey(1))),
  message("a complaint of oneself", "confirm", (own) => calls.complain(1, 0, 1, own.sealingKey(1))),
  fatal(message("a complaint without the key", "confirm", () => calls.complain(1, 0, 2, SOMETHING)), 1),
  fatal(message("a complaint of an envelope that does not open", "confirm", (own) => calls.complain(1, 0, 2, own.sealingKey(1))), 1),
  message("a silence that is none yet", "confirm", () => calls.reportSilence(1)),
  silence("a silence that is reported at the deadline", 1, 6, 0),
  silence("a silence that is reported after the deadline", 1, 7, 1),
  // The nonce of trustee 2's shares then counts the confirmation that is missing.
  silence("a silence of so many that too few are left", 2, 7, 2, ["PSE-AUD-8 15 2"]),
  {
    name: "a ceremony whose last message is missing",
    changes: { ...inBlock(4, (own) => own.slice(0, -1)), published: "none" },
    findings: NEVER_OPENED,
    faults: 0,
  },
];
