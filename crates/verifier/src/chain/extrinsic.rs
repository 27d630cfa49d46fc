//! One extrinsic: its signature, office and nonce, then what its call does.

use psephos_primitives::{
    phase::CancelReason,
    wire::{
        BallotRegisterCall, Call, ConsortiumCall, ElectionsCall, Extrinsic, KeyCeremonyCall,
        SystemCall, TimestampCall, ValidatorSetCall, VoterRegisterCall,
    },
    AccountId, ElectionId, Hash, Manifest, Phase, Refusal, RegistrarIndex, TrusteeIndex,
};
use sp_runtime::generic::Era;

use super::{
    preview::{BallotPreview, ExtrinsicPreview, Verified},
    Chain, Place,
};
use crate::{
    ballots::{Cast, Objection},
    ceremony, consortium,
    election::{has_official, Election},
    finding::{Cause, Check, Fault, FaultKind, Party},
    register,
    tally::Judgement,
    upgrades::Sent,
};

/// Elections that may open, or close, in one block.
const PER_BLOCK: usize = psephos_primitives::limits::MAX_ELECTIONS_PER_BLOCK as usize;

/// A signed extrinsic whose signature is the signer's.
struct Signed<'a> {
    signer: &'a AccountId,
    nonce: u32,
    era: Era,
    call: &'a Call,
    /// In bytes, as it stands in the block.
    length: usize,
    ballot: Option<BallotPreview>,
}

impl Chain {
    pub(super) fn apply_extrinsic(
        &mut self,
        place: &mut Place,
        index: u32,
        verified: Verified,
        preview: ExtrinsicPreview,
    ) {
        let extrinsic = match preview.decoded {
            Ok(extrinsic) => extrinsic,
            Err(error) => {
                let cause = Cause::Undecodable(error);
                return place.find(Check::Bodies, Some(index), None, cause);
            }
        };
        match extrinsic {
            Extrinsic::Unsigned(Call::Timestamp(TimestampCall::Set { now })) if index == 0 => {
                if let Err(cause) = self.apply_time(place.slot, now) {
                    place.find(Check::Bodies, Some(index), None, cause);
                }
            }
            Extrinsic::Unsigned(Call::Timestamp(_)) => {
                let cause = Cause::TimePlace { place: index };
                place.find(Check::Bodies, Some(index), None, cause);
            }
            Extrinsic::Unsigned(Call::ValidatorSet(ValidatorSetCall::ReportEquivocation {
                set,
                evidence,
            })) if index > 0 => match self.validators.report(set, &evidence) {
                true => self.count(Check::Officials, 1),
                false => {
                    let cause = Cause::Refused(Refusal::NotNow);
                    place.find(Check::Officials, Some(index), None, cause);
                }
            },
            Extrinsic::Unsigned(_) => {
                place.find(Check::Bodies, Some(index), None, Cause::Unsigned);
            }
            Extrinsic::Signed {
                signer,
                extra,
                call,
                ..
            } => {
                if index == 0 {
                    place.find(Check::Bodies, Some(index), None, Cause::NoTime);
                }
                let signed = Signed {
                    signer: &signer,
                    nonce: extra.nonce,
                    era: extra.era,
                    call: &call,
                    length: preview.length,
                    ballot: preview.ballot,
                };
                let applied = preview
                    .signature
                    .map_err(objection(Check::Signatures))
                    .and_then(|()| self.apply_signed(place, index, verified, signed));
                if let Err(Objection {
                    check,
                    party,
                    cause,
                }) = applied
                {
                    let party = party.or(Some(Party::Account(signer)));
                    place.find(check, Some(index), party, cause);
                }
            }
        }
    }

    fn apply_signed(
        &mut self,
        place: &mut Place,
        index: u32,
        verified: Verified,
        signed: Signed<'_>,
    ) -> Result<(), Objection> {
        self.count(Check::Signatures, 1);
        let Signed {
            signer,
            nonce,
            era,
            call,
            length,
            ballot: preview,
        } = signed;
        if let Call::BallotRegister(BallotRegisterCall::Cast {
            election,
            district,
            credential,
            ballot,
        }) = call
        {
            // It may lie with a relay for long (PSE-EXT-7).
            if era != Era::Immortal {
                let cause = Cause::Refused(Refusal::MortalBallot);
                return Err(objection(Check::Admission)(cause));
            }
            let (tracker, credential_checked) = match preview {
                Some(preview) => (preview.tracker, preview.credential),
                None => (ballot.tracker(), None),
            };
            let cast = Cast {
                block: place.number,
                extrinsic: index,
                account: signer,
                length,
                nonce,
                district: *district,
                credential,
                credential_checked,
                ballot,
                tracker,
                verified,
            };
            return self.apply_ballot(*election, place.author, cast);
        }
        if let Call::System(SystemCall::ApplyAuthorizedUpgrade { code }) = call {
            let sent = Sent {
                code,
                nonce,
                era,
                frozen: self.is_frozen(),
                announced: place.replaces_code,
            };
            return self.apply_code(place, &sent);
        }
        self.check_official(signer, nonce, call)
            .map_err(objection(Check::Officials))?;
        self.count(Check::Officials, 1);
        self.dispatch(place, index, signer, call)
    }

