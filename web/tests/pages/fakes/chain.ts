// A chain that has as many blocks as the test says, and nodes that tell the truth about it or do not.

import { fromHex, type Hex, toHex } from '../../../src/encoding/hex';
import { keys } from '../../../src/chain/state/keys';
import { type Phase, phaseAt } from '../../../src/chain/state/phase';
import { DISTRICTS, ELECTION_KEY, type FakeElection, type Schedule } from './election';
import { justify, ObservedChain, type ObservedBlock, validators } from './observed-chain';
import { ELECTION, ObservedElection } from './observed-election';
import { ObservedNode } from './observed-node';
import { blake2_256, concat, list, Reader, u32 } from './scale';

/** The last final block when a test begins. */
const FIRST_HEIGHT = 100;
/** So far ahead is a node that claims blocks which nobody has signed. */
const AHEAD = 10_000;

interface Cast {
  readonly account: Hex;
  readonly district: number;
  readonly tracker: Hex;
}

/** What of an extrinsic matters here. */
export function readCast(extrinsic: Uint8Array): Cast {
  const reader = new Reader(extrinsic);
  const length = reader.compact();
  const body = reader.take(length);
  const inner = new Reader(body);
  const head = inner.u8();
  const address = inner.u8();
  if (head !== 0x84 || address !== 0) {
    throw new Error('no signed extrinsic of version 4');
  }
  const account = inner.take(32);
  inner.take(65); // the signature
  inner.take(1); // immortal
  inner.compact(); // the nonce
  const [pallet, call] = [inner.u8(), inner.u8()];
  if (pallet !== 13 || call !== 0) {
    throw new Error('casts no ballot');
  }
  inner.u32();
  const district = inner.u32();
  for (let left = inner.compact(); left > 0; left -= 1) {
    inner.take(33);
    inner.take(inner.compact());
  }
  return { account: toHex(account), district, tracker: toHex(blake2_256(inner.rest())) };
}

/** The chain itself: its headers, states and signatures are real. */
export class FakeChain {
  readonly observed = new ObservedChain(3);
  private readonly held: ObservedElection;
  private readonly pool: Uint8Array[] = [];
  private readonly timer: ReturnType<typeof setInterval>;
  /** Set, what is submitted is refused with this code. */
  refuse: number | null = null;

  constructor(schedule: Schedule, blockMs = 400) {
    this.held = new ObservedElection(this.observed, schedule);
    this.observed.state.set(keys.electionKeys(ELECTION), concat(u32(0), fromHex(ELECTION_KEY), list([])));
    this.height = FIRST_HEIGHT;
    this.timer = setInterval(() => this.seal(), blockMs);
  }

  get election(): FakeElection {
    return this.held.election;
  }

  get genesis(): Hex {
    return this.observed.genesis;
  }

  /** The last final block. */
  get height(): number {
    return this.observed.blocks.length - 1;
  }

  /** Makes empty blocks up to this one. */
  set height(height: number) {
    while (this.height < height) {
      this.observed.seal();
    }
  }

  get phase(): Phase {
    return phaseAt(this.height, this.election.schedule, null);
  }

  get ballots(): readonly (Cast & { readonly block: number })[] {
    return this.held.ballots.map(({ account, tracker, district, block }) => ({
      account: toHex(account),
      tracker: toHex(tracker),
      district,
      block,
    }));
  }

  submit(extrinsic: Uint8Array): void {
    this.pool.push(extrinsic);
  }

  /** Ballots of others, in the next block. */
  castOthers(many: number): void {
    this.held.fill(many);
  }

  private seal(): void {
    for (const extrinsic of this.pool.splice(0)) {
      const { account, tracker, district } = readCast(extrinsic);
      if (!this.ballots.some((ballot) => ballot.account === account)) {
        this.held.accept({ account: fromHex(account), tracker: fromHex(tracker), district });
      }
    }
    this.observed.seal();
  }

  close(): void {
    clearInterval(this.timer);
  }
}

