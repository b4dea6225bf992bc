//! The checks of RISK-1 to RISK-5 and RISK-7, one function each, and the table that orders them (STRAT-12).

use super::candidate::Candidate;
use super::standing::Standing;
use crate::domain::decimal::{Money, Ratio};
use crate::domain::wide::{Overflow, Wide, widen};
use crate::gates::{Check, Reason};

/// One check: a finding with its numbers.
pub type RiskCheck = fn(&Candidate<'_>, &Standing<'_>) -> Result<Check, Overflow>;

/// The checks in their order.
pub const CHECKS: [RiskCheck; 14] = [
    symbol_owned,
    zero_size,
    risk_per_trade,
    order_value,
    order_quantity,
    price_collar,
    trades_day,
    trades_symbol,
    positions,
    symbol_exposure,
    gross_exposure,
    net_exposure,
    leverage,
    duplicate_order,
];

const fn at_most(reason: Reason, value: i64, threshold: i64) -> Check {
    Check { reason, value: Ratio::from_raw(value), threshold: Ratio::from_raw(threshold), holds: value <= threshold }
}

fn below(reason: Reason, have: u32, limit: u32) -> Check {
    let (value, threshold) = (Ratio::whole(i64::from(have)), Ratio::whole(i64::from(limit)));
    Check { reason, value, threshold, holds: have < limit }
}

/// TRADE-7a: a symbol has one owner at a time.
#[expect(clippy::unnecessary_wraps, reason = "all checks have one shape")]
fn symbol_owned(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    let others = i64::from(s.owner.is_some_and(|o| o != c.strategy));
    Ok(at_most(Reason::SymbolOwned, Ratio::whole(others).raw(), 0))
}

/// TRADE-12: zero means no trade, with the reason.
#[expect(clippy::unnecessary_wraps, reason = "all checks have one shape")]
fn zero_size(c: &Candidate<'_>, _: &Standing<'_>) -> Result<Check, Overflow> {
    let (value, threshold) = (Ratio::from_raw(c.size.raw()), Ratio::from_raw(c.instrument.lot.raw()));
    Ok(Check { reason: Reason::ZeroSize, value, threshold, holds: !c.size.is_zero() })
}

/// RISK-1.
fn risk_per_trade(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(at_most(Reason::RiskPerTrade, c.at_risk()?.raw(), s.limits.risk_per_trade.raw()))
}

/// RISK-2.
fn order_value(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(at_most(Reason::OrderValue, c.value()?.raw(), s.limits.order_value.raw()))
}

/// RISK-2.
#[expect(clippy::unnecessary_wraps, reason = "all checks have one shape")]
fn order_quantity(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(at_most(Reason::OrderQuantity, c.size.raw(), s.limits.order_quantity.raw()))
}

/// RISK-3.
fn price_collar(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    // Compared on the exact product; shown cut.
    let holds = Wide::from(c.costs.half_spread) * crate::domain::decimal::SCALE
        <= Wide::product(c.plan.reference.raw(), s.limits.collar.raw());
    Ok(Check { reason: Reason::PriceCollar, value: c.spread_share()?, threshold: s.limits.collar, holds })
}

/// RISK-4.
#[expect(clippy::unnecessary_wraps, reason = "all checks have one shape")]
fn trades_day(_: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(below(Reason::TradesDay, s.trades_day(), s.limits.trades_day))
}

/// RISK-4.
#[expect(clippy::unnecessary_wraps, reason = "all checks have one shape")]
fn trades_symbol(_: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(below(Reason::TradesSymbol, s.trades_symbol, s.limits.trades_symbol))
}

/// RISK-4.
#[expect(clippy::unnecessary_wraps, reason = "all checks have one shape")]
fn positions(_: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(below(Reason::Positions, s.positions, s.limits.positions))
}

/// RISK-5.
fn symbol_exposure(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(at_most(Reason::SymbolExposure, c.value()?.raw(), s.limits.symbol.raw()))
}

fn gross_after(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Money, Overflow> {
    (s.gross + Wide::from(c.value()?)).money()
}

/// RISK-5.
fn gross_exposure(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(at_most(Reason::GrossExposure, gross_after(c, s)?.raw(), s.limits.gross.raw()))
}

/// RISK-5.
fn net_exposure(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    // An order that makes the net smaller is never stopped by it.
    let after = (s.net + Wide::from(c.value()?) * c.side.sign()) * c.side.sign();
    Ok(at_most(Reason::NetExposure, after.money()?.raw(), s.limits.net.raw()))
}

/// RISK-5: gross ÷ float.
fn leverage(c: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    let gross = Wide::from(gross_after(c, s)?) * crate::domain::decimal::SCALE;
    let holds = gross <= Wide::product(s.limits.float.raw(), s.limits.leverage.raw());
    // An unset float denies (RISK-10a).
    let value = gross.raised(widen(s.limits.float.raw())).map_or(Ok(Ratio::MAX), Wide::ratio)?;
    Ok(Check { reason: Reason::Leverage, value, threshold: s.limits.leverage, holds })
}

/// RISK-7: with one owner a symbol, an own order can only be there when the symbol is owned.
#[expect(clippy::unnecessary_wraps, reason = "all checks have one shape")]
fn duplicate_order(_: &Candidate<'_>, s: &Standing<'_>) -> Result<Check, Overflow> {
    Ok(at_most(Reason::DuplicateOrder, Ratio::whole(i64::from(s.working)).raw(), 0))
}
