//! Registrars and relays of an election, as services that voters' browsers talk to.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{ensure, Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{sleep, Instant};

use crate::{
    election::Election,
    loopback,
    pages::{RegistrarAddress, RelayAddress},
    ports::free_ports,
    process::{log_end, Process},
    relays::Relay,
};

/// How many relays there are to choose from.
const RELAYS: usize = 3;
/// Test voters in each district, at most [`MAX_VOTERS`] in all.
const VOTERS_PER_DISTRICT: usize = 2;
/// A handful.
const MAX_VOTERS: usize = 6;
/// How long a service takes to start on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// How long recording an application takes until it is final.
const APPLICATION_PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks.
const POLL: Duration = Duration::from_millis(250);
/// The names of test voters.
const NAMES: [&str; MAX_VOTERS] = [
    "Ada Lovelace",
    "Анна Ахматова",
    "Bertha von Suttner",
    "李清照",
    "Emmy Noether",
    "Σαπφώ Λεσβία",
];

/// Somebody on the roll of a demonstration.
#[derive(Clone, Debug, Serialize)]
pub struct TestVoter {
    /// Their name.
    pub name: &'static str,
    /// What they sign in with.
    pub identity: String,
    /// What else they sign in with.
    pub birth_date: &'static str,
    /// Where codes are sent.
    pub telephone: String,
    /// Where they vote.
    pub district: u32,
}

/// Running registrars and relays.
#[derive(Debug)]
pub struct VotingServices {
    processes: Vec<Process>,
    running_relays: Vec<Relay>,
    folder: PathBuf,
    /// The registrars.
    pub registrars: Vec<RegistrarAddress>,
    /// The relays.
    pub relays: Vec<RelayAddress>,
    /// Where each one-time code is written, as `<digits of the telephone number>.txt`.
    pub codes: PathBuf,
}

/// What a registrar says when it is ready.
#[derive(Deserialize)]
struct RegistrarReady {
    url: String,
}

/// What a relay says when its key is made.
#[derive(Deserialize)]
struct RelayKey {
    public_key: String,
}

/// Who starts what.
struct Starter<'a> {
    election: &'a Election,
    urls: &'a [String],
    folder: &'a Path,
    origin: &'a str,
}

/// Test voters for every district of an election.
pub fn test_voters(election: &Election) -> Vec<TestVoter> {
    let districts = election.definition().districts.iter();
    let places = districts.flat_map(|district| [district.id; VOTERS_PER_DISTRICT]);
    places
        .zip(NAMES)
        .zip(1u32..)
        .map(|((district, name), number)| TestVoter {
            name,
            identity: format!("4000 {number:06}"),
            birth_date: "1990-05-17",
            telephone: format!("+7900{number:07}"),
            district,
        })
        .collect()
}

impl VotingServices {
    /// Starts a service for each of the election's registrars, with these voters on its roll, and
    /// relays that know each other. Pages of `origin` may talk to them.
    pub async fn start(
        election: &Election,
        urls: &[String],
        folder: &Path,
        origin: &str,
        voters: &[TestVoter],
    ) -> Result<Self> {
        let starter = Starter {
            election,
            urls,
            folder,
            origin,
        };
        let codes = folder.join("codes");
        fs::create_dir_all(&codes).context("cannot make a folder for codes")?;
        let mut services = Self {
            processes: Vec::new(),
            running_relays: Vec::new(),
            folder: folder.to_owned(),
            registrars: Vec::new(),
            relays: Vec::new(),
            codes,
        };
        starter.start_registrars(&mut services, voters).await?;
        starter.start_relays(&mut services).await?;
        Ok(services)
    }

    /// An error if a service has ended by itself.
    pub fn check_running(&mut self) -> Result<()> {
        self.processes
            .iter_mut()
            .try_for_each(Process::check_running)?;
        self.running_relays
            .iter_mut()
            .try_for_each(Relay::check_running)
    }

    /// Kills a relay at once, as a power failure would.
    pub fn kill_relay(&mut self, position: usize) -> Result<()> {
        self.relay(position)?.kill()
    }

