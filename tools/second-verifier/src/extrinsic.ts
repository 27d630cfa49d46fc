/** Extrinsics as they stand in a block (PSE-WIR-1, PSE-WIR-2). */

import { readBallot, type Ballot } from "./ballot-proofs.js";
import { concat, u32, type Bytes } from "./bytes.js";
import { MAX_MODULUS_BYTES, type RandomizedSignature } from "./credentials.js";
import { readShares, type DecryptionShare } from "./decryption.js";
import { readEquivocation, type Equivocation } from "./equivocation.js";
import { blake2b256 } from "./hashing.js";
import { MAX_TRUSTEES, readPackage, type Package } from "./key-ceremony.js";
import { MAX_REGISTRARS, readManifest, readText, type Manifest } from "./manifest.js";
import { decodeAll, DecodeError, Reader } from "./scale.js";
import type { SealedShare } from "./sealing.js";
import { readMultiSignature, type MultiSignature } from "./signatures.js";
import { readOwnershipProof, readSessionKeys, type Organisation, type OwnershipProof, type SessionKeys } from "./validators.js";

const MAX_EXTRINSIC_BYTES = 8 * 1024 * 1024;
const MAX_VOTERS_PER_CALL = 256;
const SIGNED_VERSION_4 = 0x84;
const HASHED_PAYLOAD_BYTES = 256;

export interface RegistrarSignature extends RandomizedSignature {
  readonly registrar: number;
}

export interface AddressedShare extends SealedShare {
  readonly recipient: number;
}

export interface Participation {
  readonly voter: bigint;
  readonly district: number;
}

export type ElectionsCall =
  | { readonly call: "create"; readonly manifest: Manifest }
  | { readonly call: "cancel"; readonly election: number; readonly reason: string };

export type ConsortiumCall =
  | {
      readonly call: "propose";
      readonly threshold: number;
      readonly proposal: Call;
      readonly proposalBytes: Bytes;
      readonly lengthBound: number;
    }
  | { readonly call: "vote"; readonly proposal: Bytes; readonly index: number; readonly approve: boolean }
  | { readonly call: "close"; readonly proposal: Bytes; readonly index: number; readonly lengthBound: number };

export interface SystemCall {
  readonly call: "apply_authorized_upgrade";
  readonly code: Bytes;
}

export type ValidatorsCall =
  | { readonly call: "admit"; readonly organisation: Organisation; readonly proof: OwnershipProof }
  | { readonly call: "dismiss"; readonly organisation: Bytes }
  | { readonly call: "rotate"; readonly keys: SessionKeys; readonly proof: OwnershipProof }
  | { readonly call: "report_equivocation"; readonly evidence: Equivocation }
  | { readonly call: "authorize_upgrade"; readonly codeHash: Bytes };

export type RegisterCall =
  | { readonly call: "participate"; readonly election: number; readonly voters: readonly Participation[] }
  | { readonly call: "withdraw"; readonly election: number; readonly voter: bigint }
  | { readonly call: "issue"; readonly election: number; readonly voters: readonly bigint[] };

interface Dated {
  readonly election: number;
  readonly epoch: number;
}

export type CeremonyCall =
  | (Dated & { readonly call: "register"; readonly encryptionKey: Bytes })
  | (Dated & { readonly call: "commit"; readonly commitment: Bytes })
  | (Dated & { readonly call: "reveal"; readonly revealed: Package })
  | (Dated & { readonly call: "deal"; readonly shares: readonly AddressedShare[] })
  | (Dated & { readonly call: "confirm"; readonly electionKey: Bytes })
  | (Dated & { readonly call: "complain"; readonly dealer: number; readonly disclosedKey: Bytes })
  | { readonly call: "report_silence"; readonly election: number };

export interface CastCall {
  readonly call: "cast";
  readonly election: number;
  readonly district: number;
  readonly credential: readonly RegistrarSignature[];
  readonly ballot: Ballot;
  readonly ballotBytes: Bytes;
}

export interface SharesCall {
  readonly call: "submit_shares";
  readonly election: number;
  readonly district: number;
  readonly shares: readonly DecryptionShare[];
}

export type Call =
  | ({ readonly pallet: "system" } & SystemCall)
  | { readonly pallet: "timestamp"; readonly now: bigint }
  | ({ readonly pallet: "consortium" } & ConsortiumCall)
  | ({ readonly pallet: "validators" } & ValidatorsCall)
  | ({ readonly pallet: "elections" } & ElectionsCall)
  | ({ readonly pallet: "register" } & RegisterCall)
  | ({ readonly pallet: "ceremony" } & CeremonyCall)
  | ({ readonly pallet: "ballots" } & (CastCall | SharesCall));

