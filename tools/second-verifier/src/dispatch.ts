/** What extrinsics do, and who may send them (PSE-AUD-8 to PSE-AUD-17, PSE-VAL, PSE-UPG). */

import { hex, type Bytes } from "./bytes.js";
import type { Chain, Place } from "./chain.js";
import { account, type Objection } from "./checks.js";
import type { Equivocation } from "./equivocation.js";
import type {
  Call,
  CastCall,
  CeremonyCall,
  ConsortiumCall,
  RegisterCall,
  SharesCall,
  SignedExtrinsic,
  SystemCall,
  ValidatorsCall,
} from "./extrinsic.js";
import { registrarIndex, trusteeIndex } from "./manifest.js";

/** Carries out a signed extrinsic whose signature was found valid. */
export function apply(chain: Chain, place: Place, index: number, extrinsic: SignedExtrinsic): void {
  const objection = applySigned(chain, place, index, extrinsic);
  if (objection !== undefined) place.object(index, { party: account(extrinsic.signer), ...objection });
}

/** Takes a report that nobody has signed: its evidence is its authority, so it has to be right (PSE-VAL-10). */
export function applyReport(chain: Chain, place: Place, index: number, evidence: Equivocation): void {
  const refusal = chain.validators.report(evidence);
  if (refusal !== undefined) {
    return place.object(index, { check: "officials", cause: `a report of equivocation that is not accepted: ${refusal}` });
  }
  chain.counters.add("officials");
}

function applySigned(chain: Chain, place: Place, index: number, extrinsic: SignedExtrinsic): Objection | undefined {
  chain.counters.add("signatures");
  const { call } = extrinsic;
  if (call.pallet === "ballots" && call.call === "cast") return applyBallot(chain, place, index, extrinsic, call);
  const objection = call.pallet === "system" ? applyCode(chain, place, extrinsic, call) : checkOfficial(chain, extrinsic);
  if (objection !== undefined) return objection;
  chain.counters.add("officials");
  return dispatch(chain, place, index, extrinsic);
}

/** A ballot that breaks a rule is always a finding (PSE-AUD-13). */
function applyBallot(
  chain: Chain,
  { number: now, author }: Place,
  index: number,
  { signer, era, nonce, length }: SignedExtrinsic,
  cast: CastCall,
): Objection | undefined {
  // PSE-EXT-7
  if (era !== "immortal") return { check: "admission", cause: "a ballot that expires" };
  const election = chain.election(cast.election);
  if (election === undefined) return { check: "admission", cause: `there is no election ${cast.election}` };
  const phase = election.phase(now);
  if (phase !== "voting") return { check: "admission", cause: `a ballot in the phase ${phase}` };
  const issued = election.register.issued(cast.district);
  const objection = election.ballots.accept({ extrinsic: index, account: signer, nonce, length }, issued, cast);
  if (objection !== undefined) return objection;
  election.arrivals.add(chain.time, author, now);
  chain.counters.add("admission");
  chain.counters.add("credentials", cast.credential.length);
  return undefined;
}

/** Anybody may bring the code that the consortium has authorised; no account is touched (PSE-UPG-2). */
function applyCode(
  chain: Chain,
  place: Place,
  { era, nonce }: SignedExtrinsic,
  { code }: SystemCall,
): Objection | undefined {
  const refused = (cause: string): Objection => ({ check: "officials", cause });
  if (era !== "immortal") return refused("a code in an extrinsic that expires");
  if (nonce !== 0) return refused(`nonce ${nonce} instead of 0`);
  if (chain.frozen) return refused("a code while an election is open");
  // A header that one code explains says nothing about a second.
  const applied = chain.code.apply(code, place.replacesCode && place.newCode === undefined);
  if (applied === "refused") return refused("a code that the consortium has not authorised");
  if (applied === "replaced") place.newCode = chain.code.hash;
  return undefined;
}

/** PSE-AUD-8 */
function checkOfficial(chain: Chain, { signer, nonce, call }: SignedExtrinsic): Objection | undefined {
  const refusal = whyNoOffice(chain, { signer, call });
  if (refusal !== undefined) return { check: "officials", cause: refusal };
  const expected = chain.nonces.get(hex(signer)) ?? 0;
  if (nonce !== expected) return { check: "officials", cause: `nonce ${nonce} instead of ${expected}` };
  chain.nonces.set(hex(signer), expected + 1);
  return undefined;
}

function whyNoOffice(chain: Chain, { signer, call }: Pick<SignedExtrinsic, "signer" | "call">): string | undefined {
  switch (call.pallet) {
    case "system":
    case "timestamp":
    case "elections":
      return "no account sends such a call";
    case "validators":
      if (isDecided(call)) return "no account sends such a call";
      return chain.consortium.isMember(signer) ? undefined : "not a member of the consortium";
    case "consortium":
      if (call.call === "propose" && !isDecided(call.proposal)) return "a motion about something else";
      return chain.consortium.isMember(signer) ? undefined : "not a member of the consortium";
    case "register":
    case "ceremony":
    case "ballots": {
      const manifest = chain.election(call.election)?.manifest;
      if (manifest === undefined) return `there is no election ${call.election}`;
      const index = call.pallet === "register" ? registrarIndex(manifest, signer) : trusteeIndex(manifest, signer);
      return index === undefined ? "the account does not hold the office that the call needs" : undefined;
    }
  }
}

