//! What holds the bot back, and what lets go: freezes, the latch, defense, mode, suspensions.

use super::decide::{Asked, Draft};
use super::machine::Supervisor;
use super::refusal::Refusal;
use super::verdict::Effect;
use crate::domain::bot::{BotBody, BotState, Freeze, FreezeName, Mode, Scope};
use crate::domain::ids::StrategyName;
use crate::gates::Reason;

impl Supervisor {
    pub(super) fn freeze(&self, asked: &Asked<'_>, name: &FreezeName) -> Draft {
        let strategy = name.strategy();
        let as_wide = |f: &&Freeze| (f.strategy.is_none() || f.strategy == strategy) && !f.for_the_session;
        if let Some(there) = self.freezes.get(name).filter(as_wide) {
            return Draft::saying(format!("{name} stands already, set by {}. Nothing was changed.", there.mark));
        }
        let mark = asked.order.mark(asked.at);
        let freeze = Freeze { name: name.clone(), strategy, mark, for_the_session: false };
        let whose = strategy.map(|s| format!(" of {s}")).unwrap_or_default();
        Draft::noting(BotBody::Frozen(freeze), format!("No new entries{whose} until {name} is cleared. Exits go on."))
    }

    pub(super) fn resume(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        asked.by_a_person(self.state)?;
        self.clear(asked, &FreezeName::pause())
    }

    pub(super) fn thaw(&self, asked: &Asked<'_>, name: &FreezeName) -> Result<Draft, Refusal> {
        if name.as_str() == Reason::Drawdown.as_str() && asked.facts.drawn_down {
            return self.clear_drawdown(asked);
        }
        self.clear(asked, name)
    }

    /// The risk machine's own: it stands in the books' log of events, with the peak that holds from then on.
    fn clear_drawdown(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        asked.by_a_person(self.state)?;
        asked.with_reason()?;
        let mark = asked.order.mark(asked.at);
        let said = "drawdown is cleared. The equity of now is the peak from which the next one is measured.";
        Ok(Draft::doing(Effect::ClearDrawdown(mark), said))
    }

    fn clear(&self, asked: &Asked<'_>, name: &FreezeName) -> Result<Draft, Refusal> {
        if !self.freezes.contains_key(name) {
            let there = self.freezes.keys().cloned().collect();
            return Err(Refusal::NoSuchFreeze { name: name.clone(), there });
        }
        let left: Vec<_> = self.freezes.keys().filter(|n| *n != name).map(FreezeName::as_str).collect();
        let said = match left.as_slice() {
            [] => format!("{name} is cleared. Nothing is frozen."),
            left => format!("{name} is cleared. Still frozen: {}.", left.join(", ")),
        };
        Ok(Draft::noting(BotBody::Unfrozen { name: name.clone(), mark: asked.order.mark(asked.at) }, said))
    }

    /// RISK-15: an administrator with a code, a reason, and a clean reconciliation; after the kill's end.
    pub(super) fn reset_kill(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        if self.latch.is_none() {
            return Err(Refusal::NotLatched);
        }
        if self.state == BotState::EmergencyClosingPositions || self.kill_waits {
            let (positions, working) = (asked.facts.positions, asked.facts.working.max(asked.facts.entries));
            return Err(Refusal::Unfinished { positions, working });
        }
        asked.with_reason()?;
        asked.reconciled()?;
        let mut draft = Draft::doing(Effect::ResetLatch, "The kill latch is reset. The bot trades when it is started.");
        draft.bodies.push(BotBody::LatchReset { mark: asked.order.mark(asked.at) });
        Ok(draft)
    }

    pub(super) fn enter_defense(&self, asked: &Asked<'_>) -> Draft {
        if let Some(mark) = &self.defense {
            return Draft::saying(format!("Defense mode is on already, by {mark}."));
        }
        let mark = asked.order.mark(asked.at);
        let mut draft =
            Draft::noting(BotBody::DefenseEntered { mark }, "Defense mode is on, until somebody leaves it.");
        draft.effects.push(Effect::SetLimits);
        draft
    }

    pub(super) fn leave_defense(&self, asked: &Asked<'_>) -> Result<Draft, Refusal> {
        if self.defense.is_none() {
            return Err(Refusal::NotInDefense);
        }
        asked.by_a_person(self.state)?;
        asked.with_reason()?;
        let mark = asked.order.mark(asked.at);
        let mut draft = Draft::noting(BotBody::DefenseLeft { mark }, "Defense mode is off; the usual limits hold.");
        draft.effects.push(Effect::SetLimits);
        Ok(draft)
    }

    pub(super) fn set_mode(&self, asked: &Asked<'_>, mode: Mode) -> Result<Draft, Refusal> {
        if !asked.facts.venue.takes(mode) {
            return Err(Refusal::ModeNotAllowed { mode, venue: asked.facts.venue });
        }
        if mode == self.mode {
            return Ok(Draft::saying(format!("The mode is {} already.", mode.as_str())));
        }
        asked.flat()?;
        let mark = asked.order.mark(asked.at);
        Ok(Draft::noting(BotBody::ModeSet { mode, mark }, format!("The mode is {} from now on.", mode.as_str())))
    }

    pub(super) fn suspend(&self, asked: &Asked<'_>, strategy: StrategyName) -> Result<Draft, Refusal> {
        if !StrategyName::TRADING.contains(&strategy) {
            return Err(Refusal::NoSuchStrategy { strategy });
        }
        if let Some(mark) = self.suspended.get(&strategy) {
            return Ok(Draft::saying(format!("{strategy} is out for the session already, by {mark}.")));
        }
        let mut draft = Draft::noting(
            BotBody::StrategySuspended { strategy, mark: asked.order.mark(asked.at) },
            format!("{strategy} is out for the session. The others trade on."),
        );
        draft.effects.extend([Effect::Suspend(strategy), Effect::CancelEntries(Scope::Strategy(strategy))]);
        Ok(draft)
    }
}