/** When an extrinsic is valid: for ever, or within a period that begins with a block. */
export type Era = "immortal" | { readonly period: number; readonly phase: number };

export interface SignedExtrinsic {
  /** Bytes, with the length in front. */
  readonly length: number;
  readonly signer: Bytes;
  readonly signature: MultiSignature;
  readonly era: Era;
  readonly nonce: number;
  readonly call: Call;
  /** As they stand in the extrinsic; an encoding is unique, so these are what was signed. */
  readonly extraBytes: Bytes;
  readonly callBytes: Bytes;
}

export type Extrinsic = { readonly unsigned: Call } | { readonly signed: SignedExtrinsic };

/** Decodes an extrinsic with its length in front. */
export function decodeExtrinsic(bytes: Bytes): Extrinsic {
  const body = decodeAll(bytes, (reader) => reader.byteList(MAX_EXTRINSIC_BYTES));
  return decodeAll(body, (reader) => {
    const version = reader.u8();
    if (version === 4 || version === 5) return { unsigned: readCall(reader) };
    if (version !== SIGNED_VERSION_4) throw new DecodeError(`an extrinsic of unknown version ${version}`);
    return { signed: { length: bytes.length, ...readSigned(reader) } };
  });
}

function readSigned(reader: Reader): Omit<SignedExtrinsic, "length"> {
  if (reader.u8() !== 0) throw new DecodeError("the signer is not given by account");
  const signer = reader.take(32);
  const signature = readMultiSignature(reader);
  if (signature === undefined) throw new DecodeError("a signature of unknown kind");
  const extra = reader.offset;
  const era = readEra(reader);
  const nonce = reader.compact();
  const extraBytes = reader.since(extra);
  const begin = reader.offset;
  const call = readCall(reader);
  return { signer, signature, era, nonce, call, extraBytes, callBytes: reader.since(begin) };
}

function readEra(reader: Reader): Era {
  const first = reader.u8();
  if (first === 0) return "immortal";
  const encoded = first + reader.u8() * 0x100;
  const period = 2 << (encoded % 16);
  const phase = (encoded >> 4) * Math.max(1, period >> 12);
  if (period < 4 || phase >= period) throw new DecodeError("an era with an invalid period or phase");
  return { period, phase };
}

/** The block that an era begins with, for an extrinsic that stands in block `now`. */
export function birthOf(era: Era, now: number): number {
  if (era === "immortal") return 0;
  const { period, phase } = era;
  return Math.floor((Math.max(now, phase) - phase) / period) * period + phase;
}

/** What the signer has signed beyond call and extra. */
export interface Implicit {
  readonly specVersion: number;
  readonly transactionVersion: number;
  readonly genesisHash: Bytes;
  readonly mortalityHash: Bytes;
}

/** PSE-WIR-2 */
export function signingPayload({ callBytes, extraBytes }: SignedExtrinsic, implicit: Implicit): Bytes {
  const versions = concat(u32(implicit.specVersion), u32(implicit.transactionVersion));
  const payload = concat(callBytes, extraBytes, versions, implicit.genesisHash, implicit.mortalityHash);
  return payload.length > HASHED_PAYLOAD_BYTES ? blake2b256(payload) : payload;
}

function readCall(reader: Reader): Call {
  const pallet = reader.u8();
  switch (pallet) {
    case 0:
      expectCall(reader, 11);
      return { pallet: "system", call: "apply_authorized_upgrade", code: reader.byteList(MAX_EXTRINSIC_BYTES) };
    case 1:
      expectCall(reader, 0);
      return { pallet: "timestamp", now: reader.compactInteger(64) };
    case 4:
      return { pallet: "consortium", ...readConsortiumCall(reader) };
    case 5:
      return { pallet: "validators", ...readValidatorsCall(reader) };
    case 10:
      return { pallet: "elections", ...readElectionsCall(reader) };
    case 11:
      return { pallet: "register", ...readRegisterCall(reader) };
    case 12:
      return { pallet: "ceremony", ...readCeremonyCall(reader) };
    case 13:
      return { pallet: "ballots", ...readBallotsCall(reader) };
    default:
      throw new DecodeError(`a call of unknown pallet ${pallet}`);
  }
}

function expectCall(reader: Reader, expected: number): void {
  const call = reader.u8();
  if (call !== expected) throw unknownCall(call);
}

