/**
 * Merlin transcripts over STROBE-128, written from their definitions: strobe.sourceforge.io, version
 * 1.0.2, and merlin.cool. Only the operations that Merlin uses are here: `meta-AD`, `AD` and `PRF`.
 */

import { keccakP } from "@noble/hashes/sha3.js";
import { ascii, u32, type Bytes } from "./bytes.js";

const RATE = 166;
const STATE_BYTES = 200;

const INBOUND = 1;
const APPLICATION = 2;
const CIPHER = 4;
const META = 16;
const KEY = 32;

class Strobe {
  readonly #state = new Uint8Array(STATE_BYTES);
  readonly #words = new Uint32Array(this.#state.buffer);
  #position = 0;
  #begin = 0;

  static new(protocol: string): Strobe {
    const strobe = new Strobe();
    strobe.#state.set([1, RATE + 2, 1, 0, 1, 12 * 8]);
    strobe.#state.set(ascii("STROBEv1.0.2"), 6);
    keccakP(strobe.#words);
    strobe.metaAd(ascii(protocol), false);
    return strobe;
  }

  clone(): Strobe {
    const copy = new Strobe();
    copy.#state.set(this.#state);
    copy.#position = this.#position;
    copy.#begin = this.#begin;
    return copy;
  }

  metaAd(data: Bytes, more: boolean): void {
    if (!more) this.#beginOperation(META | APPLICATION);
    this.#absorb(data);
  }

  ad(data: Bytes): void {
    this.#beginOperation(APPLICATION);
    this.#absorb(data);
  }

  prf(length: number): Bytes {
    this.#beginOperation(INBOUND | APPLICATION | CIPHER);
    const drawn = new Uint8Array(length);
    for (let at = 0; at < length; at++) {
      drawn[at] = this.#state[this.#position] ?? 0;
      this.#state[this.#position] = 0;
      this.#advance();
    }
    return drawn;
  }

  #beginOperation(flags: number): void {
    const before = this.#begin;
    this.#begin = this.#position + 1;
    this.#absorb(Uint8Array.of(before, flags));
    if ((flags & (CIPHER | KEY)) !== 0 && this.#position !== 0) this.#permute();
  }

  #absorb(data: Bytes): void {
    for (const byte of data) {
      this.#mix(this.#position, byte);
      this.#advance();
    }
  }

  #advance(): void {
    this.#position += 1;
    if (this.#position === RATE) this.#permute();
  }

  #permute(): void {
    this.#mix(this.#position, this.#begin);
    this.#mix(this.#position + 1, 0x04);
    this.#mix(RATE + 1, 0x80);
    keccakP(this.#words);
    this.#position = 0;
    this.#begin = 0;
  }

  #mix(place: number, byte: number): void {
    this.#state[place] = (this.#state[place] ?? 0) ^ byte;
  }
}

export class Transcript {
  private constructor(readonly strobe: Strobe) {}

  static new(name: string): Transcript {
    const transcript = new Transcript(Strobe.new("Merlin v1.0"));
    transcript.append("dom-sep", ascii(name));
    return transcript;
  }

  clone(): Transcript {
    return new Transcript(this.strobe.clone());
  }

  append(label: string, message: Bytes): void {
    this.#begin(label, message.length);
    this.strobe.ad(message);
  }

  challenge(label: string, length: number): Bytes {
    this.#begin(label, length);
    return this.strobe.prf(length);
  }

  #begin(label: string, length: number): void {
    this.strobe.metaAd(ascii(label), false);
    this.strobe.metaAd(u32(length), true);
  }
}