/** Whether a call is the consortium's, and no account's. */
function isDecided(call: Call): boolean {
  if (call.pallet === "elections") return true;
  return call.pallet === "validators" && call.call !== "rotate" && call.call !== "report_equivocation";
}

/** What an official's call does; nothing, if the rules make it fail. */
function dispatch(chain: Chain, place: Place, index: number, extrinsic: SignedExtrinsic): Objection | undefined {
  const { signer, call } = extrinsic;
  switch (call.pallet) {
    case "consortium":
      dispatchMotion(chain, place.number, signer, call);
      return undefined;
    case "validators":
      dispatchMembers(chain, signer, call);
      return undefined;
    case "register":
      dispatchRecord(chain, place.number, signer, call);
      return undefined;
    case "ceremony":
      dispatchCeremony(chain, place, index, signer, call);
      return undefined;
    case "ballots":
      return call.call === "submit_shares" ? dispatchShares(chain, place, index, signer, call) : undefined;
    case "system":
    case "timestamp":
    case "elections":
      return undefined;
  }
}

function dispatchMotion(chain: Chain, now: number, member: Bytes, call: ConsortiumCall): void {
  chain.counters.add("consortium");
  const decision = chain.consortium.dispatch(member, call, now);
  if (decision === undefined || !decision.byMajority) return;
  const decided = decision.call;
  if (decided.pallet === "validators") dispatchDecision(chain, decided);
  if (decided.pallet !== "elections") return;
  if (decided.call === "create") chain.create(decided.manifest, now);
  else chain.election(decided.election)?.cancel();
}

/** What a member sends by itself. A report that it has signed and that is refused has no effect, and is no finding (PSE-AUD-8). */
function dispatchMembers(chain: Chain, member: Bytes, call: ValidatorsCall): void {
  if (call.call === "rotate" && !chain.frozen) chain.validators.rotate(member, call.keys, call.proof);
  if (call.call === "report_equivocation") chain.validators.report(call.evidence);
}

/** What the consortium decides about validators and code. */
function dispatchDecision(chain: Chain, call: ValidatorsCall): void {
  switch (call.call) {
    case "admit":
      return chain.admit(call.organisation, call.proof);
    case "dismiss":
      return chain.dismiss(call.organisation);
    case "authorize_upgrade":
      if (!chain.frozen) chain.code.authorize(call.codeHash);
      return;
    case "rotate":
    case "report_equivocation":
  }
}

function dispatchRecord(chain: Chain, now: number, signer: Bytes, call: RegisterCall): void {
  const election = chain.election(call.election);
  const registrar = election && registrarIndex(election.manifest, signer);
  if (election === undefined || registrar === undefined) return;
  const phase = election.phase(now);
  const circumstances = { phase: phase === "registration" || phase === "voting" ? phase : "other", now } as const;
  chain.counters.add("register", election.register.dispatch(circumstances, registrar, call));
}

function dispatchCeremony(chain: Chain, place: Place, index: number, signer: Bytes, call: CeremonyCall): void {
  chain.counters.add("ceremony");
  const election = chain.election(call.election);
  const trustee = election && trusteeIndex(election.manifest, signer);
  if (election === undefined || trustee === undefined || election.phase(place.number) !== "registration") return;
  const { excluded, tooFew } = election.ceremony.dispatch(trustee, call, place.number);
  if (tooFew) election.cancel();
  for (const { trustee: culprit, epoch, why } of excluded) {
    const what = `was excluded from epoch ${epoch} of the key ceremony for ${why}`;
    place.faults.push({ election: election.id, trustee: culprit, block: place.number, extrinsic: index, what });
  }
}

/** Shares are judged again; bad ones are their trustee's fault (PSE-AUD-17). */
function dispatchShares(
  chain: Chain,
  place: Place,
  index: number,
  signer: Bytes,
  { election: id, district, shares }: SharesCall,
): Objection | undefined {
  const election = chain.election(id);
  const trustee = election && trusteeIndex(election.manifest, signer);
  if (election?.tally === undefined || trustee === undefined) return undefined;
  if (election.phase(place.number) !== "tallying") return undefined;
  const judgement = election.tally.receive(trustee, district, shares);
  election.publish(place.number, index);
  if (judgement.kind === "undecryptable") return { check: "result", cause: judgement.why };
  if (judgement.kind === "unwanted") return undefined;
  chain.counters.add("shares", shares.length);
  if (judgement.kind === "invalid") {
    const what = `submitted invalid shares of district ${district}: ${judgement.why}`;
    place.faults.push({ election: id, trustee, block: place.number, extrinsic: index, what });
  }
  return undefined;
}
