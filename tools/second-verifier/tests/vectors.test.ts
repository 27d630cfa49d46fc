/** The shared vectors, accepting and rejecting, each with the reason that it is refused for. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeElectionKey, readBallot, verifyBallot, verifyBallots, type ContestRule } from "../src/ballot-proofs.js";
import { hex, unhex } from "../src/bytes.js";
import { credentialMessage, verifyCredential } from "../src/credentials.js";
import { combineShares, readCiphertext, readShares, verifyShares } from "../src/decryption.js";
import { decodeNonidentity, decodePoint, decodeScalar, encodeScalar, Point } from "../src/group.js";
import { blake2b256 } from "../src/hashing.js";
import { combinePackages, packageCommitment, readPackage, trusteeIdentifier, verifyPackage } from "../src/key-ceremony.js";
import { Refusal } from "../src/refusal.js";
import { decodeAll } from "../src/scale.js";
import { judgeComplaint, validatePublicKey } from "../src/sealing.js";
import type { Context } from "../src/transcripts.js";

/* The vectors are JSON of many shapes; each test names the fields that it reads. */
type Input = any;

interface Vector {
  readonly name: string;
  readonly input: Input;
  readonly expect: string;
}

function read(file: string): Input {
  return JSON.parse(readFileSync(new URL(`../../../../vectors/${file}.json`, import.meta.url), "utf8"));
}

/** Every vector of the file is a test; a file without any would pass unnoticed. */
function each(file: string, run: (input: Input) => string): void {
  const { cases } = read(file) as { cases: readonly Vector[] };
  test(`${file}: there are vectors`, () => assert.ok(cases.length > 0));
  for (const { name, input, expect } of cases) {
    test(`${file}: ${name}`, () => assert.equal(run(input), expect));
  }
}

function verdict(check: () => string | void): string {
  try {
    return `Ok(${check() ?? "()"})`;
  } catch (error) {
    if (error instanceof Refusal) return `Err(${error.message})`;
    throw error;
  }
}

const quoted = (bytes: Uint8Array): string => `"${hex(bytes)}"`;

function context(input: Input): Context {
  const { genesis_hash, election, manifest_hash } = input.context;
  return { genesisHash: unhex(genesis_hash), election, manifestHash: unhex(manifest_hash) };
}

each("group", ({ kind, encoding }) => {
  const bytes = unhex(encoding);
  return verdict(() => {
    if (kind === "scalar") return quoted(encodeScalar(decodeScalar(bytes)));
    assert.ok(kind === "point" || kind === "point_other_than_the_identity", kind);
    return quoted((kind === "point" ? decodePoint(bytes) : decodeNonidentity(bytes)).toBytes());
  });
});

each("ballot", (input) =>
  verdict(() => {
    const ballot = decodeAll(unhex(input.ballot), readBallot);
    const statement = {
      context: context(input),
      district: input.district as number,
      account: unhex(input.account),
      rules: input.contests as ContestRule[],
    };
    const key = decodeElectionKey(unhex(input.key));
    // A batch refuses what a single ballot's verification refuses, and for the same reason (PSE-SEL-6).
    const [inBatch] = verifyBallots(key, [{ statement, ballot }]);
    let alone: Refusal | undefined;
    try {
      verifyBallot(key, statement, ballot);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      alone = error;
    }
    assert.equal(inBatch?.message, alone?.message);
    if (alone) throw alone;
  }),
);

test("ballot: one bad ballot in a batch is named, and no other", () => {
  const { cases } = read("ballot") as { cases: readonly Vector[] };
  const find = (name: string): Vector => cases.find((vector) => vector.name === name) ?? assert.fail(name);
  const names = ["three contests", "the challenge of a selection is another", "three contests"];
  const batch = names.map((name) => {
    const { input } = find(name);
    const rules = input.contests as ContestRule[];
    const statement = { context: context(input), district: input.district as number, account: unhex(input.account), rules };
    return { statement, ballot: decodeAll(unhex(input.ballot), readBallot) };
  });
  const key = decodeElectionKey(unhex(find("three contests").input.key));
  const refusals = verifyBallots(key, batch).map((refusal) => refusal?.message);
  assert.deepEqual(refusals, [undefined, "InvalidProof", undefined]);
});

