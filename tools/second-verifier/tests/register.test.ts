/** As many voters take part in a district as a tally can count (PSE-REG-2). */

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

test("the limit is what a tally can count", () => {
  assert.equal(new Register(manifest).limit, 4_000_000);
});
