// The booth and the receipts as the pages ask for them, over the worker.

import type { Booth, ElectionFacts, Signed } from '../ballot/booth';
import type { RuntimeVersion } from '../chain/node';
import type { Configuration, RelayAddress } from '../configuration';
import type { Hex } from '../encoding/hex';
import type { Sealed } from '../flow/state';
import type { Receipts, Verdict } from '../receipts/receipts';
import type { CheckedBallot } from './calls';
import { Line } from './line';

/** A voter's booth: one worker, which is ended when the ballot is cast, and its memory with it. */
export class WorkerBooth implements Booth {
  private line = new Line();
  /** The worker that comes after casting: without any secret, and ready before the voter casts. */
  private next: Line | null = null;
  private facts: ElectionFacts | null = null;
  private closed = false;

  async open(facts: ElectionFacts): Promise<Hex> {
    this.facts = facts;
    this.next?.end();
    this.next = null;
    return this.line.ask('open', facts);
  }

  async prepare(kept: string | null): Promise<void> {
    await this.line.ask('prepare', kept);
  }

  blind(registrar: number, district: number): Promise<Hex> {
    return this.line.ask('blind', registrar, district);
  }

  async unblind(registrar: number, signature: Hex): Promise<void> {
    await this.line.ask('unblind', registrar, signature);
  }

  secrets(): Promise<string> {
    return this.line.ask('secrets');
  }

  async encrypt(district: number, selections: readonly (readonly boolean[])[]): Promise<Sealed> {
    const sealed = await this.line.ask('encrypt', district, selections);
    // While the voter decides: compiling takes a second where much else runs.
    if (this.next === null && !this.closed) {
      this.next = new Line();
      if (this.facts !== null) {
        this.next.ask('open', this.facts).catch(() => undefined);
      }
    }
    return sealed;
  }

  challenge(): Promise<string> {
    return this.line.ask('challenge');
  }

  async cast(version: RuntimeVersion): Promise<Signed> {
    const signed = await this.line.ask('cast', version);
    this.beginAnew();
    return signed;
  }

  /** The Rust has wiped the key; what JavaScript and wasm may have copied goes with their memory. */
  private beginAnew(): void {
    this.line.end();
    if (this.next !== null) {
      this.line = this.next;
      this.next = null;
    }
  }

  seal(path: readonly RelayAddress[], extrinsic: Hex): Promise<Uint8Array<ArrayBuffer>> {
    return this.line.ask('seal', path, extrinsic);
  }

  end(): void {
    this.closed = true;
    this.line.end();
    this.next?.end();
    this.next = null;
  }
}

/** Receipts, verified in a worker of their own. */
export class WorkerReceipts implements Receipts {
  private line: Line | null = null;

  constructor(private readonly configuration: Pick<Configuration, 'genesis' | 'election'>) {}

  private crypto(): Line {
    this.line ??= new Line();
    return this.line;
  }

  verify(receipt: string): Promise<Verdict> {
    return this.crypto().ask('verifyReceipt', receipt, this.configuration.genesis, this.configuration.election);
  }
}

/** Checks an opened ballot, in a worker that is ended afterwards. */
export async function checkBallot(opened: string): Promise<CheckedBallot> {
  const line = new Line();
  try {
    return await line.ask('checkBallot', opened);
  } finally {
    line.end();
  }
}