each("tracker", ({ ballot }) => hex(blake2b256(unhex(ballot))));

each("credential", (input) =>
  verdict(() => {
    const message = credentialMessage(context(input), input.district, unhex(input.account));
    const signature = { prefix: unhex(input.prefix), signature: unhex(input.signature) };
    verifyCredential(unhex(input.modulus), message, signature);
  }),
);

each("decryption", (input) => {
  const sums = decodeAll(unhex(input.sums), (reader) => reader.list(1024, () => readCiphertext(reader)));
  const shares = (text: string) => decodeAll(unhex(text), readShares);
  if (input.kind === "shares") {
    const { epoch, district, trustee } = input;
    const statement = { context: context(input), epoch, district, trustee, verificationShare: unhex(input.verification_share) };
    return verdict(() => verifyShares(statement, sums, shares(input.shares)));
  }
  assert.equal(input.kind, "tally");
  return verdict(() => {
    const all = input.shares.map((own: Input) => [own.trustee as number, shares(own.shares)] as const);
    return `[${combineShares(context(input), input.epoch, sums, all, input.bound).join(", ")}]`;
  });
});

each("key-ceremony", (input) => {
  const { kind, epoch, trustee } = input;
  const revealed = (text: string) => decodeAll(unhex(text), readPackage);
  switch (kind) {
    case "identifier":
      return hex(encodeScalar(trusteeIdentifier(context(input), epoch, trustee)));
    case "commitment":
      return hex(packageCommitment(context(input), epoch, trustee, revealed(input.package)));
    case "package":
      return verdict(() => verifyPackage(context(input), epoch, trustee, input.threshold, revealed(input.package)));
    case "combine":
      return verdict(() => {
        const packages = input.packages.map((own: Input) => [own.trustee as number, revealed(own.package)] as const);
        const { electionKey, verificationShares } = combinePackages(context(input), epoch, packages);
        const shares = verificationShares.map(([of, share]) => `(${of}, ${quoted(share)})`);
        return `(${quoted(electionKey)}, [${shares.join(", ")}])`;
      });
    default:
      return assert.fail(`unknown kind ${kind}`);
  }
});

each("sealing", (input) => {
  if (input.kind === "public_key") return verdict(() => validatePublicKey(unhex(input.key)));
  assert.equal(input.kind, "complaint");
  const { epoch, dealer, recipient } = input;
  const dealerPackage = decodeAll(unhex(input.dealer_package), readPackage);
  const sealed = unhex(input.sealed_share);
  return judgeComplaint(
    { context: context(input), epoch, dealer, recipient, dealerPackage },
    unhex(input.disclosed_private_key),
    unhex(input.registered_public_key),
    { encapsulatedKey: sealed.subarray(0, 32), ciphertext: sealed.subarray(32) },
  );
});

test("RFC 9496: the multiples of the generator, and no invalid encoding", () => {
  const { multiples_of_the_generator: multiples, invalid_encodings: invalid } = read("rfc9496");
  assert.equal(multiples.length, 16);
  let point = Point.ZERO;
  for (const expected of multiples) {
    assert.equal(hex(point.toBytes()), expected);
    assert.ok(decodePoint(unhex(expected)).equals(point));
    point = point.add(Point.BASE);
  }
  assert.equal(invalid.length, 29);
  for (const { reason, encoding } of invalid) {
    assert.throws(() => decodePoint(unhex(encoding)), Refusal, reason);
  }
});

test("RFC 9474: the signature is accepted, that of the variant without salt is not", () => {
  const vector = read("rfc9474");
  const verify = (prefix: string, signature: string): string =>
    verdict(() => verifyCredential(unhex(vector.n), unhex(vector.msg), { prefix: unhex(prefix), signature: unhex(signature) }));
  assert.equal(verify(vector.msg_prefix, vector.sig), "Ok(())");
  assert.equal(
    verify(vector.msg_prefix_of_zero_salt_variant, vector.sig_of_zero_salt_variant),
    "Err(InvalidSignature)",
  );
});
