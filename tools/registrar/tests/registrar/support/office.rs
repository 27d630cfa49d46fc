//! A registrar's office for one test: keys, secret of the roll, roll, settings, chain.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use psephos::{
    cards::RegistrarCard,
    definition::{Definition, Schedule},
    keys::WorkFactor,
    manifest::{assemble, Terms},
    passphrase::PassphraseSource,
    registrar::RegistrarDesk,
};
use psephos_primitives::{
    AccountId, BlockRange, DistrictId, ElectionId, Hash, Manifest, RegistrarIndex, Text, Trustee,
};
use psephos_registrar::{
    chain::Election, clock::Clock, roll_import::import, secrets::RollSecret, sender::SenderChoice,
    serve::Settings, store::Store,
};

use super::file_chain::{FileChain, REGISTRATION};

/// Key files of tests guard nothing.
const FAST: WorkFactor = WorkFactor(Some(2));
/// The roll of every test: voter N has identity N, was born on day N of 1990, and has a number that
/// ends with N.
pub const VOTERS: usize = 40;
/// The origin of the voters' page.
pub const ORIGIN: &str = "https://vote.example";

const DEFINITION: &str = r#"{"title":"Mayor","trustees":{"count":2,"threshold":2},"districts":[
    {"id":1,"name":"North","contests":[{"id":1,"title":"c","options":["A","B"],
     "min_selections":1,"max_selections":1}]},
    {"id":2,"name":"South","contests":[{"id":1,"title":"c","options":["A","B"],
     "min_selections":1,"max_selections":1}]}]}"#;

/// An office in a folder.
#[derive(Clone, Debug)]
pub struct Office {
    /// The folder.
    pub folder: PathBuf,
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("writable");
}

/// RSA keys take seconds to find: made once, and copied.
fn keys() -> &'static Path {
    static KEYS: OnceLock<PathBuf> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("temporary directory").keep();
        write(&folder.join("passphrase"), "guards nothing\n");
        let passphrase = PassphraseSource {
            file: Some(folder.join("passphrase")),
        };
        let districts = [DistrictId(1), DistrictId(2)];
        let desk = folder.join("desk");
        RegistrarDesk::create(&desk, "City", &districts, &passphrase, FAST).expect("is new");
        folder
    })
}

/// The row of voter N.
pub fn row(voter: usize) -> String {
    let district = 1 + voter % 2;
    format!(
        "Voter V{voter},1990-01-{:02},ID {voter},+7000{voter:07},{district}",
        1 + voter % 28
    )
}

impl Office {
    /// Makes one in a new folder.
    pub fn prepare(folder: &Path) -> Self {
        let office = Self {
            folder: folder.into(),
        };
        fs::create_dir_all(folder.join("codes")).expect("can be made");
        fs::create_dir_all(folder.join("desk")).expect("can be made");
        for file in [
            "passphrase",
            "desk/account.key",
            "desk/credential-keys.age",
            "desk/registrar.json",
        ] {
            fs::copy(keys().join(file), folder.join(file)).expect("can be copied");
        }
        RollSecret::create(&folder.join("roll.secret")).expect("is new");
        let rows: Vec<_> = (1..=VOTERS).map(row).collect();
        let roll = format!(
            "full_name,birth_date,identity,telephone,district\n{}\n",
            rows.join("\n")
        );
        write(&folder.join("roll.csv"), &roll);
        FileChain::open(folder);
        office
    }

    /// The chain.
    pub fn chain(&self) -> FileChain {
        FileChain::open(&self.folder)
    }

    /// The secret of the roll.
    pub fn secret(&self) -> RollSecret {
        RollSecret::read(&self.folder.join("roll.secret")).expect("is there")
    }

    /// Settings with this database.
    pub fn settings(&self, database: &str) -> Settings {
        Settings {
            directory: self.folder.join("desk"),
            passphrase: self.passphrase(),
            roll_secret: self.folder.join("roll.secret"),
            database: database.into(),
            election: ElectionId(1),
            listen: ([127, 0, 0, 1], 0).into(),
            tls: self.certificate(),
            origins: vec![ORIGIN.into()],
            development: true,
            sender: SenderChoice::Console(Some(self.folder.join("codes"))),
            oidc: None,
        }
    }

    fn certificate(&self) -> Option<(PathBuf, PathBuf)> {
        let file = |name: &str| self.folder.join(name);
        file("chain.pem")
            .exists()
            .then(|| (file("chain.pem"), file("key.pem")))
    }

    /// From now on services have TLS, with this certificate for 127.0.0.1, which is returned in PEM.
    pub fn certify(&self) -> String {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]);
        let made = made.expect("is made");
        write(
            &self.folder.join("key.pem"),
            &made.signing_key.serialize_pem(),
        );
        write(&self.folder.join("chain.pem"), &made.cert.pem());
        made.cert.pem()
    }

    /// The URL of an SQLite database in the folder.
    pub fn sqlite(&self) -> String {
        format!("sqlite:{}", self.folder.join("register.db").display())
    }

    fn passphrase(&self) -> PassphraseSource {
        PassphraseSource {
            file: Some(self.folder.join("passphrase")),
        }
    }

    /// The keys, opened.
    pub fn desk(&self) -> RegistrarDesk {
        RegistrarDesk::open(&self.folder.join("desk"), &self.passphrase()).expect("opens")
    }

    /// The election: voting follows on registration.
    pub fn election(&self) -> Election {
        Election {
            id: ElectionId(1),
            genesis: Hash::repeat_byte(7),
            manifest: self.manifest(),
            registrar: RegistrarIndex(0),
        }
    }

    fn manifest(&self) -> Manifest {
        let districts = [DistrictId(1), DistrictId(2)];
        let card = self.folder.join("desk/registrar.json");
        let registrar = RegistrarCard::read(&card, &districts).expect("is right");
        let trustee = |number: u8| Trustee {
            name: Text::new("Trustee").expect("is right"),
            account: AccountId::new([number; 32]),
        };
        let terms = Terms {
            schedule: Schedule {
                registration: REGISTRATION,
                voting: BlockRange {
                    start: REGISTRATION.end,
                    end: 60_000,
                },
            },
            ceremony_stage: 5,
            minimum_ballots: 0,
            relay_delay: 0,
            allow_blank: false,
            code_hash: Hash::zero(),
        };
        let definition = Definition::parse("definition", DEFINITION).expect("is right");
        let trustees = vec![trustee(1), trustee(2)];
        assemble("definition", definition, trustees, vec![registrar], terms).expect("is right")
    }

    /// Imports the roll.
    pub async fn import_roll(&self, database: &str) {
        let store = Store::open(database, Clock::default())
            .await
            .expect("opens");
        let roll = self.folder.join("roll.csv");
        let report = import(&store, &self.secret(), &roll, false)
            .await
            .expect("is read");
        assert_eq!((report.added, report.bad.len()), (VOTERS, 0));
        store.close().await;
    }

    /// The code that was sent to voter N last.
    pub fn code(&self, voter: usize) -> String {
        let path = self.folder.join(format!("codes/7000{voter:07}.txt"));
        fs::read_to_string(path).expect("a code was sent")
    }
}
