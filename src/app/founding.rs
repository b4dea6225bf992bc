//! The first start without an identity: the wizard, until somebody has answered it, and what it makes.

use std::future::Future;
use std::net::TcpListener;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::{BotState, Origin, Roles, Who};
use desk::domain::ids::Identity;
use serde_json::json;

use super::feed::Feed;
use super::living::people_of;
use super::standing::{self, Missing};
use crate::cli::run_bot::Arguments;
use crate::cli::{Failure, console};
use crate::gateway::control::{ControlFolder, Signals};
use crate::gateway::notify::ServiceManager;
use crate::gateway::vault::{KeySource, Saving, Vault};
use crate::gateway::{clock, most_open};
use crate::settings::{Boot, Runtime, write_boot};
use crate::store::people::{Deed, NewPerson, NewSession, Token};
use crate::web::{Answers, Manners, SetUp, Wanted, serve_setup};

/// How often the service manager hears from it.
const ALIVE: Duration = Duration::from_secs(5);
/// What the wizard proposes.
const PROPOSED: &str = "TBOT_US_SIM_01";

/// Serves the wizard until its last step, and gives the identity that was set up; nothing where the process was told to end
/// before.
///
/// # Errors
/// What stands in the way of serving it.
pub(super) async fn wizard(
    arguments: &Arguments,
    boot: &Boot,
    control: &ControlFolder,
    ((listener, tls), feed): ((&TcpListener, Option<rustls::ServerConfig>), &Feed),
) -> Result<Option<Identity>, Failure> {
    let proposed: Identity = PROPOSED.parse().map_err(|e| Failure::failed("identity", e))?;
    let first = arguments.first_start(None, false)?;
    let runtime = sealed(boot)?.unwrap_or_default();
    let broker = first.broker.unwrap_or_else(|| proposed.broker().to_owned());
    let identity = format!("TBOT_US_{broker}_01").parse().unwrap_or(proposed);
    let failed = |e: std::io::Error| Failure::failed("web", e);
    let listening = listener.local_addr().map_err(failed)?;
    let secure = super::pages::is_secure(boot);
    let token = Token::new()?;
    let place = super::pages::place(boot, listening);
    let link = format!("{place}/open/{}", token.text());
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let owned = boot.clone();
    let founding = Arc::new(move |wanted: Wanted| -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send>> {
        let (boot, tell) = (owned.clone(), tell.clone());
        Box::pin(async move {
            let identity = wanted.identity.clone();
            let session = found(&boot, wanted).await.map_err(|failure| format!("{}.", failure.message))?;
            tell.send(identity).await.map_err(|_| "the process is ending.".to_owned())?;
            Ok(session)
        })
    });
    let visitors = super::pages::visitors(most_open());
    let float = first.capital.unwrap_or(runtime.limits.float);
    let answers = Answers::new(identity, runtime).proposing(float);
    let set_up = SetUp { token, answers, feed: feed.name.clone(), founding, secure, visitors };
    let clone = listener.try_clone().map_err(failed)?;
    let served = serve_setup(clone, set_up, tls).map_err(failed)?;
    let (done, handle) = (served.done(), served.server.handle());
    let serving = actix::spawn(served.server);
    control.mirror(BotState::Initialize)?;
    control.set_up_at(Some(&place))?;
    ServiceManager::of_process().ready(&place);
    console::say(&format!("Nobody has set up a bot here yet. Set it up in the browser: {link}"));
    let mut signals = Signals::listen().map_err(failed)?;
    tokio::select! {
        () = done.notified() => {}
        _ = signals.next() => {
            control.set_up_at(None)?;
            handle.stop(false).await;
            return Ok(None);
        }
        () = alive() => {}
    }
    control.set_up_at(None)?;
    handle.stop(true).await;
    // What it answered last is on its way.
    let _ = serving.await;
    Ok(told.recv().await)
}

/// Tells the service manager for ever that nothing hangs: a wizard may wait for days.
async fn alive() {
    let manager = ServiceManager::of_process();
    loop {
        manager.alive();
        tokio::time::sleep(ALIVE).await;
    }
}

/// The configuration that files have seeded already, where they have.
fn sealed(boot: &Boot) -> Result<Option<Runtime>, Failure> {
    if !boot.folders.config().exists() {
        return Ok(None);
    }
    // Whatever is wrong with the key is said when the vault is needed.
    let Ok(vault) = Vault::open(&boot.folders, KeySource::of_process(boot.key.clone())) else { return Ok(None) };
    let newest = vault.newest()?;
    Ok(newest.map(|v| Runtime::read(&v.document, &format!("version {}", v.number))).transpose()?)
}

/// What founding makes, as far as it was not there before: it goes again where a later step fails.
struct Made(Vec<PathBuf>);

impl Made {
    fn new(boot: &Boot, identity: &Identity) -> Self {
        let f = &boot.folders;
        let mut all = vec![f.keys().join("tbot.key"), f.output(identity)];
        all.extend(["people.db", "people.db-wal", "people.db-shm", "boot.toml"].map(|name| f.data().join(name)));
        let sealed = |folder: PathBuf| folder.read_dir().is_ok_and(|mut inside| inside.next().is_some());
        if !sealed(f.config()) {
            all.push(f.config());
        }
        Self(all.into_iter().filter(|path| !path.exists() || path.is_dir() && !sealed(path.clone())).collect())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.0.drain(..) {
            // Nothing more can be done here where even this fails; the next attempt says what is in its way.
            let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
    }
}

/// Makes keys, configuration, books and the first administrator, all or nothing; gives the administrator's session.
async fn found(boot: &Boot, wanted: Wanted) -> Result<Token, Failure> {
    let Wanted { identity, runtime, name, password, address, agent } = wanted;
    runtime.validate()?;
    runtime.chosen(0, "")?;
    let mut made = Made::new(boot, &identity);
    boot.folders.make(Some(&identity))?;
    let vault = Vault::create(&boot.folders, KeySource::of_process(boot.key.clone()))?;
    let over = vault.versions()?.last().copied().unwrap_or(0);
    let saving = Saving { at: clock::now(), by: name.to_string(), why: "set-up".to_owned(), over };
    let version = vault.save(&runtime.document(), saving)?;
    drop(standing::books(boot, &identity, Missing::Make).await?);
    let people = people_of(boot, &vault).await?;
    let new = NewPerson { name: name.clone(), password: Some(password), roles: Roles::ADMINISTRATOR };
    let person = people.add(&new, clock::now()).await?;
    let deed = |what, object: String, detail| Deed {
        who: Who::Person(name.to_string()),
        origin: Origin::Web,
        what,
        object,
        detail,
    };
    let registered = deed("registered", name.to_string(), json!({ "roles": Roles::ADMINISTRATOR }));
    people.record(&registered, clock::now()).await?;
    let set_up = deed("set_up", identity.to_string(), json!({ "configuration": version }));
    people.record(&set_up, clock::now()).await?;
    let ends_at = clock::now() + Manners::default().longest;
    let session = people.begin_session(&NewSession { person, ends_at, address, agent }, clock::now()).await?;
    people.close().await?;
    let mut told = vec![("bot.identity", identity.to_string())];
    told.extend(boot.listens_by_flag());
    write_boot(boot.folders.data(), &told)?;
    made.0.clear();
    Ok(session)
}
