//! What takes time after its command was answered: a comparison with the venue, a drill. Its end is recorded under the
//! command's key.

use desk::domain::bot::Key;
use desk::domain::seed::Seed;
use desk::domain::time::Span;
use desk::machines::kill_switch::{DrillReport, drill};
use desk::machines::supervisor::Happening;

use super::Supervisor;
use crate::actors::life::LifeError;
use crate::gateway::clock;
use crate::messages::board::{AlertLevel, DrillBoard};
use crate::messages::broker::ToBroker;
use crate::messages::supervisor::ToSupervisor;
use crate::store::{Receipts, Signature, Stored};

/// With how many open orders the kill switch is exercised.
const ORDERS: usize = 100;
/// How long after its last drill the kill switch is exercised again by itself (RISK-16).
const WEEK: Span = Span::seconds(7 * 24 * 3_600);

/// Errands under way, by the keys of their commands.
#[derive(Debug, Default)]
pub(super) struct Errands {
    reconciling: Option<Key>,
    drilling: Option<Key>,
    /// The last drill.
    pub(super) drill: Option<DrillBoard>,
}

impl Errands {
    /// With the last drill that was kept.
    pub(super) fn new(receipts: &Receipts) -> Self {
        let kept = receipts.newest_of(1, |kind| kind == "drill").unwrap_or_default();
        let read = |r: &Stored| Some(board(r.name.clone(), &serde_json::from_slice(&r.bytes).ok()?));
        Self { drill: kept.iter().find_map(read), ..Self::default() }
    }
}

fn board(name: String, kept: &Kept) -> DrillBoard {
    let Kept { at, report } = kept;
    DrillBoard {
        at: *at,
        orders: report.orders,
        positions: report.positions,
        last_cancel_ms: report.receipt.last_cancel_ms,
        flat_ms: report.receipt.flat_ms,
        failures: report.failures.clone(),
        receipt: name,
    }
}

/// A drill as it is kept.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    at: desk::domain::time::Timestamp,
    report: DrillReport,
}

impl Supervisor {
    /// Has books and venue compared.
    pub(super) fn reconcile(&mut self) {
        self.errands.reconciling = self.key.clone();
        self.wiring.must(self.wiring.broker.deliver(ToBroker::Reconcile));
    }

    /// The comparison was made.
    pub(super) fn reconciled(&mut self, result: Result<(), String>) -> Result<(), LifeError> {
        if let Err(why) = &result
            && self.reconciliation.is_ok()
        {
            self.wiring.alert(AlertLevel::Critical, "not_reconciled", format!("Books and venue differ: {why}"));
        }
        self.reconciliation.clone_from(&result);
        let Some(key) = self.errands.reconciling.take() else { return Ok(()) };
        let (done, message) = match result {
            Ok(()) => (true, "Books and venue agree.".to_owned()),
            Err(why) => (false, format!("Books and venue differ: {why}")),
        };
        self.happened(&Happening::Finished { key, done, message })
    }

    /// Exercises the kill switch on a venue of its own, beside everything else (RISK-16).
    pub(super) fn drill(&mut self) {
        let key = self.key.clone().unwrap_or_else(|| Key::of(&format!("drill-{}", clock::now())));
        if self.errands.drilling.is_some() {
            return;
        }
        let line = self.wiring.supervisor.clone();
        let seed = Seed(clock::now().nanos().unsigned_abs());
        let run = move || {
            let report = Box::new(drill(seed, ORDERS));
            if let Err(lost) = line.deliver(ToSupervisor::Drilled(report)) {
                tracing::error!(%lost, "a drill's end could not be told");
            }
        };
        match std::thread::Builder::new().name("drill".to_owned()).spawn(run) {
            Ok(_) => self.errands.drilling = Some(key),
            Err(error) => {
                self.wiring.alert(AlertLevel::Warning, "drill", format!("The drill could not begin: {error}"));
            }
        }
    }

    /// A drill has come to its end: its report is signed and kept.
    pub(super) fn drilled(&mut self, report: DrillReport) -> Result<(), LifeError> {
        let kept = Kept { at: clock::now(), report };
        let name = serde_json::to_vec(&kept).map_err(|e| e.to_string()).and_then(|bytes| {
            let signer = &self.wiring.signer;
            let signature = Signature { key: signer.key(), signature: signer.sign(&bytes) };
            self.wiring.receipts.keep(kept.at, "drill", &bytes, &signature).map_err(|e| e.to_string())
        });
        let name = name.unwrap_or_else(|error| {
            self.wiring.alert(
                AlertLevel::Warning,
                "receipt_lost",
                format!("The drill's report could not be kept: {error}"),
            );
            String::new()
        });
        let board = board(name, &kept);
        let (done, message) = (board.failures.is_empty(), board.said());
        self.wiring.alert(if done { AlertLevel::Info } else { AlertLevel::Critical }, "drill", message.clone());
        self.errands.drill = Some(board);
        match self.errands.drilling.take() {
            Some(key) => self.happened(&Happening::Finished { key, done, message }),
            None => Ok(()),
        }
    }

    /// Whether the week since the last drill is over, and nothing stands in its way.
    pub(super) fn drill_is_due(&self) -> bool {
        let facts = self.facts();
        let last = self.errands.drill.as_ref().is_some_and(|d| clock::now() - d.at < WEEK);
        !last && self.errands.drilling.is_none() && facts.is_flat() && !facts.window_open
    }
}
