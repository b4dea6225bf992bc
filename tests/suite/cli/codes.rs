//! One-time codes of the administrator of a bot, for verbs that ask for one.

use std::path::Path;
use std::sync::Arc;

use tbot::gateway::clock;
use tbot::gateway::vault::{Envelope, KeySource, Vault};
use tbot::settings::Folders;
use tbot::store::Address;
use tbot::store::people::{People, Seal, Unsealed};

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
    let keys = KeySource { credential: None, file: data.join("keys/tbot.key") };
    let vault = Vault::open(&Folders::new(data.to_owned()), keys).unwrap();
    let sealing = Arc::new(Sealing(vault.envelope("people").unwrap()));
    let set_up = async {
        let people = People::open(&Address::Sqlite(data.join("people.db")), sealing).await.unwrap();
        let ada = people.named("ada").await.unwrap().unwrap().id;
        let secret = people.begin_codes(ada, "ada", "TBot").await.unwrap().secret.replace(' ', "");
        let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        people.confirm_codes(ada, &code(&secret, 0), clock::now()).await.unwrap().unwrap();
        people.close().await.unwrap();
        secret
    };
    tokio::runtime::Runtime::new().unwrap().block_on(set_up)
}

/// The one-time code of now, or of so many seconds later: each is good once.
pub(super) fn code(secret: &[u8], later: i64) -> String {
    let secret: [u8; 20] = secret.try_into().unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(clock::now().seconds() + later).unwrap()).to_string()
}
