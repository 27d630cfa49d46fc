/** Where in an archive what stands, so that a byte of each kind can be changed. */

import { readRecord, type ArchiveRecord } from "../src/archive.js";
import type { Bytes } from "../src/bytes.js";
import { decode } from "../src/chain.js";
import type { SignedExtrinsic } from "../src/extrinsic.js";
import { decodeAll } from "../src/scale.js";

const MAGIC_BYTES = 8;

export const KINDS = [
  "anywhere",
  "genesis",
  "header",
  "time",
  "extrinsic signature",
  "nonce and era",
  "consortium's motion",
  "validators and code",
  "report of equivocation",
  "registrar's record",
  "ceremony message",
  "credential",
  "ballot",
  "shares",
  "justification",
  "handover",
  "runtime's versions",
  "state proof",
  "claimed result",
] as const;

export type Kind = (typeof KINDS)[number];

/** Bytes from an offset of the file on. */
export interface Range {
  readonly from: number;
  readonly length: number;
}

export type Places = ReadonlyMap<Kind, readonly Range[]>;

/** Finds them in an archive that is in order. All parts are views of the one buffer, so each knows its place. */
export function findPlaces(archive: Bytes): Places {
  const places = new Map<Kind, Range[]>();
  const note = (kind: Kind, part: Bytes | Range): void => {
    const range = part instanceof Uint8Array ? { from: part.byteOffset - archive.byteOffset, length: part.length } : part;
    if (range.length > 0) places.set(kind, [...(places.get(kind) ?? []), range]);
  };
  note("anywhere", archive);
  for (let at = MAGIC_BYTES; at < archive.length; ) {
    const length = new DataView(archive.buffer, archive.byteOffset + at).getUint32(0, true);
    const record = archive.subarray(at + 4, at + 4 + length);
    noteRecord(decodeAll(record, readRecord), record, note);
    at += 4 + length;
  }
  return places;
}

type Note = (kind: Kind, part: Bytes | Range) => void;

function noteRecord(record: ArchiveRecord, bytes: Bytes, note: Note): void {
  switch (record.kind) {
    case "genesis":
      return note("genesis", bytes);
    case "block": {
      const [first] = record.extrinsics;
      note("header", bytes.subarray(0, first === undefined ? bytes.length : first.byteOffset - bytes.byteOffset));
      record.extrinsics.forEach((extrinsic) => noteExtrinsic(extrinsic, note));
      return;
    }
    case "handover":
      return note("handover", bytes);
    case "runtime":
      return note("runtime's versions", bytes);
    case "closing": {
      const last = record.proof.at(-1);
      note("justification", record.justification);
      record.proof.forEach((node) => note("state proof", node));
      if (last !== undefined) {
        note("claimed result", bytes.subarray(last.byteOffset - bytes.byteOffset + last.length));
      }
    }
  }
}

function noteExtrinsic(bytes: Bytes, note: Note): void {
  const extrinsic = decode(bytes);
  if ("undecodable" in extrinsic) return;
  if ("unsigned" in extrinsic) return note(extrinsic.unsigned.pallet === "timestamp" ? "time" : "report of equivocation", bytes);
  const { signature, extraBytes, callBytes } = extrinsic.signed;
  note("extrinsic signature", signature.bytes);
  note("nonce and era", extraBytes);
  noteCall(extrinsic.signed, callBytes, note);
}

function noteCall({ call }: SignedExtrinsic, bytes: Bytes, note: Note): void {
  switch (call.pallet) {
    case "consortium":
      return note("consortium's motion", bytes);
    case "validators":
      return note(call.call === "report_equivocation" ? "report of equivocation" : "validators and code", bytes);
    case "system":
      return note("validators and code", bytes);
    case "register":
      return note("registrar's record", bytes);
    case "ceremony":
      return note("ceremony message", bytes);
    case "ballots":
      if (call.call === "submit_shares") return note("shares", bytes);
      note("ballot", call.ballotBytes);
      call.credential.forEach(({ signature }) => note("credential", signature));
      return;
    case "elections":
    case "timestamp":
  }
}
