/**
 * As many voters take part in a district as a tally can count (PSE-REG-2), a quorum issues to each (PSE-REG-4), and
 * no registrar's district binds the others (PSE-REG-7).
 */

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

const DAY = 28_800;
const [DAY_1, DAY_2, DAY_3] = [5, 5 + DAY, 5 + 2 * DAY] as const;
const [EAST, WEST, NORTH, NOWHERE] = [1, 2, 3, 4] as const;
const [ALICE, BOB, CAROL]: [bigint, bigint, bigint] = [1n, 2n, 3n];

/** Registrars who may differ about districts, on three days. */
class Registration {
  readonly #register: Register;

  constructor(registrars: number, quorum: number, limit?: number) {
    const [registrar] = manifest.registrars;
    assert.ok(registrar !== undefined);
    const registration = { start: DAY_1, end: DAY_3 + 1 };
    const own = { ...manifest, quorum, registration, registrars: Array.from({ length: registrars }, () => registrar) };
    this.#register = new Register(own, limit);
  }

  participate(registrar: number, now: number, ...voters: [voter: bigint, district: number][]): number {
    return this.#register.dispatch({ phase: "registration", now }, registrar, {
      call: "participate",
      election: 1,
      voters: voters.map(([voter, district]) => ({ voter, district })),
    });
  }

  withdraw(registrar: number, now: number, voter = ALICE): number {
    return this.#register.dispatch({ phase: "registration", now }, registrar, { call: "withdraw", election: 1, voter });
  }

  /** Districts with who stands behind the voter there, the record's first; and whether the voter takes part. */
  state(voter = ALICE): [supports: [district: number, registrars: number[]][], participating: boolean] | undefined {
    const known = this.#register.voter(voter);
    return known && [known.supports.map(({ district, registrars }) => [district, [...registrars].sort()]), known.participating];
  }
}

test("a registrar who names a wrong district first keeps nobody out", () => {
  const registration = new Registration(3, 2);
  assert.equal(registration.participate(2, DAY_1, [ALICE, WEST], [BOB, WEST]), 2);
  assert.equal(registration.participate(0, DAY_1, [ALICE, EAST], [BOB, EAST]), 2);
  assert.deepEqual(registration.state(), [[[WEST, [2]], [EAST, [0]]], false]);
  assert.equal(registration.participate(1, DAY_1, [ALICE, EAST], [BOB, EAST]), 2);
  for (const voter of [ALICE, BOB]) {
    assert.deepEqual(registration.state(voter), [[[EAST, [0, 1]], [WEST, [2]]], true]);
  }
});

test("a registrar names one district, and takes that back", () => {
  const registration = new Registration(3, 2);
  assert.equal(registration.participate(0, DAY_1, [ALICE, EAST]), 1);
  assert.equal(registration.participate(2, DAY_1, [ALICE, WEST]), 1);
  for (const district of [EAST, WEST, NORTH]) {
    assert.equal(registration.participate(2, DAY_1, [ALICE, district]), 0);
  }
  assert.equal(registration.withdraw(1, DAY_1), 0);
  assert.equal(registration.withdraw(2, DAY_1), 1);
  assert.deepEqual(registration.state(), [[[EAST, [0]]], false]);
  assert.equal(registration.participate(2, DAY_1, [ALICE, EAST]), 1);
  assert.deepEqual(registration.state(), [[[EAST, [0, 2]]], true]);
});

test("a list names a voter once, and districts of the election, or has no effect", () => {
  const registration = new Registration(3, 2);
  assert.equal(registration.participate(0, DAY_1, [BOB, EAST], [ALICE, EAST], [ALICE, EAST]), 0);
  assert.equal(registration.participate(0, DAY_1, [BOB, EAST], [ALICE, EAST], [ALICE, WEST]), 0);
  assert.equal(registration.participate(0, DAY_1, [BOB, EAST], [ALICE, NOWHERE]), 0);
  assert.deepEqual([registration.state(ALICE), registration.state(BOB)], [undefined, undefined]);
});

test("a dissent takes the place of a record that nobody stands behind", () => {
  const registration = new Registration(3, 2);
  assert.equal(registration.participate(0, DAY_1, [ALICE, EAST]), 1);
  assert.equal(registration.participate(1, DAY_1, [ALICE, WEST]), 1);
  assert.equal(registration.withdraw(0, DAY_1), 1);
  assert.deepEqual(registration.state(), [[[WEST, [1]]], false]);
  assert.equal(registration.withdraw(1, DAY_1), 1);
  assert.equal(registration.state(), undefined);
});

