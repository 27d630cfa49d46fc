//! Single voters at their registrars, for ballots that no rehearsal would cast.
//!
//! The registrars work at their command lines; the voter's side is the library of `psephos`.

use std::{fs, time::Duration};

use anyhow::{anyhow, ensure, Context, Result};
use psephos::{
    register_files::{AnswerFile, BlindRequest, RequestFile},
    session, voter,
};
use psephos_client::{Node, Signer};
use psephos_crypto::{
    blind_signature::{
        credential_message,
        issuing::{blind, BlindingSecret},
        RsaPublicKey,
    },
    rand_core::OsRng,
};
use psephos_primitives::{
    register::Participation, AccountId, Credential, DistrictId, Hash, RegistrarIndex,
    RegistrarSignature, VoterNumber,
};
use tokio::time::{sleep, Instant};

use crate::election::{arguments, Election};

/// Between two looks at the chain.
const POLL: Duration = Duration::from_millis(500);
/// How long a ballot in the pool may take to become final.
const FINALITY_PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who is in the register and has made a one-time account.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// Their number in the register.
    pub voter: VoterNumber,
    /// Where they vote.
    pub district: DistrictId,
    /// Their one-time account.
    pub account: AccountId,
}

/// An election whose voting has begun, with its registrars at their desks.
pub struct PollingStation<'a> {
    officials: &'a Election,
    /// What a voter knows of the election.
    pub election: voter::Election,
}

impl Election {
    /// Every registrar records that these voters take part.
    pub async fn register_voters(&self, voters: &[Participation]) -> Result<()> {
        for registrar in 0..self.definition().registrars.count {
            let mut participate = self.registrar_command("participate", registrar)?;
            participate.extend(
                voters
                    .iter()
                    .map(|row| format!("{}:{}", row.voter, row.district).into()),
            );
            let name = format!("registrar {registrar} participate");
            self.command_line().run(&name, participate).await?;
        }
        Ok(())
    }

    fn registrar_command(
        &self,
        command: &str,
        registrar: usize,
    ) -> Result<Vec<std::ffi::OsString>> {
        let mut words = arguments(["registrar", command, "--election", &self.id()?.to_string()]);
        words.extend(["--dir".into(), self.registrar_folder(registrar).into()]);
        Ok(words)
    }
}

impl<'a> PollingStation<'a> {
    /// Opens when voting has begun.
    pub async fn open(officials: &'a Election) -> Result<Self> {
        let election = session::election(officials.node(), officials.id()?)
            .await
            .map_err(|failure| anyhow!(failure))?;
        Ok(Self {
            officials,
            election,
        })
    }

    /// The first registrars of a quorum record that they are about to sign for these voters: no others
    /// may, then (PSE-REG-4).
    pub async fn record_issue(&self, voters: &[VoterNumber]) -> Result<()> {
        for registrar in 0..usize::from(self.election.manifest.quorum) {
            let mut issue = self.officials.registrar_command("issue", registrar)?;
            issue.extend(voters.iter().map(|voter| voter.to_string().into()));
            let name = format!("registrar {registrar} issue");
            self.officials.command_line().run(&name, issue).await?;
        }
        Ok(())
    }

    /// Credentials for applicants whose issue is recorded, by the first registrars of a quorum.
    pub async fn credentials(&self, applicants: &[Applicant]) -> Result<Vec<Credential>> {
        let mut credentials = vec![Credential::default(); applicants.len()];
        for registrar in 0..self.election.manifest.quorum {
            let signatures = self
                .signatures(RegistrarIndex(registrar), applicants)
                .await?;
            for (credential, signature) in credentials.iter_mut().zip(signatures) {
                credential
                    .try_push(signature)
                    .map_err(|_| anyhow!("a quorum is larger than a credential"))?;
            }
        }
        Ok(credentials)
    }

