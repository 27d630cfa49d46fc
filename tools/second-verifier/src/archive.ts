/** The archive, record by record (PSE-ARC-1 to PSE-ARC-8). */

import { closeSync, openSync, readSync } from "node:fs";
import { ascii, concat, equal, type Bytes } from "./bytes.js";
import { readHeader, type Header } from "./header.js";
import { readResult, type ElectionResult } from "./result.js";
import { decodeAll, DecodeError, type Reader } from "./scale.js";

const NAME = ascii("PSEPHOS");
const VERSION = 2;
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
/** No block of the chain has so many: in memory each takes far more than its byte or two in a hostile file (PSE-ARC-3). */
const MAX_BLOCK_EXTRINSICS = 1 << 16;
/** What is allocated at a time while a record is read: a false length costs no more than is there. */
const CHUNK_BYTES = 1024 * 1024;

export interface Genesis {
  readonly kind: "genesis";
  readonly header: Header;
  readonly specVersion: number;
  readonly transactionVersion: number;
  readonly proof: readonly Bytes[];
}

export interface Block {
  readonly kind: "block";
  readonly header: Header;
  readonly extrinsics: readonly Bytes[];
}

export interface Closing {
  readonly kind: "closing";
  readonly election: number;
  readonly descendants: readonly Header[];
  readonly justification: Bytes;
  readonly proofBlock: number;
  readonly proof: readonly Bytes[];
  readonly result: ElectionResult | undefined;
}

/** That a block from whose successor on another set makes the blocks is final. */
export interface HandoverProof {
  readonly kind: "handover";
  readonly justification: Bytes;
}

/** The versions of the runtime from the next block on. */
export interface RuntimeVersions {
  readonly kind: "runtime";
  readonly specVersion: number;
  readonly transactionVersion: number;
}

/** What can follow a block. */
export type Following = Block | HandoverProof | RuntimeVersions | Closing;

export type ArchiveRecord = Genesis | Following;

/** A damaged archive: which record, and where it begins. */
export class ArchiveError extends Error {}

export class ArchiveReader {
  readonly #file: number;
  #offset = 0;
  #record = 0;
  /** What the last record was. */
  #last: ArchiveRecord["kind"] | undefined;

  /** Opens the file; one that cannot be opened is the caller's error, not the archive's. */
  constructor(path: string) {
    this.#file = openSync(path, "r");
  }

  close(): void {
    closeSync(this.#file);
  }

  get offset(): number {
    return this.#offset;
  }

  genesis(): Genesis {
    const magic = this.#read(NAME.length + 1);
    const version = magic[NAME.length];
    if (!equal(magic.subarray(0, NAME.length), NAME)) throw new ArchiveError("this is no archive of Psephos");
    if (version === 1) throw new ArchiveError("an archive of version 1, of which none was ever published");
    if (version !== VERSION) throw new ArchiveError(`an archive of version ${version}; this program reads version ${VERSION}`);
    this.#offset += magic.length;
    const record = this.#next();
    if (record.kind !== "genesis") throw this.#error("the first record is not the genesis");
    this.#last = record.kind;
    return record;
  }

  /** The next record; after the closing one the file ends. */
  next(): Following {
    const record = this.#next();
    if (record.kind === "genesis") throw this.#error("a second genesis");
    const [last, { kind }] = [this.#last, record];
    if (kind === "handover" && last !== "block") throw this.#error("a handover that is not behind a block");
    if (kind === "runtime" && last !== "block" && last !== "handover") {
      throw this.#error("a runtime that is behind neither a block nor its handover");
    }
    this.#last = kind;
    if (record.kind === "closing" && this.#read(1).length > 0) throw this.#error("the file goes on after its end");
    return record;
  }

  #next(): ArchiveRecord {
    const head = this.#read(4);
    if (head.length < 4) throw this.#error("the file ends here");
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
    if (length > MAX_RECORD_BYTES) throw this.#error(`${length} bytes, at most ${MAX_RECORD_BYTES} are allowed`);
    const bytes = this.#read(length, 4);
    if (bytes.length < length) throw this.#error("the file ends within it");
    try {
      const record = decodeAll(bytes, readRecord);
      this.#offset += 4 + length;
      this.#record += 1;
      return record;
    } catch (error) {
      if (error instanceof DecodeError) throw this.#error(error.message);
      throw error;
    }
  }

  /** So many bytes, or as many as there are, from the present place and some bytes on. */
  #read(length: number, ahead = 0): Bytes {
    const chunks: Bytes[] = [];
    let left = length;
    let position = this.#offset + ahead;
    while (left > 0) {
      const chunk = new Uint8Array(Math.min(left, CHUNK_BYTES));
      const read = readSync(this.#file, chunk, 0, chunk.length, position);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      left -= read;
      position += read;
    }
    return concat(...chunks);
  }

  #error(reason: string): ArchiveError {
    return new ArchiveError(`record ${this.#record} at byte ${this.#offset}: ${reason}`);
  }
}

/** One record; the reader that follows a file has checked its length. */
export function readRecord(reader: Reader): ArchiveRecord {
  const kind = reader.u8();
  const all = reader.bytes.length;
  const byteLists = (most = all): Bytes[] => reader.list(most, () => reader.byteList(all));
  switch (kind) {
    case 0:
      return {
        kind: "genesis",
        header: readHeader(reader),
        specVersion: reader.u32(),
        transactionVersion: reader.u32(),
        proof: byteLists(),
      };
    case 1:
      return { kind: "block", header: readHeader(reader), extrinsics: byteLists(MAX_BLOCK_EXTRINSICS) };
    case 2:
      return {
        kind: "closing",
        election: reader.u32(),
        descendants: reader.list(all, () => readHeader(reader)),
        justification: reader.byteList(all),
        proofBlock: reader.u32(),
        proof: byteLists(),
        result: reader.option(() => readResult(reader)),
      };
    case 3:
      return { kind: "handover", justification: reader.byteList(all) };
    case 4:
      return { kind: "runtime", specVersion: reader.u32(), transactionVersion: reader.u32() };
    default:
      throw new DecodeError(`a record of unknown kind ${kind}`);
  }
}
