//! One-time codes of the administrator of a bot, for verbs that ask for one.

use std::path::Path;
use std::sync::Arc;

use desk::domain::bot::{Role, Roles};
use desk::domain::time::Span;
use tbot::gateway::clock;
use tbot::gateway::vault::{Envelope, KeySource, Vault};
use tbot::settings::Folders;
use tbot::store::Address;
use tbot::store::people::{NewPerson, People, Seal, Unsealed};

/// Seals for the people as the bot does.
struct Sealing(Envelope);

impl Seal for Sealing {
    fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, Unsealed> {
        self.0.seal(name, secret).map_err(|_| Unsealed)
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealed> {
        self.0.open(name, sealed).map(|plain| plain.to_vec()).map_err(|_| Unsealed)
    }
}

/// Sets up one-time codes for the administrator of a bot that does not run; their secret.
pub(super) fn codes(data: &Path) -> Vec<u8> {
    with(data, async |people| {
        let ada = people.named("ada").await.unwrap().unwrap().id;
        secret(people, ada, "ada", 0).await
    })
}

/// Adds somebody with these roles to a bot that does not run, with one-time codes of which this one's and the next are
/// unused; their secret.
pub(super) fn reviewer(data: &Path, name: &str, roles: &[Role]) -> Vec<u8> {
    with(data, async |people| {
        let person = people.add(&new(name, roles), clock::now()).await.unwrap();
        secret(people, person, name, -30).await
    })
}

/// Adds a reviewer to a bot that does not run, who comes as a program; the token.
pub(super) fn token(data: &Path, name: &str) -> String {
    with(data, async |people| {
        let roles = [Role::Reviewer];
        let (now, person) = (clock::now(), people.add(&new(name, &roles), clock::now()).await.unwrap());
        let made = people.make_token(person, "a test", Roles::of(&roles), now, now + Span::minutes(60)).await;
        made.unwrap().text().to_owned()
    })
}

fn new(name: &str, roles: &[Role]) -> NewPerson {
    NewPerson { name: name.parse().unwrap(), password: None, roles: Roles::of(roles) }
}

async fn secret(people: &People, person: i64, name: &str, later: i64) -> Vec<u8> {
    let secret = people.begin_codes(person, name, "TBot").await.unwrap().secret.replace(' ', "");
    let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    people.confirm_codes(person, &code(&secret, later), clock::now()).await.unwrap().unwrap();
    secret
}

/// Does something to the people of a bot that does not run.
fn with<T>(data: &Path, what: impl AsyncFnOnce(&People) -> T) -> T {
    let keys = KeySource { credential: None, file: data.join("keys/tbot.key") };
    let vault = Vault::open(&Folders::new(data.to_owned()), keys).unwrap();
    let sealing = Arc::new(Sealing(vault.envelope("people").unwrap()));
    let done = async {
        let people = People::open(&Address::Sqlite(data.join("people.db")), sealing).await.unwrap();
        let done = what(&people).await;
        people.close().await.unwrap();
        done
    };
    tokio::runtime::Runtime::new().unwrap().block_on(done)
}

/// The one-time code of now, or of so many seconds later: each is good once.
pub(super) fn code(secret: &[u8], later: i64) -> String {
    let secret: [u8; 20] = secret.try_into().unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(clock::now().seconds() + later).unwrap()).to_string()
}