    /// A voter with a fresh key for each of these, who may cast.
    pub async fn voters(
        &self,
        registered: &[Participation],
    ) -> Result<Vec<voter::CredentialHolder>> {
        let mut signers = Vec::with_capacity(registered.len());
        let mut applicants = Vec::with_capacity(registered.len());
        for Participation { voter, district } in registered {
            let (signer, _) = Signer::generate()?;
            let account = signer.account().clone();
            applicants.push(Applicant {
                voter: *voter,
                district: *district,
                account,
            });
            signers.push(signer);
        }
        let credentials = self.credentials(&applicants).await?;
        let holders = signers.into_iter().zip(applicants).zip(credentials);
        Ok(holders
            .map(
                |((signer, applicant), credential)| voter::CredentialHolder {
                    signer,
                    district: applicant.district,
                    credential,
                },
            )
            .collect())
    }

    async fn signatures(
        &self,
        registrar: RegistrarIndex,
        applicants: &[Applicant],
    ) -> Result<Vec<RegistrarSignature>> {
        let mut secrets = Vec::with_capacity(applicants.len());
        let mut requests = Vec::with_capacity(applicants.len());
        for applicant in applicants {
            let (secret, request) = self.request(registrar, applicant)?;
            secrets.push(secret);
            requests.push(request);
        }
        let answer = self.ask(registrar, requests).await?;
        ensure!(
            answer.signatures.len() == applicants.len(),
            "a registrar left somebody out"
        );
        let mut signatures = Vec::with_capacity(applicants.len());
        for ((applicant, secret), answer) in applicants.iter().zip(secrets).zip(answer.signatures) {
            let digits = answer
                .signature
                .strip_prefix("0x")
                .unwrap_or(&answer.signature);
            let blind_signature = hex::decode(digits).context("a signature is not hexadecimal")?;
            let key = self.key(registrar, applicant.district)?;
            let signature = secret.finalize(key, &self.message(applicant), &blind_signature)?;
            signatures.push(RegistrarSignature {
                registrar,
                signature,
            });
        }
        Ok(signatures)
    }

    fn request(
        &self,
        registrar: RegistrarIndex,
        applicant: &Applicant,
    ) -> Result<(BlindingSecret, BlindRequest)> {
        let key = self.key(registrar, applicant.district)?;
        let (secret, blinded) = blind(key, &self.message(applicant), &mut OsRng)?;
        let request = BlindRequest {
            voter: applicant.voter,
            district: applicant.district,
            blinded: format!("0x{}", hex::encode(blinded.0)),
        };
        Ok((secret, request))
    }

    async fn ask(
        &self,
        registrar: RegistrarIndex,
        requests: Vec<BlindRequest>,
    ) -> Result<AnswerFile> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let (question, answer) = (
            folder.path().join("request.json"),
            folder.path().join("answer.json"),
        );
        let request = RequestFile {
            election: self.election.id,
            requests,
        };
        fs::write(&question, serde_json::to_vec(&request)?).context("cannot write a request")?;
        let position = usize::from(registrar.get());
        let mut sign = self.officials.registrar_command("sign", position)?;
        sign.extend([
            "--request".into(),
            question.into(),
            "--out".into(),
            answer.clone().into(),
        ]);
        let name = format!("registrar {registrar} sign");
        self.officials.command_line().run(&name, sign).await?;
        crate::expected::read_json(&answer)
    }

    fn message(&self, applicant: &Applicant) -> Vec<u8> {
        let account = applicant.account.as_ref();
        credential_message(&self.election.context, applicant.district.get(), account)
    }

    fn key(&self, registrar: RegistrarIndex, district: DistrictId) -> Result<&RsaPublicKey> {
        let manifest = &self.election.manifest;
        let place = manifest
            .districts
            .iter()
            .position(|known| known.id == district);
        let registrar = manifest.registrars.get(usize::from(registrar.get()));
        place
            .zip(registrar)
            .and_then(|(place, registrar)| registrar.keys.get(place))
            .context("the manifest has no such registrar or district")
    }

    /// Waits until the ballot with this tracker stands in a finalised block.
    pub async fn wait_for_ballot(&self, node: &Node, tracker: Hash) -> Result<()> {
        let deadline = Instant::now() + FINALITY_PATIENCE;
        let id = self.election.id;
        while node
            .elections()
            .await?
            .ballot_by_tracker(id, tracker)
            .await?
            .is_none()
        {
            ensure!(
                Instant::now() < deadline,
                "ballot {tracker:?} is still not final"
            );
            sleep(POLL).await;
        }
        Ok(())
    }
}
