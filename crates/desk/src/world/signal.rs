//! From a signal to an approved order: size, costs, gates, and the decision's record.

use super::trader::{Ended, Halt, Record, Trader};
use crate::domain::decimal::{DecimalText, Ratio};
use crate::domain::event::{Decision, InputName};
use crate::domain::ids::DecisionId;
use crate::domain::order::{Leg, Plan};
use crate::domain::time::Timestamp;
use crate::gates::Evidence;
use crate::machines::market_data::View;
use crate::risk::{Approved, Candidate, Entry, Pricing, size, weigh};
use crate::strategies::Setup;

impl<R: Record> Trader<R> {
    /// Weighs a signal: the decision to be recorded, and the order where one is approved.
    pub(super) fn signal(
        &self,
        index: usize,
        now: Timestamp,
        ended: &Ended<'_>,
        setup: &Setup,
        plan: Plan,
    ) -> Result<Option<(Decision, Option<Approved>)>, Halt> {
        let (Some(strategy), Some(view), Some(terms)) =
            (self.strategies().get(index), self.view(now, ended), self.terms())
        else {
            return Ok(None);
        };
        let (name, symbol, session) = (strategy.name(), view.instrument.symbol, terms.hours.session);
        let number = DecimalText::whole(strategy.next_signal(ended.place));
        let of = session.text();
        let parts = [of.as_str(), "/", name.as_str(), "/", symbol.as_str(), "/", number.as_str()];
        let id: DecisionId = parts.concat().parse()?;
        let standing = self.standing(&symbol, name)?;
        let parameters = strategy.strategy().parameters();
        let size = size(&plan, setup.side, parameters, &standing, view.instrument.lot)?;
        let pricing = Pricing {
            rules: &self.setup.rules,
            commission: &self.setup.commission,
            rates: &terms.rates,
            quote: view.quote(),
        };
        let costs = pricing.costs(&plan, size, view.instrument.tick)?;
        let candidate = Candidate {
            decision: &id,
            strategy: name,
            instrument: view.instrument,
            side: setup.side,
            plan,
            size,
            costs,
        };
        let key = |leg| self.key(name, &id, terms.hours, leg, 1).client_id();
        let names = || -> Result<Entry, Halt> {
            let (order, stop, target) = (key(Leg::Entry)?, key(Leg::Stop)?, key(Leg::Target)?);
            Ok(Entry { order, stop, target, expires_at: now + self.setup.time_to_live })
        };
        let evidence = Evidence { candidate: &candidate, view: &view, standing: &standing };
        let weighed = weigh(&evidence, names, self.risk().epoch())?;
        let (approved, blocked) = match weighed.outcome {
            Ok(approved) => (Some(approved), None),
            Err(blocked) => (None, Some(blocked)),
        };
        let decision = Decision {
            id,
            session,
            strategy: name,
            symbol,
            side: setup.side,
            plan,
            size,
            trace: weighed.trace,
            blocked,
            inputs: inputs(&view, setup),
        };
        Ok(Some((decision, approved)))
    }
}

/// What was seen: the session's own figures, then the strategy's.
fn inputs(view: &View<'_>, setup: &Setup) -> Vec<(InputName, Ratio)> {
    let mut inputs = vec![
        (InputName::Close, Ratio::from_raw(view.bar.close.raw())),
        (InputName::Volume, Ratio::from_raw(view.bar.volume.raw())),
        (InputName::DataQuality, view.quality().score),
    ];
    if let Some(vwap) = view.vwap() {
        inputs.push((InputName::Vwap, Ratio::from_raw(vwap.raw())));
    }
    if let Some(atr) = view.atr() {
        inputs.push((InputName::Atr, Ratio::from_raw(atr.raw())));
    }
    inputs.extend(setup.inputs.iter().copied());
    inputs
}
