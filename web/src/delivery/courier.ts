// Brings a ballot that was cast into a final block: over relays, over other relays where it does not
// arrive, and reads the register at several nodes until one proves that it is there.

import type { Booth } from '../ballot/booth';
import type { Witness } from '../chain/witness';
import type { RelayAddress } from '../configuration';
import type { Delivery, Progress } from '../flow/state';
import { randomPath } from '../relay/path';
import { handOver, RelayRefused } from '../relay/relay';
import { type Findings, findings, Search } from './look';
import { type Action, LOOK_MS, looksAfterProof, NEWS_MS, next } from './policy';

/** Codes of refusals that a ballot also gets *because* it is in a block already (PSE-EXT-3). */
const MAY_BE_INCLUDED = new Set([4, 7, 8, 9, 11, 22, 24]);

/** What a courier works with. */
export interface Means {
  readonly nodes: readonly Witness[];
  readonly relays: readonly RelayAddress[];
  readonly hops: number;
  /** Mean delay at each relay, in seconds. */
  readonly relayDelay: number;
  readonly closing: number;
  readonly booth: Pick<Booth, 'seal'>;
}

/** What a courier tells. */
export interface Reports {
  readonly progress: (progress: Progress) => void;
  /** A ballot that can never be in a block. */
  readonly refused: (code: number | null) => void;
  /** Whether one of these receipts is proven; asked again if not. */
  readonly proven: (receipts: readonly string[]) => Promise<boolean>;
}

/** Host names, for people. */
function host(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Delivers one ballot. */
export class Courier {
  private handedOverAt: number | null = null;
  private failedAt: number | null = null;
  private handedOver = 0;
  private path: readonly string[] = [];
  private lastResort = false;
  /** The highest block that was ever proven to be final: only those count for what to do. */
  private block = 0;
  /** How often to look after the proof; `null` before it. */
  private looksLeft: number | null = null;
  private turn = 0;
  private readonly failedEntrances = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Whether a round is under way, and whether news came meanwhile. */
  private busy = false;
  private news = false;
  private readonly deaf: (() => void)[] = [];
  private ended = false;
  private readonly searches: readonly Search[];

  constructor(
    private readonly delivery: Delivery,
    private readonly means: Means,
    private readonly reports: Reports,
  ) {
    this.searches = means.nodes.map((witness) => new Search(witness, delivery));
  }

  /**
   * Begins, and goes on until the ballot is proven to be final, is refused, or `end` is called. One that
   * was cast a moment ago, at this final block, is in no block yet, and is handed over before looking.
   */
  start(castAt: number | null): void {
    for (const witness of this.means.nodes) {
      this.deaf.push(witness.onNews(() => this.hear()));
    }
    void this.round(castAt);
  }

  /** Ends the watching; the ballot stays on its way. */
  end(): void {
    this.ended = true;
    this.stopWaiting();
    this.deaf.splice(0).forEach((end) => end());
  }

  private stopWaiting(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  /** A node proves a new final block: the ballot may be in it, so nobody waits for the next look. */
  private hear(): void {
    if (!this.news) {
      this.news = true;
      if (!this.busy) {
        this.wait();
      }
    }
  }

  private async round(castAt: number | null = null): Promise<void> {
    let going = true;
    this.busy = true;
    this.news = false;
    try {
      going = castAt === null ? await this.look() : await this.beginAt(castAt);
    } finally {
      this.busy = false;
      if (going) {
        this.wait();
      } else {
        this.end();
      }
    }
  }

  /** Until the next round. */
  private wait(): void {
    this.stopWaiting();
    if (!this.ended) {
      this.timer = setTimeout(() => void this.round(), this.news ? NEWS_MS : LOOK_MS);
    }
  }

  private beginAt(block: number): Promise<boolean> {
    this.block = Math.max(this.block, block);
    return this.act(next(this.situation()));
  }

  /** Whether to go on. */
  private async look(): Promise<boolean> {
    const found = findings(await Promise.all(this.searches.map((search) => search.look())));
    this.block = Math.max(this.block, found.block);
    this.report(found);
    if (this.looksLeft !== null || (await this.prove(found.receipts))) {
      return this.lookAfterProof();
    }
    if (this.ended) {
      return false;
    }
    if (found.more) {
      // The ballot may be in what is not read yet: nothing is done about it before, and the next look comes at once.
      this.news = true;
      return true;
    }
    const going = await this.act(next(this.situation()));
    this.report(found);
    return going;
  }

  private async prove(receipts: readonly string[]): Promise<boolean> {
    const proven = receipts.length > 0 && (await this.reports.proven(receipts));
    if (!proven) {
      this.searches.forEach((search) => search.again());
    }
    return proven;
  }

  /** The register is read on for a while: a node that says now what is not signed is named, too. */
  private lookAfterProof(): boolean {
    this.looksLeft = (this.looksLeft ?? looksAfterProof(Math.random())) - 1;
    return this.looksLeft > 0;
  }

  private situation() {
    const { relays, hops, relayDelay, closing } = this.means;
    return {
      now: Date.now(),
      handedOverAt: this.handedOverAt,
      failedAt: this.failedAt,
      hops: relays.length === 0 ? 0 : hops,
      meanDelay: relayDelay * 1_000,
      block: this.block,
      closing,
      lastResort: this.lastResort,
    };
  }

  private async act(action: Action): Promise<boolean> {
    switch (action) {
      case 'wait':
        return true;
      case 'giveUp':
        this.reports.refused(4);
        return false;
      case 'direct':
        return this.submit(true);
      case 'handOver':
        return this.means.relays.length === 0 ? this.submit(false) : this.seal();
    }
  }

  private async seal(): Promise<boolean> {
    const { relays, hops, booth } = this.means;
    const path = randomPath(relays, hops, this.failedEntrances);
    const [entrance] = path;
    if (entrance === undefined) {
      return true;
    }
    try {
      await handOver(entrance.url, await booth.seal(path, this.delivery.extrinsic));
      this.succeeded(path.map((relay) => host(relay.url)));
    } catch (error) {
      if (!(error instanceof RelayRefused)) {
        throw error;
      }
      this.failedEntrances.add(entrance.url);
      this.failedAt = Date.now();
    }
    return true;
  }

  /** Gives the ballot to the nodes in turn: each does its part of the checking. */
  private async submit(lastResort: boolean): Promise<boolean> {
    const node = this.means.nodes[this.turn % this.means.nodes.length]?.node;
    this.turn += 1;
    if (node === undefined) {
      return true;
    }
    try {
      const submission = await node.submit(this.delivery.extrinsic);
      if (submission.kind === 'accepted') {
        this.lastResort ||= lastResort;
        this.succeeded([host(node.url)]);
        return true;
      }
      this.failedAt = Date.now();
      return this.refused(submission.code);
    } catch {
      this.failedAt = Date.now();
      return true;
    }
  }

  /** One node's refusal is no verdict while others may accept. */
  private refused(code: number | null): boolean {
    if (code === null || MAY_BE_INCLUDED.has(code) || this.turn < this.means.nodes.length) {
      return true;
    }
    this.reports.refused(code);
    return false;
  }

  private succeeded(path: readonly string[]): void {
    this.handedOver += 1;
    this.handedOverAt = Date.now();
    this.failedAt = null;
    this.path = path;
  }

  private report(found: Findings): void {
    this.reports.progress({
      handedOver: this.handedOver,
      path: this.path,
      lastResort: this.lastResort,
      looked: found.block,
      confirmed: found.confirmed,
      asked: found.asked,
      refuted: found.refuted,
    });
  }
}
