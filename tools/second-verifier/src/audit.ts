/** A whole archive, from block 0 to the published result (PSE-AUD-1 to PSE-AUD-23). */

import {
  ArchiveError,
  ArchiveReader,
  type Block,
  type Closing,
  type Genesis,
  type HandoverProof,
  type RuntimeVersions,
} from "./archive.js";
import { ciphertexts } from "./ballot-proofs.js";
import { equal, hex, type Bytes } from "./bytes.js";
import { Chain, decode, type Decoded, type Place } from "./chain.js";
import { whyUnknown } from "./code.js";
import type { Checker } from "./checker.js";
import { account, type Check } from "./checks.js";
import { apply, applyReport } from "./dispatch.js";
import type { Election } from "./election.js";
import { checkFinality, FinalityError } from "./finality.js";
import { FACTS, proveGenesis, proveResult, StateProofError } from "./genesis.js";
import { hashOf, type Header } from "./header.js";
import { Report } from "./report.js";
import { encodeResult, type ElectionResult } from "./result.js";
import type { Handover, Voters } from "./validators.js";

export interface Options {
  readonly checker: Checker;
  /** The published hash of block 0; without it, the report only shows the archive's. */
  readonly genesis?: Bytes;
  readonly progress?: (progress: { readonly block: number; readonly ballots: number; readonly bytes: number }) => void;
}

/** Checks an archive; goes on after a finding, so that the report names its place and not only what follows. */
export async function audit(path: string, options: Options): Promise<Report> {
  const reader = new ArchiveReader(path);
  try {
    return await new Audit(reader, options).run();
  } finally {
    reader.close();
  }
}