    /// Whether the account holds the office that the call needs, and sends each message once
    /// (PSE-AUD-8).
    fn check_official(&mut self, signer: &AccountId, nonce: u32, call: &Call) -> Result<(), Cause> {
        self.check_office(signer, call).map_err(Cause::Refused)?;
        let expected = self.nonces.entry(signer.clone()).or_default();
        if nonce != *expected {
            return Err(Cause::Nonce {
                expected: *expected,
                found: nonce,
            });
        }
        *expected += 1;
        Ok(())
    }

    fn check_office(&self, signer: &AccountId, call: &Call) -> Result<(), Refusal> {
        let holds = match call {
            Call::Consortium(ConsortiumCall::Propose { proposal, .. })
                if !is_for_the_consortium(proposal) =>
            {
                return Err(Refusal::NotAdmitted);
            }
            Call::Consortium(_)
            | Call::ValidatorSet(
                ValidatorSetCall::Rotate { .. } | ValidatorSetCall::ReportEquivocation { .. },
            ) => self.consortium.is_member(signer),
            Call::VoterRegister(call) => self
                .manifest(election_of_register(call))?
                .registrar_index(signer)
                .is_some(),
            Call::KeyCeremony(call) => self
                .manifest(election_of_ceremony(call))?
                .trustee_index(signer)
                .is_some(),
            Call::BallotRegister(BallotRegisterCall::SubmitShares { election, .. }) => {
                self.manifest(*election)?.trustee_index(signer).is_some()
            }
            Call::System(_)
            | Call::Timestamp(_)
            | Call::ValidatorSet(
                ValidatorSetCall::Admit { .. }
                | ValidatorSetCall::Dismiss { .. }
                | ValidatorSetCall::AuthorizeUpgrade { .. },
            )
            | Call::Elections(_)
            | Call::BallotRegister(BallotRegisterCall::Cast { .. }) => {
                return Err(Refusal::NotAdmitted)
            }
        };
        holds.then_some(()).ok_or(Refusal::NotYourCall)
    }

    fn manifest(&self, election: ElectionId) -> Result<&Manifest, Refusal> {
        let view = self.election(election).ok_or(Refusal::UnknownElection)?;
        Ok(view.manifest())
    }

    /// A code that nobody has authorised is always a finding (PSE-AUD-8).
    fn apply_code(&mut self, place: &mut Place, sent: &Sent<'_>) -> Result<(), Objection> {
        let refused = |refusal| objection(Check::Officials)(Cause::Refused(refusal));
        self.code.apply(sent, place.number).map_err(refused)?;
        place.replaces_code = false;
        self.count(Check::Officials, 1);
        Ok(())
    }

    /// A ballot that breaks a rule is always a finding (PSE-AUD-13).
    fn apply_ballot(
        &mut self,
        election: ElectionId,
        author: u32,
        cast: Cast<'_>,
    ) -> Result<(), Objection> {
        let (now, time) = (self.head.number, self.time);
        let refused = |refusal| objection(Check::Admission)(Cause::Refused(refusal));
        let election = self
            .election_mut(election)
            .ok_or_else(|| refused(Refusal::UnknownElection))?;
        match election.phase(now) {
            Phase::Voting => {}
            Phase::Registration | Phase::Tallying => return Err(refused(Refusal::NotVoting)),
            Phase::Published | Phase::Cancelled => return Err(refused(Refusal::ElectionOver)),
        }
        let Election {
            manifest,
            context,
            register,
            ballots,
            arrivals,
            ..
        } = election;
        let issued = register.issued(cast.district);
        let passed = ballots.accept(manifest, context, issued, cast)?;
        arrivals.add(time, author, now);
        self.count(Check::Admission, 1);
        self.count(Check::Credentials, passed.signatures);
        Ok(())
    }