const unknownCall = (call: number): DecodeError => new DecodeError(`an unknown call ${call}`);

function readConsortiumCall(reader: Reader): ConsortiumCall {
  const call = reader.u8();
  switch (call) {
    case 2: {
      const threshold = reader.compact();
      const begin = reader.offset;
      const proposal = reader.within(() => readCall(reader));
      const proposalBytes = reader.since(begin);
      return { call: "propose", threshold, proposal, proposalBytes, lengthBound: reader.compact() };
    }
    case 3:
      return { call: "vote", proposal: reader.take(32), index: reader.compact(), approve: reader.bool() };
    case 6: {
      const [proposal, index] = [reader.take(32), reader.compact()];
      // The bound of the weight, in time and in bytes of proof: weights are the runtime's own measure.
      reader.compactInteger(64);
      reader.compactInteger(64);
      return { call: "close", proposal, index, lengthBound: reader.compact() };
    }
    default:
      throw unknownCall(call);
  }
}

function readValidatorsCall(reader: Reader): ValidatorsCall {
  const call = reader.u8();
  switch (call) {
    case 0: {
      const organisation = { account: reader.take(32), keys: readSessionKeys(reader) };
      return { call: "admit", organisation, proof: readOwnershipProof(reader) };
    }
    case 1:
      return { call: "dismiss", organisation: reader.take(32) };
    case 2:
      return { call: "rotate", keys: readSessionKeys(reader), proof: readOwnershipProof(reader) };
    case 3:
      return { call: "report_equivocation", evidence: readEquivocation(reader) };
    case 4:
      return { call: "authorize_upgrade", codeHash: reader.take(32) };
    default:
      throw unknownCall(call);
  }
}

function readElectionsCall(reader: Reader): ElectionsCall {
  const call = reader.u8();
  switch (call) {
    case 0:
      return { call: "create", manifest: reader.within(() => readManifest(reader)) };
    case 1:
      return { call: "cancel", election: reader.u32(), reason: readText(reader) };
    default:
      throw unknownCall(call);
  }
}

function readRegisterCall(reader: Reader): RegisterCall {
  const call = reader.u8();
  const election = reader.u32();
  switch (call) {
    case 0: {
      const readVoter = (): Participation => ({ voter: reader.u64(), district: reader.u32() });
      return { call: "participate", election, voters: reader.list(MAX_VOTERS_PER_CALL, readVoter) };
    }
    case 1:
      return { call: "withdraw", election, voter: reader.u64() };
    case 2:
      return { call: "issue", election, voters: reader.list(MAX_VOTERS_PER_CALL, () => reader.u64()) };
    default:
      throw unknownCall(call);
  }
}

function readCeremonyCall(reader: Reader): CeremonyCall {
  const call = reader.u8();
  if (call === 6) return { call: "report_silence", election: reader.u32() };
  const dated = { election: reader.u32(), epoch: reader.u32() };
  switch (call) {
    case 0:
      return { call: "register", ...dated, encryptionKey: reader.take(32) };
    case 1:
      return { call: "commit", ...dated, commitment: reader.take(32) };
    case 2:
      return { call: "reveal", ...dated, revealed: readPackage(reader) };
    case 3:
      return { call: "deal", ...dated, shares: reader.list(MAX_TRUSTEES, () => readAddressedShare(reader)) };
    case 4:
      return { call: "confirm", ...dated, electionKey: reader.take(32) };
    case 5:
      return { call: "complain", ...dated, dealer: reader.u8(), disclosedKey: reader.take(32) };
    default:
      throw unknownCall(call);
  }
}

function readAddressedShare(reader: Reader): AddressedShare {
  return { recipient: reader.u8(), encapsulatedKey: reader.take(32), ciphertext: reader.take(48) };
}

function readBallotsCall(reader: Reader): CastCall | SharesCall {
  const call = reader.u8();
  const [election, district] = [reader.u32(), reader.u32()];
  switch (call) {
    case 0: {
      const credential = reader.list(MAX_REGISTRARS, () => readRegistrarSignature(reader));
      const begin = reader.offset;
      const ballot = readBallot(reader);
      return { call: "cast", election, district, credential, ballot, ballotBytes: reader.since(begin) };
    }
    case 1:
      return { call: "submit_shares", election, district, shares: readShares(reader) };
    default:
      throw unknownCall(call);
  }
}

function readRegistrarSignature(reader: Reader): RegistrarSignature {
  return {
    registrar: reader.u8(),
    prefix: reader.take(32),
    signature: reader.byteList(MAX_MODULUS_BYTES),
  };
}
