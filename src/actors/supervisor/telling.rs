//! What others are told: risk who may enter, market data whether to wait, the reporter how the bot stands.

use desk::domain::bot::{BotState, FreezeName, Mark, Who};
use desk::domain::decimal::Money;
use desk::domain::order::ExitReason;
use desk::gates::Reason;

use super::{ASK_MS, Supervisor};
use crate::actors::closing::Closing;
use crate::actors::tree::{BROKER, LEDGER, MARKET_DATA, RISK};
use crate::messages::board::{ActorLine, FreezeLine};
use crate::messages::broker::ToBroker;
use crate::messages::market_data::ToMarketData;
use crate::messages::reporter::{Standing, ToReporter};
use crate::messages::risk::ToRisk;

/// What risk is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    resting: bool,
    killing: bool,
    /// Strategies that are out, by place.
    out: Vec<bool>,
    leaving: Option<ExitReason>,
}

impl Supervisor {
    /// Who may enter, and whether everything is to be left.
    pub(super) fn tell_risk(&mut self) {
        let machine = &self.life.machine;
        let out = self.wiring.setup.strategies.iter().map(|(s, _)| *s);
        let out: Vec<bool> = out.map(|s| !machine.may_enter(s) || self.readiness.missing(s).is_some()).collect();
        let leaving = match machine.state() {
            BotState::GracefulClosingPositions => Some(ExitReason::StopCommand),
            // A kill is the kill switch's.
            _ => None,
        };
        let resting = out.iter().all(|out| *out);
        // Also in a shutdown: while the latch is shut, what is sent is the kill's own.
        let killing = self.wiring.latch.is_set() || machine.state() == BotState::EmergencyClosingPositions;
        let now = Told { resting, killing, out, leaving };
        if self.told.as_ref() == Some(&now) {
            return;
        }
        let risk = &self.wiring.risk;
        self.wiring.must(risk.deliver(ToRisk::Rest(resting)));
        self.wiring.must(risk.deliver(ToRisk::Killing(killing)));
        for (index, out) in now.out.iter().enumerate() {
            self.wiring.must(risk.deliver(ToRisk::Suspend(index, *out)));
        }
        self.wiring.must(risk.deliver(ToRisk::Leave(leaving)));
        self.told = Some(now);
    }

    /// While a kill closes positions and the books cannot be written, the market does not wait for them.
    pub(super) fn tell_market_data(&mut self) {
        let free = self.stalled && self.life.machine.state() == BotState::EmergencyClosingPositions;
        if std::mem::replace(&mut self.free, free) != free {
            self.wiring.must(self.wiring.market_data.deliver(ToMarketData::Free(free)));
        }
        let mode = self.life.machine.mode();
        if std::mem::replace(&mut self.mode, mode) != mode {
            self.wiring.must(self.wiring.broker.deliver(ToBroker::Mode(mode)));
        }
    }

    pub(super) fn tell_reporter(&mut self) {
        let past = self.past.of(&self.life.machine);
        let machine = &self.life.machine;
        let freezes = machine.freezes().map(|f| FreezeLine {
            name: f.name.clone(),
            strategy: f.strategy,
            mark: (&f.mark).into(),
            for_the_session: f.for_the_session,
        });
        // A limit's freeze is the risk machine's own: its gate blocks, and the decisions say so.
        let limits = self.follower.trader.risk().freezes().iter().filter_map(|f| {
            Some(FreezeLine {
                name: FreezeName::of_limit(f.reason.as_str(), f.strategy).ok()?,
                strategy: f.strategy,
                mark: crate::messages::board::Mark {
                    at: self.now,
                    who: Who::Bot(RISK.to_owned()),
                    why: self.tripped(f),
                },
                for_the_session: f.reason != Reason::Drawdown,
            })
        });
        let places = |s| self.wiring.setup.strategies.iter().position(|(name, _)| *name == s);
        let suspended = machine.suspended().filter_map(|(s, m)| Some((places(s)?, m.why.clone())));
        let standing = Standing {
            state: machine.state(),
            applying: self.applying.back().map(|(number, _)| *number),
            since: machine.since(),
            reason: self.reason(),
            mode: machine.mode(),
            latch: machine.latch().map(Into::into),
            latch_written: self.wiring.latch.since().or(machine.latch_written()),
            freezes: freezes.chain(limits).chain(self.not_ready()).collect(),
            suspended: suspended.collect(),
            closing: self.closing.as_ref().map(Closing::board),
            defense: self.defense_board(),
            drill: self.errands.drill.clone(),
            past,
            rehearsing: machine.rehearsing().is_some(),
            open_days: self.open_days.clone(),
        };
        self.wiring.must(self.wiring.reporter.deliver(ToReporter::Standing(Box::new(standing))));
    }

    /// A limit that was reached, with the usual one where defense mode has set it.
    fn tripped(&self, freeze: &desk::risk::Freeze) -> String {
        let usual = &self.usual.limits;
        let usual = match freeze.reason {
            Reason::DailyLoss => usual.day_loss,
            Reason::StrategyLoss => usual.strategy_loss,
            Reason::Drawdown => usual.drawdown,
            Reason::LosingRow => Money::whole(i64::from(usual.losing_row)),
            _ => freeze.limit,
        };
        let of_defense =
            if freeze.limit < usual { format!(" in defense mode; usually {usual}") } else { String::new() };
        format!("{}, the limit is {}{of_defense}", freeze.have, freeze.limit)
    }

    /// Why it stands where it does, as long as that is what a person has to know: what failed in the state `error`, who
    /// stopped it where it stops or has stopped, who ends the process.
    pub(super) fn reason(&self) -> Option<String> {
        let machine = &self.life.machine;
        let by = |mark: &Mark| match mark.why.as_str() {
            "" => format!("By {}.", mark.who),
            why => format!("By {}: {}.", mark.who, why.trim_end_matches('.')),
        };
        match machine.state() {
            BotState::Error => machine.fault().map(|f| format!("{}: {} {}", f.mark.who, f.mark.why, f.remedy)),
            BotState::GracefulClosingPositions | BotState::EmergencyClosingPositions | BotState::Stopped => {
                machine.closing().or(machine.latch()).map(by)
            }
            BotState::Shutdown | BotState::ShutdownTriggered => self.ended_by.as_ref().map(by),
            _ => None,
        }
    }

    pub(super) fn tell_actors(&self) {
        let waiting = |name: &str| {
            let w = &self.wiring;
            let lines = [
                (LEDGER, w.ledger.depth()),
                (RISK, w.risk.depth()),
                (BROKER, w.broker.depth()),
                (MARKET_DATA, w.market_data.depth()),
            ];
            let own = w.strategies.iter().map(|l| (l.name(), l.depth()));
            lines.into_iter().chain(own).find(|(n, _)| *n == name).map_or(0, |(_, depth)| depth)
        };
        let lines = self.wiring.pulses.iter().map(|pulse| {
            let fallen = self.restarts.iter().find(|(name, ..)| *name == pulse.name());
            ActorLine {
                name: pulse.name().to_owned(),
                // A beat each half second, and two seconds to answer it.
                well: !pulse.is_down() && self.beat.saturating_sub(pulse.heard()) <= 4,
                silent_ms: self.beat.saturating_sub(pulse.heard()).saturating_mul(ASK_MS),
                waiting: waiting(pulse.name()),
                restarts: fallen.map_or(0, |(_, times, _)| *times),
                fault: self.weighing.fault(pulse.name()).map(str::to_owned),
            }
        });
        self.wiring.must(self.wiring.reporter.deliver(ToReporter::Actors(lines.collect())));
    }
}