class Audit {
  readonly #report = new Report();
  /** What was seen, to be compared with what went through the checks. */
  readonly #seen = {
    extrinsics: 0,
    signed: 0,
    /** Reports of equivocation that nobody has signed. */
    reports: 0,
    casts: 0,
    blocks: 0,
    handover: 0,
    runtime: 0,
    credentialSignatures: 0,
    ciphertexts: 0,
  };
  /** What has to stand behind the last block. */
  #due: { readonly handover?: Handover; readonly versions?: true } = {};
  /** What stands there. */
  #behind: { readonly handover?: HandoverProof; readonly runtime?: RuntimeVersions } = {};
  /** Who has to finalise the last block, if it is another set than has to finalise those after it. */
  #votersOfHead: Voters | undefined;

  constructor(
    readonly reader: ArchiveReader,
    readonly options: Options,
  ) {
    this.#report.genesisExpected = options.genesis !== undefined;
  }

  async run(): Promise<Report> {
    const genesis = this.#record(() => this.reader.genesis(), 0);
    if (genesis === undefined) return this.#report;
    this.#checkGenesis(genesis);
    const chain = this.#chain(genesis);
    // Nobody is known to have sealed, finalised or decided anything: nothing can be checked.
    if (chain === undefined) return this.#report;
    for (;;) {
      const record = this.#record(() => this.reader.next(), chain.height + 1);
      if (record === undefined) break;
      if (record.kind === "handover" || record.kind === "runtime") {
        this.#seen[record.kind] += 1;
        this.#behind = { ...this.#behind, [record.kind]: record };
        continue;
      }
      this.#follow(chain);
      if (record.kind === "closing") {
        this.#close(chain, record);
        this.#report.complete = true;
        break;
      }
      await this.#block(chain, record);
    }
    this.#summarise(chain);
    return this.#report;
  }

  #find(check: Check, cause: string): void {
    this.#report.add({ check, cause });
  }

  /** Checks what stands behind the last block, and that it is there where it has to be (PSE-ARC-7, PSE-ARC-8). */
  #follow(chain: Chain): void {
    const [due, { handover, runtime }] = [this.#due, this.#behind];
    this.#due = {};
    this.#behind = {};
    const find = (check: Check) => (cause: string): void => {
      this.#report.add({ check, block: chain.height, blockHash: hex(chain.head), cause });
    };
    this.#checkHandover(chain, due.handover, handover, find("finality"));
    this.#checkVersions(chain, due.versions ?? false, runtime, find("code"));
  }

  /** The block from whose successor on another set makes the blocks is final by its own set (PSE-AUD-5). */
  #checkHandover(
    chain: Chain,
    due: Handover | undefined,
    record: HandoverProof | undefined,
    find: (cause: string) => void,
  ): void {
    if (due === undefined && record === undefined) return;
    if (due === undefined) return find("a handover where no other set takes over");
    if (record === undefined) return find(`no justification of the block after which set ${due.set} takes over`);
    this.#checkFinality(chain, record.justification, { voters: due.voters, find });
  }

  /** PSE-AUD-23 */
  #checkVersions(
    chain: Chain,
    due: boolean,
    record: RuntimeVersions | undefined,
    find: (cause: string) => void,
  ): void {
    if (!due && record === undefined) return;
    if (!due) return find("versions of a runtime where none was replaced");
    if (record === undefined) return find("the runtime was replaced, and the versions of the new one are missing");
    const { specVersion, transactionVersion } = record;
    const objection = chain.code.become({ specVersion, transactionVersion });
    const last = this.#report.upgrades.at(-1);
    if (last !== undefined) last.spec_version = specVersion;
    if (objection !== undefined) return find(objection);
    this.#report.counters.add("code");
  }

  /** The next record; none if the archive is damaged there, which is a finding (PSE-AUD-20). */
  #record<T>(read: () => T, block: number): T | undefined {
    try {
      const record = read();
      this.#report.counters.add("archive");
      return record;
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      this.#report.add({ check: "archive", block, cause: `the archive is damaged: ${error.message}` });
      return undefined;
    }
  }

  #checkGenesis(genesis: Genesis): void {
    const hash = hashOf(genesis.header);
    this.#report.genesisHash = hex(hash);
    this.#report.counters.add("genesis", FACTS);
    const { genesis: expected } = this.options;
    if (expected !== undefined && !equal(expected, hash)) {
      this.#find("genesis", `block 0 has hash 0x${hex(hash)}, not 0x${hex(expected)}`);
    }
    this.#report.counters.add("code");
    const unknown = whyUnknown(genesis);
    if (unknown !== undefined) this.#find("code", unknown);
    if (genesis.header.number !== 0) this.#find("genesis", `the first header has number ${genesis.header.number}`);
  }

  #chain(genesis: Genesis): Chain | undefined {
    try {
      return new Chain(proveGenesis(genesis));
    } catch (error) {
      if (!(error instanceof StateProofError)) throw error;
      this.#find("genesis", error.message);
      return undefined;
    }
  }

  async #block(chain: Chain, { header, extrinsics }: Block): Promise<void> {
    const place = chain.advance(header, extrinsics);
    const now = place.number;
    for (const election of chain.elections) election.beginBlock(now, chain.code.hash);
    if (extrinsics.length === 0) place.find("bodies", "the block does not begin with its time");
    const decoded = extrinsics.map(decode);
    const signed = decoded.flatMap((extrinsic) => ("signed" in extrinsic ? [extrinsic.signed] : []));
    const refusals = await chain.checkSignatures(this.options.checker, signed, now);
    let next = 0;
    decoded.forEach((extrinsic, index) => {
      chain.counters.add("bodies");
      if (!("signed" in extrinsic)) return this.#unsigned(chain, place, header, index, extrinsic);
      if (index === 0) place.find("bodies", "the block does not begin with its time", { extrinsic: 0 });
      const { signer, call } = extrinsic.signed;
      if (call.pallet === "ballots" && call.call === "cast") {
        this.#seen.casts += 1;
        this.#seen.credentialSignatures += call.credential.length;
        this.#seen.ciphertexts += ciphertexts(call.ballot).length;
      }
      const refusal = refusals[next++];
      if (refusal === undefined) apply(chain, place, index, extrinsic.signed);
      else place.object(index, { check: "signatures", cause: refusal, party: account(signer) });
    });
    await this.#endBlock(chain, place);
    this.#noteChanges(place);
    this.#seen.blocks += 1;
    this.#seen.extrinsics += extrinsics.length;
    this.#seen.signed += signed.length;
    this.#report.faults.push(...place.faults);
    for (const finding of place.findings) this.#report.add(finding);
    this.options.progress?.({ block: now, ballots: this.#report.ballots, bytes: this.reader.offset });
  }

  /** What nobody has signed is the time, or behind it a report of equivocation (PSE-AUD-6, PSE-AUD-8). */
  #unsigned(
    chain: Chain,
    place: Place,
    header: Header,
    index: number,
    extrinsic: Exclude<Decoded, { signed: unknown }>,
  ): void {
    const call = "unsigned" in extrinsic ? extrinsic.unsigned : undefined;
    if (index === 0 || call?.pallet !== "validators" || call.call !== "report_equivocation") {
      return chain.checkTime(place, header, index, extrinsic);
    }
    this.#seen.reports += 1;
    applyReport(chain, place, index, call.evidence);
  }

  /** Another set, and another code, from the next block on: both have to stand behind this one in the archive. */
  #noteChanges(place: Place): void {
    const { handover, number, replacesCode, newCode } = place;
    if (replacesCode && newCode === undefined) place.find("code", "the runtime was replaced, and not by an authorised code");
    if (newCode !== undefined) {
      this.#report.upgrades.push({ block: number, code_hash: `0x${hex(newCode)}`, spec_version: null });
    }
    this.#due = {
      ...(handover === undefined ? {} : { handover }),
      ...(replacesCode ? { versions: true } : {}),
    };
    this.#votersOfHead = handover?.voters;
    if (handover === undefined) return;
    const named = (accounts: readonly Bytes[]): string[] => accounts.map((own) => `0x${hex(own)}`);
    const { set, validators, joined, left, rotated } = handover;
    this.#report.handovers.push({
      block: number,
      set: Number(set),
      validators,
      joined: named(joined),
      left: named(left),
      rotated: named(rotated),
    });
  }

  async #endBlock(chain: Chain, place: Place): Promise<void> {
    for (const election of chain.elections) {
      const { ballots, ciphertexts, objections } = await election.endBlock(this.options.checker);
      chain.counters.add("proofs", ballots);
      chain.counters.add("sums", ciphertexts);
      this.#report.ballots += ballots;
      for (const { extrinsic, ...objection } of objections) place.object(extrinsic, objection);
    }
  }

  #close(chain: Chain, closing: Closing): void {
    const { descendants, justification } = closing;
    const ofHead = descendants.length === 0 ? this.#votersOfHead : undefined;
    const voters = ofHead ?? chain.validators.voters;
    this.#checkFinality(chain, justification, { descendants, voters, find: (cause) => this.#find("finality", cause) });
    this.#report.election = closing.election;
    this.#checkResult(chain, closing);
  }

  /** PSE-AUD-5 */
  #checkFinality(
    chain: Chain,
    justification: Bytes,
    { descendants = [], voters, find }: {
      readonly descendants?: readonly Header[];
      readonly voters: Voters;
      readonly find: (cause: string) => void;
    },
  ): void {
    try {
      const votes = checkFinality({ hash: chain.head, number: chain.height }, descendants, justification, voters);
      chain.counters.add("finality", votes);
    } catch (error) {
      if (!(error instanceof FinalityError)) throw error;
      find(error.message);
    }
  }

  /** What the ballots give, what the state holds and what the archive claims are the same (PSE-AUD-18). */
  #checkResult(chain: Chain, closing: Closing): void {
    const election = chain.election(closing.election);
    if (election === undefined) return this.#find("result", `the blocks create no election ${closing.election}`);
    const recomputed = election.result;
    const block = recomputed?.block ?? chain.height;
    const place = {
      block,
      blockHash: hex(chain.hashes[block] ?? chain.head),
      ...(election.completedBy === undefined ? {} : { extrinsic: election.completedBy }),
    };
    for (const cause of resultCauses(chain, closing, recomputed)) {
      this.#report.add({ check: "result", cause, ...place });
    }
  }

  #summarise(chain: Chain): void {
    const report = this.#report;
    for (const check of ["headers", "authors", "roots", "bodies", "signatures", "officials", "consortium"] as const) {
      report.counters.add(check, chain.counters.of(check));
    }
    for (const check of ["manifests", "register", "ceremony", "admission", "credentials"] as const) {
      report.counters.add(check, chain.counters.of(check));
    }
    for (const check of ["proofs", "sums", "shares", "finality"] as const) {
      report.counters.add(check, chain.counters.of(check));
    }
    report.lastBlock = chain.height;
    report.lastBlockHash = hex(chain.head);
    const election = report.election === undefined ? undefined : chain.election(report.election);
    if (election !== undefined) {
      report.title = election.manifest.title;
      report.manifestHash = hex(election.manifest.hash);
      report.phase = election.phase(chain.height);
      report.ballots = election.ballots.cast;
      report.ballotsByHour = election.arrivals.byHour;
      report.ballotsByAuthor = election.arrivals.byAuthor;
      report.result = election.result;
      report.counters.add("result", countsIn(election.result));
    }
    if (report.ok && election !== undefined) this.#checkCompleteness(election);
  }

  /** Nothing was found; but only if everything was looked at is the archive in order (PSE-AUD-19). */
  #checkCompleteness(election: Election): void {
    const { counters, ballots, ballotsByHour, ballotsByAuthor, result } = this.#report;
    const { extrinsics, signed, reports, casts, blocks, handover, runtime } = this.#seen;
    const { credentialSignatures, ciphertexts: cast } = this.#seen;
    const exact: Total[] = [
      ["headers", counters.of("headers"), blocks],
      ["seals", counters.of("authors"), blocks],
      ["roots", counters.of("roots"), blocks],
      ["records", counters.of("archive"), blocks + handover + runtime + 2],
      ["versions", counters.of("code"), runtime + 1],
      ["extrinsics", counters.of("bodies"), extrinsics],
      ["times", extrinsics - signed - reports, blocks],
      ["signatures", counters.of("signatures"), signed],
      ["officials' messages", counters.of("officials"), signed - casts + reports],
      ["ballots admitted", counters.of("admission"), casts],
      ["registrars' signatures", counters.of("credentials"), credentialSignatures],
      ["ballots proved", counters.of("proofs"), casts],
      ["ciphertexts", counters.of("sums"), cast],
    ];
    const least: Total[] = [
      ["facts of block 0", counters.of("genesis"), 1],
      ["votes for the last block and each handover", counters.of("finality"), handover + 1],
      ["motions", counters.of("consortium"), 1],
      ["manifests", counters.of("manifests"), 1],
    ];
    if (result !== undefined) {
      const { quorum, threshold } = election.manifest;
      const total = (own: readonly { readonly ballots: number }[]): number => own.reduce((sum, one) => sum + one.ballots, 0);
      const decrypted = result.districts.filter((district) => district.ballots > 0);
      exact.push(
        ["counts", counters.of("result"), countsIn(result)],
        ["ballots by the hour", total(ballotsByHour), ballots],
        ["ballots by author", total(ballotsByAuthor), ballots],
      );
      least.push(
        ["registrars' records", counters.of("register"), total(result.districts) * quorum * 2],
        ["messages of the key ceremony", counters.of("ceremony"), 5 * threshold],
        ["shares", counters.of("shares"), countsIn({ ...result, districts: decrypted }) * threshold],
      );
    }
    this.#report.counters.add("completeness", exact.length + least.length);
    const short = [
      ...exact.filter(([, checked, there]) => checked !== there),
      ...least.filter(([, checked, there]) => checked < there),
    ];
    for (const [what, checked, there] of short) this.#find("completeness", `${checked} ${what} were checked, of ${there}`);
  }
}