/** Registrars 0 and 1 of five are a quorum in the east, 2 and 3 in the west. */
function twoQuorums(registration = new Registration(5, 2)): Registration {
  for (const [registrar, district] of [[0, EAST], [2, WEST], [1, EAST], [3, WEST]] as const) {
    assert.equal(registration.participate(registrar, DAY_1, [ALICE, district]), 1);
  }
  assert.deepEqual(registration.state(), [[[EAST, [0, 1]], [WEST, [2, 3]]], true]);
  return registration;
}

test("who takes part keeps their district, and changes once a day", () => {
  const registration = twoQuorums();
  assert.equal(registration.withdraw(0, DAY_2 - 1), 0);
  assert.equal(registration.withdraw(0, DAY_2), 1);
  assert.deepEqual(registration.state(), [[[EAST, [1]], [WEST, [2, 3]]], false]);
  assert.equal(registration.participate(4, DAY_3 - 1, [ALICE, WEST]), 0);
  assert.equal(registration.participate(4, DAY_3, [ALICE, WEST]), 1);
  assert.deepEqual(registration.state(), [[[WEST, [2, 3, 4]], [EAST, [1]]], true]);
});

/** Out of a district that nobody stands behind the voter in any more, even. */
function outOfTheEast(): Registration {
  const registration = new Registration(3, 1);
  assert.equal(registration.participate(0, DAY_1, [ALICE, EAST]), 1);
  assert.equal(registration.participate(1, DAY_1, [ALICE, WEST]), 1);
  assert.equal(registration.withdraw(0, DAY_2), 1);
  assert.deepEqual(registration.state(), [[[EAST, []], [WEST, [1]]], false]);
  return registration;
}

test("another quorum counts from the call after the one that takes a voter out", () => {
  const registration = outOfTheEast();
  assert.equal(registration.participate(2, DAY_3, [ALICE, NORTH]), 1);
  assert.deepEqual(registration.state(), [[[WEST, [1]], [NORTH, [2]]], true]);
});

test("of two quorums the record's comes first", () => {
  const registration = outOfTheEast();
  assert.equal(registration.participate(2, DAY_3, [ALICE, EAST]), 1);
  assert.deepEqual(registration.state(), [[[EAST, [2]], [WEST, [1]]], true]);
});

test("the record and a dissent change places, which decides between two quorums", () => {
  const registration = new Registration(6, 2);
  for (const [registrar, district] of [[0, EAST], [1, WEST], [2, NORTH], [3, NORTH]] as const) {
    assert.equal(registration.participate(registrar, DAY_1, [ALICE, district]), 1);
  }
  assert.deepEqual(registration.state(), [[[NORTH, [2, 3]], [WEST, [1]], [EAST, [0]]], true]);
  assert.equal(registration.participate(4, DAY_1, [ALICE, EAST]), 1);
  assert.equal(registration.participate(5, DAY_1, [ALICE, WEST]), 1);
  assert.equal(registration.withdraw(2, DAY_2), 1);
  assert.equal(registration.withdraw(3, DAY_3), 1);
  assert.deepEqual(registration.state(), [[[WEST, [1, 5]], [EAST, [0, 4]]], true]);
});

test("a full district is full however one joins, and for whichever district that is named", () => {
  const registration = twoQuorums(new Registration(5, 2, 1));
  assert.equal(registration.participate(0, DAY_1, [BOB, WEST]), 1);
  assert.equal(registration.participate(1, DAY_1, [BOB, WEST]), 1);
  assert.equal(registration.withdraw(0, DAY_2), 1);
  // It leaves the field to another quorum: a joining, too.
  assert.equal(registration.withdraw(1, DAY_3), 0);
  assert.equal(registration.participate(4, DAY_3, [CAROL, EAST], [ALICE, WEST]), 0);
  assert.equal(registration.participate(4, DAY_3, [ALICE, NORTH]), 0);
  assert.deepEqual(registration.state(), [[[EAST, [1]], [WEST, [2, 3]]], false]);
  assert.equal(registration.state(CAROL), undefined);
  assert.equal(registration.withdraw(0, DAY_3, BOB), 1);
  assert.equal(registration.withdraw(1, DAY_3), 1);
  assert.deepEqual(registration.state(), [[[WEST, [2, 3]]], true]);
});