/** How a node behaves. */
export type Manner =
  | 'honest'
  /** Gives no proofs of ballots. */
  | 'withholds'
  /** Shows other accounts beside the ballots. */
  | 'changes'
  | 'otherKey'
  /** Changes an option's text in the manifest's bytes. */
  | 'otherManifest'
  /** Changes an option's text in its own view of the manifest, beside the right bytes. */
  | 'otherTexts'
  | 'otherVersion'
  /** Claims blocks that nobody has signed, after the closing block, with a key of its own. */
  | 'ahead'
  /** Has stopped at the block that was final when it began to. */
  | 'late'
  | 'otherChain';

const OTHER_OPTION = 'Somebody Else';

/** A node. */
export class FakeNode extends ObservedNode {
  readonly submitted: Uint8Array[] = [];
  private held: Manner = 'honest';
  private stopped: ObservedBlock | null = null;

  constructor(private readonly chain: FakeChain) {
    super(chain.observed);
  }

  get manner(): Manner {
    return this.held;
  }

  set manner(manner: Manner) {
    this.held = manner;
    this.stopped = manner === 'late' ? this.observed.last : null;
  }

  protected override signatures(block: ObservedBlock): Hex {
    if (this.manner === 'ahead') {
      // Strangers sign for a block that is not there.
      return justify(`0x${'0a'.repeat(32)}`, this.chain.height + AHEAD, 0, validators(7).slice(4));
    }
    return (this.stopped ?? block).justification;
  }

  protected override answer(method: string, params: readonly unknown[]): unknown {
    switch (method) {
      case 'chain_getBlockHash':
        return this.manner === 'otherChain' ? toHex(new Uint8Array(32).fill(7)) : super.answer(method, params);
      case 'state_getRuntimeVersion':
        return { specName: 'psephos', specVersion: this.manner === 'otherVersion' ? 101 : 100, transactionVersion: 1 };
      case 'election_manifest':
        return this.view();
      case 'state_getReadProof':
        return this.proof(params);
      case 'author_submitExtrinsic':
        return this.submit(fromHex(params[0] as string));
      default:
        return super.answer(method, params);
    }
  }

  private view(): object {
    const text = JSON.stringify(this.chain.election.view());
    const option = DISTRICTS[0]?.contests[0]?.options[0] ?? '';
    return JSON.parse(this.manner === 'otherTexts' ? text.replace(option, OTHER_OPTION) : text) as object;
  }

  private proof(params: readonly unknown[]): unknown {
    const wanted = params[0] as Hex[];
    const isOfBallots = wanted.some((key) => key.startsWith(keys.ballotPage(ELECTION, 0).slice(0, -8)));
    if (this.manner === 'withholds' && isOfBallots) {
      return { proof: [] };
    }
    return this.withOther(super.answer('state_getReadProof', params), this.changed());
  }

  /** Values of the state that it changes. */
  private changed(): readonly Hex[] {
    const changed: Partial<Record<Manner, readonly Hex[]>> = {
      changes: this.chain.ballots.map(({ account }) => account),
      otherKey: [ELECTION_KEY],
      otherManifest: [toHex(new TextEncoder().encode(DISTRICTS[0]?.contests[0]?.options[0]))],
    };
    return changed[this.manner] ?? [];
  }

  /** Other bytes in place of these, wherever they stand. */
  private withOther(answer: unknown, values: readonly Hex[]): unknown {
    const text = values.reduce(
      (said, value) => said.replaceAll(value.slice(2), '0e'.repeat((value.length - 2) / 2)),
      JSON.stringify(answer),
    );
    return JSON.parse(text);
  }

  private submit(extrinsic: Uint8Array): Hex {
    this.submitted.push(extrinsic);
    if (this.chain.refuse !== null) {
      throw Object.assign(new Error('Invalid Transaction'), { code: 1010, data: `Custom error: ${this.chain.refuse}` });
    }
    this.chain.submit(extrinsic);
    return toHex(blake2_256(extrinsic));
  }
}
