/** As many voters take part in a district as a tally can count (PSE-REG-2), and a quorum issues to each (PSE-REG-4). */

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeAll } from "../src/scale.js";
import { readManifest } from "../src/manifest.js";
import { Register } from "../src/register.js";
import { encodeManifest } from "./world/encoding.js";
import { MadeUpElection } from "./world/election.js";

const { manifest: draft } = new MadeUpElection();
const manifest = decodeAll(encodeManifest({ ...draft, quorum: 1 }), readManifest);
const now = { phase: "registration", now: 5 } as const;

const participate = (register: Register, ...voters: [bigint, number][]): number =>
  register.dispatch(now, 0, {
    call: "participate",
    election: 1,
    voters: voters.map(([voter, district]) => ({ voter, district })),
  });

test("a district that is full takes no further voter, and of a list all or none", () => {
  const register = new Register(manifest, 2);
  assert.equal(participate(register, [1n, 1]), 1);
  assert.equal(participate(register, [2n, 1], [3n, 1]), 0);
  assert.equal(participate(register, [2n, 1], [4n, 2], [5n, 2]), 3);
  assert.equal(participate(register, [3n, 1]), 0);
});

/** Quorum two of three registrars; voters 1 and 2 take part. */
function voting(): (voter: bigint, registrar: number) => number {
  const [registrar] = manifest.registrars;
  assert.ok(registrar !== undefined);
  const register = new Register({ ...manifest, quorum: 2, registrars: [registrar, registrar, registrar] });
  for (const own of [0, 1]) {
    register.dispatch(now, own, {
      call: "participate",
      election: 1,
      voters: [1n, 2n].map((voter) => ({ voter, district: 1 })),
    });
  }
  return (voter, own) =>
    register.dispatch({ phase: "voting", now: 10 }, own, { call: "issue", election: 1, voters: [voter] });
}

test("a quorum issues to a voter, and nobody after it", () => {
  const issue = voting();
  assert.deepEqual([0, 1, 2, 0].map((registrar) => issue(1n, registrar)), [1, 1, 0, 0]);
});

test("two voters have as many signatures as make two credentials", () => {
  const issue = voting();
  const wanted: [bigint, number][] = [[1n, 0], [1n, 1], [1n, 2], [2n, 0], [2n, 2], [2n, 1]];
  assert.deepEqual(wanted.map(([voter, registrar]) => issue(voter, registrar)), [1, 1, 0, 1, 1, 0]);
});

test("the limit is what a tally can count", () => {
  assert.equal(new Register(manifest).limit, 4_000_000);
});
