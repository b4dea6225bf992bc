//! The week's readiness report, beside its other reports (REP-6): the same as `tbot report readiness` tells.

use std::path::PathBuf;

use desk::domain::ids::Identity;

use super::super::day_exports::NotWritten;
use super::paper::{Paper, unmade};
use crate::cli::report::{days, open_breaks};
use crate::render::daily_summary_json;
use crate::render::readiness::{Evidence, readiness};
use crate::settings::Current;
use crate::store::people::People;

/// What it is made from.
pub(super) struct Ready {
    /// The gates are those that are configured when the report is made.
    pub(super) current: Current,
    pub(super) identity: Identity,
    pub(super) output: PathBuf,
    pub(super) people: People,
}

impl Ready {
    /// The report of a week whose last session is about to be published: it stands in no folder yet.
    ///
    /// # Errors
    /// Where the summary of an earlier session or the review cannot be read.
    pub(super) async fn files(&self, week: &str, last: &Paper) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
        let summaries = last.days().map_err(unmade)?;
        let own = summaries.last().ok_or_else(|| unmade("a summary without a session"))?;
        let own = serde_json::from_slice(&daily_summary_json(own).map_err(unmade)?).map_err(unmade)?;
        let session = last.harvest.sessions.last().ok_or_else(|| unmade("a report without a session"))?.session;
        let mut days = days(&self.output).map_err(|e| unmade(e.message))?;
        days.retain(|(other, ..)| *other != session);
        days.push((session, own, last.harvest.trades.iter().map(|t| t.pnl_net).collect()));
        let breaks = open_breaks(&self.people, &self.identity).await?;
        let evidence = Evidence { identity: self.identity.clone(), week: Some(week.to_owned()), days, breaks };
        let report = readiness(&self.current.get().readiness, &evidence).map_err(unmade)?;
        Ok(vec![
            ("readiness.html".to_owned(), report.html().map_err(unmade)?.into_bytes()),
            ("readiness.json".to_owned(), report.json().map_err(unmade)?),
            ("readiness.md".to_owned(), report.markdown().into_bytes()),
        ])
    }
}