    /// Starts a relay that was killed, on the queue that it left.
    pub fn restart_relay(&mut self, position: usize) -> Result<()> {
        let output = relay_output(&self.folder, position);
        self.relay(position)?.start(&output)
    }

    fn relay(&mut self, position: usize) -> Result<&mut Relay> {
        self.running_relays
            .get_mut(position)
            .context("there is no such relay")
    }

    /// Applies for a voter at every registrar, as the page would, and waits until the chain has it.
    pub async fn apply(&self, voter: &TestVoter) -> Result<()> {
        let client = loopback::client();
        for registrar in &self.registrars {
            let url = |path: &str| format!("{}/v1/{path}", registrar.url);
            let identity = serde_json::json!({
                "identity": voter.identity,
                "birth_date": voter.birth_date,
            });
            let signed_in: Value = client
                .post(url("sign-in/development"))
                .json(&identity)
                .send()
                .await?
                .error_for_status()?
                .json()
                .await?;
            let token = signed_in
                .get("token")
                .and_then(Value::as_str)
                .context("a registrar gave no token")?;
            let application = client.post(url("application")).bearer_auth(token);
            application.send().await?.error_for_status()?;
            let deadline = Instant::now() + APPLICATION_PATIENCE;
            loop {
                let look = client.get(url("application")).bearer_auth(token);
                let state: Value = look.send().await?.error_for_status()?.json().await?;
                if state.get("pending") == Some(&Value::Bool(false)) {
                    break;
                }
                ensure!(
                    Instant::now() < deadline,
                    "the application of {} is not final: {state}",
                    voter.name
                );
                sleep(POLL).await;
            }
        }
        Ok(())
    }
}

