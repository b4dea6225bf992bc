//! Accounting's files that assign a float (LEDG-10, OPS-1b): each is read once, handed to the ledger, and put away. On a thread of
//! its own, for accounting's folder may lie on another machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use desk::domain::bot::{Origin, Who};
use desk::domain::ids::Identity;
use serde_json::{Value, json};

use super::day_exports::Alarm;
use crate::actors::tree::Tree;
use crate::cli::Failure;
use crate::gateway::assignments::{Inbox, read};
use crate::gateway::{Behind, clock, step_back};
use crate::messages::board::AlertLevel;
use crate::messages::bookkeeping::{Bookkeeping, FloatAsked, NotBooked};
use crate::settings::Boot;
use crate::store::people::{Deed, People};
use crate::web::{assigned, assignment_object};

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long it waits after a failure.
const AGAIN: Duration = Duration::from_mins(1);

/// Whoever takes the files.
struct Taker {
    folder: PathBuf,
    ledger: Bookkeeping,
    people: People,
    alarm: Alarm,
    /// What was told last, so that it is told once.
    told: Option<String>,
}

/// Why a file waits where it is.
type Waits = String;

/// Starts to look for files, where accounting has a folder.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(boot: &Boot, identity: &Identity, tree: &Tree, people: &People) -> Result<(), Failure> {
    let Some(accounting) = &boot.accounting else { return Ok(()) };
    let folder = accounting.join(identity.as_str()).join("float");
    let (ledger, people, alarm) = (tree.bookkeeping(), people.clone(), Box::new(tree.alarm()));
    let mut taker = Taker { folder, ledger, people, alarm, told: None };
    let run = move || {
        step_back(Behind::Pages);
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(taker.keep()),
            Err(error) => tracing::error!(%error, "assignments of a float have no runtime"),
        }
    };
    let thread = std::thread::Builder::new().name("float".to_owned());
    thread.spawn(run).map(drop).map_err(|e| Failure::failed("threads", e))
}

impl Taker {
    async fn keep(&mut self) {
        loop {
            if let Err(error) = self.take().await {
                self.tell(format!("{} cannot be used: {error}", self.folder.display()));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Takes files for ever, until the folder cannot be used.
    async fn take(&mut self) -> std::io::Result<()> {
        let mut inbox = Inbox::open(self.folder.clone())?;
        loop {
            for path in inbox.look()? {
                let outcome = match read(&path) {
                    Ok(assignment) => self.assign(&path, assignment).await,
                    Err(why) => Ok(Err(why)),
                };
                match outcome {
                    Ok(Ok(())) => inbox.put_away(&path)?,
                    Ok(Err(why)) => self.refuse(&inbox, &path, &why).await?,
                    Err(waits) => self.tell(format!("{} waits: {waits}", path.display())),
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Hands an assignment to the ledger: done, refused with the reason, or to be tried again.
    async fn assign(
        &mut self,
        path: &Path,
        assignment: desk::domain::float::FloatAssignment,
    ) -> Result<Result<(), String>, Waits> {
        let object = assignment_object(&assignment);
        self.record("assign_float", (path, &object), json!({ "assignment": assignment })).await?;
        // What lies in accounting's own folder may raise the float: who can write there is the system's affair.
        let asked = FloatAsked { assignment, by: way(path), may_raise: true };
        match self.ledger.assign_float(asked).await {
            Ok(told) => {
                if told.new {
                    self.record("float_assigned", (path, &object), assigned(&told.assigned)).await?;
                }
                self.told = None;
                Ok(Ok(()))
            }
            Err(busy @ NotBooked::Busy) => Err(busy.to_string()),
            Err(refused) => Ok(Err(refused.to_string())),
        }
    }

    async fn refuse(&mut self, inbox: &Inbox, path: &Path, why: &str) -> std::io::Result<()> {
        inbox.refuse(path, why)?;
        let detail = json!({ "message": why });
        if let Err(error) = self.record("float_refused", (path, ""), detail).await {
            tracing::error!(%error, "a refused assignment is not in the audit");
        }
        let text = format!("{} assigns no float: {why} The reason lies beside it in refused/.", way(path));
        (self.alarm)(AlertLevel::Warning, "float_refused", text);
        Ok(())
    }

    async fn record(&self, what: &'static str, (path, object): (&Path, &str), detail: Value) -> Result<(), Waits> {
        let (who, object) = (Who::OwnerBy(way(path)), object.to_owned());
        let deed = Deed { who, origin: Origin::File, what, object, detail };
        let written = self.people.record(&deed, clock::now()).await;
        written.map(drop).map_err(|e| format!("the audit cannot be written: {e}"))
    }

    fn tell(&mut self, text: String) {
        if self.told.as_ref() != Some(&text) {
            tracing::error!(%text, "assignments of a float");
            (self.alarm)(AlertLevel::Warning, "float_waits", format!("Accounting's assignments of a float: {text}."));
            self.told = Some(text);
        }
    }
}

/// How the file is called where somebody is named.
fn way(path: &Path) -> String {
    format!("accounting's file {}", path.file_name().unwrap_or_default().to_string_lossy())
}