    /// What an official's call does; nothing, if the rules make it fail.
    fn dispatch(
        &mut self,
        place: &mut Place,
        index: u32,
        signer: &AccountId,
        call: &Call,
    ) -> Result<(), Objection> {
        match call {
            Call::Consortium(call) => self.dispatch_consortium(signer, call),
            Call::VoterRegister(call) => self.dispatch_register(signer, call),
            Call::KeyCeremony(call) => self.dispatch_ceremony(place, index, signer, call),
            Call::BallotRegister(call) => return self.dispatch_shares(place, index, signer, call),
            Call::ValidatorSet(ValidatorSetCall::Rotate { keys, proof }) => {
                if !self.is_frozen() {
                    self.validators.rotate(signer, keys, proof);
                }
            }
            Call::ValidatorSet(ValidatorSetCall::ReportEquivocation { set, evidence }) => {
                self.validators.report(*set, evidence);
            }
            // The consortium's, which are in motions.
            Call::ValidatorSet(_) | Call::System(_) | Call::Timestamp(_) | Call::Elections(_) => {}
        }
        Ok(())
    }

    /// The consortium's motions, and what comes of them (PSE-AUD-9, PSE-AUD-10).
    fn dispatch_consortium(&mut self, member: &AccountId, call: &ConsortiumCall) {
        let now = self.head.number;
        self.count(Check::Consortium, 1);
        let Some(consortium::Decision {
            call,
            by_majority: true,
        }) = self.consortium.dispatch(member, call, now)
        else {
            return;
        };
        match call {
            Call::Elections(ElectionsCall::Create { manifest }) => self.create(*manifest),
            Call::Elections(ElectionsCall::Cancel { election, reason }) => {
                if let Some(election) = self.election_mut(election) {
                    election.cancel(CancelReason::Consortium(reason));
                }
            }
            Call::ValidatorSet(call) => self.dispatch_validators(call),
            // The consortium's origin serves for nothing else.
            Call::System(_)
            | Call::Timestamp(_)
            | Call::Consortium(_)
            | Call::VoterRegister(_)
            | Call::KeyCeremony(_)
            | Call::BallotRegister(_) => {}
        }
    }

    /// What the consortium decides about organisations and code, unless an election is open.
    fn dispatch_validators(&mut self, call: ValidatorSetCall) {
        if self.is_frozen() {
            return;
        }
        match call {
            ValidatorSetCall::Admit {
                organisation,
                keys,
                proof,
            } => {
                let mut elections = self.elections.iter();
                let in_office = elections.any(|election| election.has_in_office(&organisation));
                if !in_office && self.validators.admit(&organisation, &keys, &proof) {
                    self.consortium.admit(organisation);
                }
            }
            ValidatorSetCall::Dismiss { organisation } => {
                if self.validators.dismiss(&organisation) {
                    self.consortium.dismiss(&organisation);
                }
            }
            ValidatorSetCall::AuthorizeUpgrade { code_hash } => {
                self.code.authorised = Some(code_hash);
            }
            // Members' own.
            ValidatorSetCall::Rotate { .. } | ValidatorSetCall::ReportEquivocation { .. } => {}
        }
    }

    fn create(&mut self, manifest: Manifest) {
        let now = self.head.number;
        self.count(Check::Manifests, 1);
        let on_agenda = |same: fn(&Manifest, &Manifest) -> bool| {
            let pending = self
                .elections
                .iter()
                .filter(|election| election.cancelled.is_none());
            pending
                .filter(|election| same(&election.manifest, &manifest))
                .count()
        };
        let possible = manifest.validate().is_ok()
            && manifest.registration.end > now
            && manifest.code_hash == self.code.hash
            && !self
                .consortium
                .has(|member| has_official(&manifest, member))
            && on_agenda(|other, this| other.voting.start == this.voting.start) < PER_BLOCK
            && on_agenda(|other, this| other.voting.end == this.voting.end) < PER_BLOCK;
        if possible {
            let id = ElectionId(self.elections().saturating_add(1));
            let genesis: Hash = self.genesis_hash();
            self.elections
                .push(Election::new(id, manifest, genesis, now));
        }
    }

    fn dispatch_register(&mut self, signer: &AccountId, call: &VoterRegisterCall) {
        let now = self.head.number;
        let Some(election) = self.election_mut(election_of_register(call)) else {
            return;
        };
        let phase = election.phase(now);
        let Some(registrar): Option<RegistrarIndex> = election.manifest.registrar_index(signer)
        else {
            return;
        };
        let Election {
            manifest, register, ..
        } = election;
        let circumstances = register::Circumstances {
            manifest,
            phase,
            now,
        };
        let records = register.dispatch(&circumstances, registrar, call);
        self.count(Check::Register, records);
    }

