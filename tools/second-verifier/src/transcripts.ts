/** What every proof, signature and seal is bound to (PSE-TRN-1 to PSE-TRN-4). */

import { ascii, concat, u32, type Bytes } from "./bytes.js";
import { wideScalar } from "./group.js";
import { Transcript } from "./merlin.js";
import { byteList } from "./scale.js";

export interface Context {
  readonly genesisHash: Bytes;
  readonly election: number;
  readonly manifestHash: Bytes;
}

export type MessageLabel = "trustee" | "package" | "share" | "credential";

/** A transcript that has absorbed the context and what it is for (PSE-TRN-1). */
export function contextTranscript(context: Context, purpose: "ballot" | "shares"): Transcript {
  const transcript = Transcript.new("psephos/v1");
  transcript.append("genesis", context.genesisHash);
  transcript.append("election", u32(context.election));
  transcript.append("manifest", context.manifestHash);
  transcript.append("purpose", ascii(purpose));
  return transcript;
}

/** A copy that goes on for another purpose. */
export function forPurpose(transcript: Transcript, purpose: string): Transcript {
  const copy = transcript.clone();
  copy.append("purpose", ascii(purpose));
  return copy;
}

/** 64 bytes of the transcript, reduced (PSE-TRN-2). */
export function challenge(transcript: Transcript): bigint {
  return wideScalar(transcript.challenge("challenge", 64));
}

/** `SCALE(label, genesis_hash, election, manifest_hash, …)` (PSE-TRN-3). */
export function message(context: Context, label: MessageLabel, ...rest: readonly Bytes[]): Bytes {
  const name = byteList(ascii(`psephos/v1/${label}`));
  return concat(name, context.genesisHash, u32(context.election), context.manifestHash, ...rest);
}