type Total = readonly [what: string, checked: number, there: number];

function resultCauses(chain: Chain, closing: Closing, recomputed: ElectionResult | undefined): string[] {
  const causes: string[] = [];
  const phase = chain.election(closing.election)?.phase(chain.height);
  if (phase !== "published" && phase !== "cancelled") {
    causes.push("at the last block the election has neither a result nor was it cancelled");
  }
  if (!same(closing.result, recomputed)) causes.push("the archive claims another result than the ballots give");
  // An earlier state could hold what a later one does not.
  const stateRoot = closing.proofBlock === chain.height ? chain.stateRoots[closing.proofBlock] : undefined;
  if (stateRoot === undefined) {
    causes.push(`the result is proved for block ${closing.proofBlock}, which is not the archive's last one`);
    return causes;
  }
  try {
    const published = proveResult(stateRoot, closing.proof, closing.election);
    if (!same(published, recomputed)) causes.push("the chain published another result than the ballots give");
  } catch (error) {
    if (!(error instanceof StateProofError)) throw error;
    causes.push(error.message);
  }
  return causes;
}

function same(left: ElectionResult | undefined, right: ElectionResult | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return equal(encodeResult(left), encodeResult(right));
}

/** How many numbers a result consists of. */
function countsIn(result: ElectionResult | undefined): number {
  const contests = result?.districts.flatMap(({ outcome }) => (outcome === "withheld" ? [] : outcome.counted)) ?? [];
  return contests.reduce((total, { counts }) => total + counts.length, 0);
}