impl Starter<'_> {
    async fn start_registrars(
        &self,
        services: &mut VotingServices,
        voters: &[TestVoter],
    ) -> Result<()> {
        let roll = self.folder.join("roll.csv");
        fs::write(&roll, roll_of(voters)).context("cannot write the roll")?;
        let secret = self.folder.join("roll-secret");
        let mut make = self.command("psephos-registrar")?;
        make.arg("new-roll-secret").arg(&secret);
        self.finish("roll secret", make).await?;
        for index in 0..self.election.definition().registrars.count {
            let database = self.folder.join(format!("registrar-{index}.db"));
            let database = format!("sqlite:{}", database.display());
            let mut import = self.command("psephos-registrar")?;
            import.arg("import-roll").arg(&roll);
            import
                .args(["--database", &database, "--roll-secret"])
                .arg(&secret);
            self.finish(&format!("registrar {index} roll"), import)
                .await?;

            let mut serve = self.command("psephos-registrar")?;
            serve
                .args(["serve", "--development", "--sender", "console"])
                .args(["--plain-http", "--database", &database])
                .args(["--origin", self.origin])
                .args(["--election", &self.election.id()?.to_string()])
                .arg("--code-directory")
                .arg(&services.codes)
                .arg("--roll-secret")
                .arg(&secret)
                .arg("--passphrase-file")
                .arg(self.election.passphrase_file())
                .arg("--dir")
                .arg(self.election.registrar_folder(index));
            for url in self.urls {
                serve.args(["--url", url]);
            }
            let name = format!("registrar {index} service");
            let ready: RegistrarReady = self.serve(&name, serve, services).await?;
            let url = ready.url;
            services.registrars.push(RegistrarAddress { index, url });
        }
        Ok(())
    }

    async fn start_relays(&self, services: &mut VotingServices) -> Result<()> {
        let addresses = free_ports(RELAYS)?
            .into_iter()
            .map(|port| format!("127.0.0.1:{port}"))
            .collect::<Vec<_>>();
        for (index, address) in addresses.iter().enumerate() {
            let key = self.folder.join(format!("relay-{index}.key"));
            let mut keygen = self.command("psephos-relay")?;
            keygen.args(["keygen", "--out"]).arg(&key);
            let made = self.finish(&format!("relay {index} key"), keygen).await?;
            let key_made: RelayKey =
                serde_json::from_str(&made).context("a relay's key is not announced")?;

            let peers = addresses.iter().filter(|peer| *peer != address);
            let arguments = self.relay_arguments(index, &key, address, peers)?;
            let name = format!("relay {index}");
            let program = crate::programs::find_beside("psephos-relay")?;
            let log = self.log(&name);
            let mut relay = Relay::new(name.clone(), program, arguments, log);
            let output = relay_output(self.folder, index);
            relay.start(&output)?;
            let _: Value = announced(&name, &output, || relay.check_running()).await?;
            services.running_relays.push(relay);
            services.relays.push(RelayAddress {
                url: format!("http://{address}"),
                public_key: key_made.public_key,
            });
        }
        Ok(())
    }

    fn relay_arguments<'b>(
        &self,
        index: usize,
        key: &Path,
        address: &str,
        peers: impl Iterator<Item = &'b String>,
    ) -> Result<Vec<String>> {
        let queue = self.folder.join(format!("relay-{index}.queue"));
        let mut arguments = vec!["run".to_owned(), "--plain-http".to_owned()];
        let mut option = |name: &str, value: String| arguments.extend([name.into(), value]);
        option("--listen", address.into());
        option("--allow-origin", self.origin.into());
        option("--election", self.election.id()?.to_string());
        option("--key", key.display().to_string());
        option("--queue", queue.display().to_string());
        peers.for_each(|peer| option("--peer", format!("http://{peer}")));
        self.urls
            .iter()
            .for_each(|url| option("--url", url.clone()));
        Ok(arguments)
    }

    fn command(&self, name: &str) -> Result<Command> {
        Ok(Command::new(crate::programs::find_beside(name)?))
    }

    fn log(&self, name: &str) -> PathBuf {
        let name = name.replace(' ', "-");
        self.election.logs().join(format!("{name}.log"))
    }

    /// Runs a command to its end; returns what it wrote to its standard output.
    async fn finish(&self, name: &str, command: Command) -> Result<String> {
        let output = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
        let written = output.reopen().context("cannot open a temporary file")?;
        let log = self.log(name);
        let mut process = Process::start_with_output(name, command, &log, written)?;
        let status = process.wait().await?;
        ensure!(status.success(), "{name} failed:\n{}", log_end(&log)?);
        fs::read_to_string(output.path()).with_context(|| format!("{name} did not write UTF-8"))
    }

    /// Starts a service, and waits for the line of JSON that it writes when it is ready.
    async fn serve<T: for<'de> Deserialize<'de>>(
        &self,
        name: &str,
        command: Command,
        services: &mut VotingServices,
    ) -> Result<T> {
        let path = self.folder.join(format!("{}.out", name.replace(' ', "-")));
        let output = fs::File::create(&path).context("cannot make a service's output")?;
        let mut process = Process::start_with_output(name, command, &self.log(name), output)?;
        let ready = announced(name, &path, || process.check_running()).await?;
        services.processes.push(process);
        Ok(ready)
    }
}

/// Where a relay announces itself.
fn relay_output(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("relay-{index}.out"))
}

/// The line of JSON with which a service says that it is ready.
async fn announced<T: for<'de> Deserialize<'de>>(
    name: &str,
    output: &Path,
    mut check_running: impl FnMut() -> Result<()>,
) -> Result<T> {
    let deadline = Instant::now() + START_PATIENCE;
    loop {
        check_running()?;
        let text = fs::read_to_string(output).context("cannot read a service's output")?;
        if let Some((line, _)) = text.split_once('\n') {
            return serde_json::from_str(line)
                .with_context(|| format!("{name} announced itself as {line}"));
        }
        ensure!(
            Instant::now() < deadline,
            "{name} is not ready after {} s",
            START_PATIENCE.as_secs()
        );
        sleep(POLL).await;
    }
}

fn roll_of(voters: &[TestVoter]) -> String {
    let mut roll = String::from("full_name,birth_date,identity,telephone,district\n");
    for voter in voters {
        let row = [
            voter.name,
            voter.birth_date,
            &voter.identity,
            &voter.telephone,
            &voter.district.to_string(),
        ];
        roll.push_str(&row.join(","));
        roll.push('\n');
    }
    roll
}