    fn dispatch_ceremony(
        &mut self,
        place: &mut Place,
        index: u32,
        signer: &AccountId,
        call: &KeyCeremonyCall,
    ) {
        let now = self.head.number;
        self.count(Check::Ceremony, 1);
        let Some(election) = self.election_mut(election_of_ceremony(call)) else {
            return;
        };
        let Some(trustee) = election.manifest.trustee_index(signer) else {
            return;
        };
        if election.cancelled.is_some() {
            return;
        }
        let Election {
            id,
            manifest,
            context,
            ceremony,
            ..
        } = election;
        let (id, epoch) = (*id, ceremony.epoch());
        let circumstances = ceremony::Circumstances {
            manifest,
            context,
            now,
        };
        let Ok(consequences) = ceremony.dispatch(&circumstances, trustee, call) else {
            return;
        };
        if consequences.too_few {
            election.cancel(CancelReason::TooFewTrustees);
        }
        for (trustee, fault) in consequences.excluded {
            let kind = FaultKind::Excluded { fault, epoch };
            place.fault(id, trustee, index, kind);
        }
    }

    /// Shares are judged again; bad ones are their trustee's fault (PSE-AUD-17).
    fn dispatch_shares(
        &mut self,
        place: &mut Place,
        index: u32,
        signer: &AccountId,
        call: &BallotRegisterCall,
    ) -> Result<(), Objection> {
        let now = self.head.number;
        let BallotRegisterCall::SubmitShares {
            election,
            district,
            shares,
        } = call
        else {
            return Ok(());
        };
        let (id, district) = (*election, *district);
        let Some(election) = self.election_mut(id) else {
            return Ok(());
        };
        let Some(trustee) = election.manifest.trustee_index(signer) else {
            return Ok(());
        };
        if election.phase(now) != Phase::Tallying {
            return Ok(());
        }
        let Some((tally, material)) = election.tallying() else {
            return Ok(());
        };
        let judgement = tally.receive(&material, trustee, district, shares, now);
        election.publish(now, Some(index));
        match judgement {
            Judgement::Unwanted => {}
            Judgement::Invalid(error) => {
                let reason = error.to_string();
                place.fault(
                    id,
                    trustee,
                    index,
                    FaultKind::InvalidShares { district, reason },
                );
                self.count(Check::Shares, shares.len() as u64);
            }
            Judgement::Valid => self.count(Check::Shares, shares.len() as u64),
            Judgement::Undecryptable(check, cause) => {
                return Err(Objection {
                    check,
                    party: None,
                    cause,
                });
            }
        }
        Ok(())
    }
}

/// Whether motions can be about this call.
const fn is_for_the_consortium(call: &Call) -> bool {
    matches!(
        call,
        Call::Elections(_)
            | Call::ValidatorSet(
                ValidatorSetCall::Admit { .. }
                    | ValidatorSetCall::Dismiss { .. }
                    | ValidatorSetCall::AuthorizeUpgrade { .. }
            )
    )
}

/// What fails a check, on nobody's part but the signer's.
fn objection(check: Check) -> impl Fn(Cause) -> Objection {
    move |cause| Objection {
        check,
        party: None,
        cause,
    }
}

impl Place {
    fn fault(
        &mut self,
        election: ElectionId,
        trustee: TrusteeIndex,
        extrinsic: u32,
        kind: FaultKind,
    ) {
        let block = self.number;
        self.report.faults.push(Fault {
            election,
            trustee,
            block,
            extrinsic,
            kind,
        });
    }
}

const fn election_of_register(call: &VoterRegisterCall) -> ElectionId {
    match call {
        VoterRegisterCall::Participate { election, .. }
        | VoterRegisterCall::Withdraw { election, .. }
        | VoterRegisterCall::Issue { election, .. } => *election,
    }
}

const fn election_of_ceremony(call: &KeyCeremonyCall) -> ElectionId {
    match call {
        KeyCeremonyCall::Register { election, .. }
        | KeyCeremonyCall::Commit { election, .. }
        | KeyCeremonyCall::Reveal { election, .. }
        | KeyCeremonyCall::Deal { election, .. }
        | KeyCeremonyCall::Confirm { election, .. }
        | KeyCeremonyCall::Complain { election, .. }
        | KeyCeremonyCall::ReportSilence { election } => *election,
    }
}
