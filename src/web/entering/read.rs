//! What was typed, as a fact of the books; or what is wrong with it, field by field (WEB-7).

use std::str::FromStr;

use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::ids::{CalendarName, ExecutionId, ItemId, LotId, SessionId, StrategyName};
use desk::domain::journal::{AccountCode, Entry};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::{Date, Timestamp};
use desk::machines::ledger::{
    Adjustment, Adoption, BookFact, Borrow, CashActivity, Conversion, Decision, Dividend, Found, LateFee, LotNaming,
    Mistake, YearClose,
};
use desk::world::entering::Author;

use super::kinds::Kind;

/// The longest reference and the longest text of a line.
const LONGEST: usize = 100;
/// The longest reason.
const LONGEST_REASON: usize = 500;
/// The longest list of lots.
const LONGEST_LOTS: usize = 4000;

/// A field and what is wrong with it.
pub(crate) type Wrong = (&'static str, String);

/// Where fields come from: a form, or the object of a program.
pub(crate) type With<'a> = &'a dyn Fn(&str) -> String;

/// What a form is read with.
pub(crate) struct Around {
    /// Who enters.
    pub(crate) by: String,
    /// The books' calendar.
    pub(crate) calendar: CalendarName,
    /// The market's time.
    pub(crate) now: Timestamp,
    /// The entry that is named, where it exists.
    pub(crate) entry: Option<Entry>,
}

/// What somebody enters.
#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) author: Author,
    pub(crate) day: SessionId,
    pub(crate) fact: BookFact,
}

/// What is wrong is kept already.
struct Unread;

/// Reads fields, and keeps what is wrong with them.
struct Fields<'a> {
    with: With<'a>,
    wrong: Vec<Wrong>,
}

impl Fields<'_> {
    fn raw(&self, name: &str) -> String {
        (self.with)(name).chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
    }

    fn refuse(&mut self, name: &'static str, why: impl Into<String>) {
        self.wrong.push((name, why.into()));
    }

    fn text(&mut self, name: &'static str, most: usize) -> Option<String> {
        let text = self.raw(name);
        match text.chars().count() {
            0 => self.refuse(name, "This is needed."),
            n if n > most => self.refuse(name, format!("{n} characters; at most {most} fit.")),
            _ => return Some(text),
        }
        None
    }

    fn value<T: FromStr>(&mut self, name: &'static str, allowed: &str) -> Option<T> {
        let text = self.raw(name);
        if text.is_empty() {
            self.refuse(name, format!("This is needed: {allowed}."));
            return None;
        }
        let value = text.parse().ok();
        if value.is_none() {
            let short: String = text.chars().take(40).collect();
            self.refuse(name, format!("{short:?} cannot be read. Needed is {allowed}."));
        }
        value
    }

    fn money(&mut self, name: &'static str) -> Option<Money> {
        self.value(name, "an amount like 1250.00, at most eight places after the point")
    }

    fn currency(&mut self, name: &'static str) -> Option<Currency> {
        self.value(name, "a currency like USD")
    }

    fn symbol(&mut self) -> Option<Symbol> {
        self.value("instrument", "a symbol like SPY")
    }

    fn account(&mut self, name: &'static str) -> Option<AccountCode> {
        self.value(name, "one of the accounts offered")
    }

    fn strategy(&mut self, name: &'static str) -> Option<StrategyName> {
        let text = self.raw(name);
        let all = StrategyName::TRADING.into_iter().chain([StrategyName::External]);
        let found = all.into_iter().find(|s| s.as_str() == text);
        if found.is_none() {
            self.refuse(name, "Needed is open, mid, close or external.");
        }
        found
    }

    /// The item of an account that has some.
    fn item(&mut self, name: &'static str) -> Result<Option<ItemId>, Unread> {
        match self.raw(name) {
            none if none.is_empty() => Ok(None),
            _ => self.value(name, "an item without spaces, at most 64 characters").map(Some).ok_or(Unread),
        }
    }

    /// When it happened; the beginning of the day where nothing is said, or now where that has not come yet.
    fn when(&mut self, day: Date, now: Timestamp) -> Option<Timestamp> {
        let text = self.raw("when").replace(' ', "T");
        if text.is_empty() {
            return Some(day.midnight().min(now));
        }
        let whole = match text.trim_end_matches('Z') {
            date if date.len() == 10 => format!("{date}T00:00:00Z"),
            minute if minute.len() == 16 => format!("{minute}:00Z"),
            other => format!("{other}Z"),
        };
        let when = whole.parse().ok();
        if when.is_none() {
            self.refuse("when", "This cannot be read. Needed is a time of UTC like 2026-11-20 14:30, or nothing.");
        }
        when
    }
}

/// Reads what was typed.
///
/// # Errors
/// Each field that is wrong, with what is allowed.
pub(crate) fn read(kind: &Kind, with: With<'_>, around: &Around) -> Result<Entered, Vec<Wrong>> {
    let mut fields = Fields { with, wrong: Vec::new() };
    let day: Option<Date> = fields.value("day", "a day like 2026-11-20");
    let reason = fields.text("reason", LONGEST_REASON);
    let when = day.and_then(|day| fields.when(day, around.now));
    let asked = day.zip(reason).zip(when);
    // Everything that is wrong is said at once: the rest is read even where the head is not whole.
    let (day, reason, at) = match &asked {
        Some(((day, reason), at)) => (*day, reason.clone(), *at),
        None => (Date::from_days(0), String::new(), around.now),
    };
    let head = Head {
        by: around.by.clone(),
        reason: reason.clone(),
        session: SessionId { date: day, calendar: around.calendar },
        at,
    };
    let fact = fact(kind, &mut fields, &head, around.entry.as_ref());
    match (fact, asked) {
        (Some(fact), Some(_)) if fields.wrong.is_empty() => {
            Ok(Entered { author: Author { by: around.by.clone(), reason }, day: head.session, fact })
        }
        _ => Err(fields.wrong),
    }
}

/// What all kinds have.
struct Head {
    by: String,
    reason: String,
    session: SessionId,
    at: Timestamp,
}

fn fact(kind: &Kind, fields: &mut Fields<'_>, head: &Head, entry: Option<&Entry>) -> Option<BookFact> {
    match kind.name {
        "reversal" | "lots" => {
            let seq: Option<u64> = fields.value("entry", "the number of an entry");
            if seq.is_some() && entry.is_none() {
                fields.refuse("entry", "There is no such entry in these books.");
            }
            let (by, reason, session) = (head.by.clone(), head.reason.clone(), head.session);
            if kind.name == "lots" {
                return named_lots(fields, head, entry);
            }
            entry.map(|entry| BookFact::Mistake(Box::new(Mistake { entry: entry.clone(), by, reason, session })))
        }
        "year_close" => Some(BookFact::YearClose(YearClose { session: head.session, by: head.by.clone() })),
        "conversion" => conversion(fields, head),
        "adjustment" | "adoption" | "found" => decided(kind, fields, head),
        _ => moved(kind, fields, head),
    }
}

/// The lots that are named for a fill, which stays in its day.
fn named_lots(fields: &mut Fields<'_>, head: &Head, entry: Option<&Entry>) -> Option<BookFact> {
    let day = entry.map(|e| e.draft.session).filter(|day| *day != head.session);
    if let Some(day) = day {
        fields.refuse("day", format!("The entry stands in {}; its lots are named in that day.", day.date));
    }
    let pair = |text: &str| {
        let (lot, units) = text.trim().rsplit_once(char::is_whitespace)?;
        Some((lot.trim_end().parse().ok()?, units.parse().ok()?))
    };
    let text = fields.text("lots", LONGEST_LOTS)?;
    let lots: Option<Vec<(LotId, Quantity)>> = text.split(',').map(pair).collect();
    if lots.is_none() {
        fields.refuse("lots", "This cannot be read. Needed is each lot with its units, as SPY-x1 50, SPY-x2 20.");
    }
    let (by, reason) = (head.by.clone(), head.reason.clone());
    let naming = entry.cloned().zip(lots).map(|(entry, lots)| LotNaming { entry, lots, by, reason });
    naming.map(|naming| BookFact::Lots(Box::new(naming)))
}

/// Cash that moved.
fn moved(kind: &Kind, fields: &mut Fields<'_>, head: &Head) -> Option<BookFact> {
    let activity = fields.text("reference", LONGEST);
    let (amount, currency) = (fields.money("amount"), fields.currency("currency"));
    let cash = activity.zip(amount).zip(currency).map(|((activity, amount), currency)| CashActivity {
        activity,
        amount,
        currency,
        session: head.session,
        effective_at: head.at,
    });
    match kind.name {
        "float_in" => cash.map(BookFact::FloatIn),
        "float_out" => cash.map(BookFact::FloatOut),
        "transfer" => cash.map(BookFact::Transfer),
        "interest" => cash.map(BookFact::Interest),
        "unknown_activity" => cash.map(BookFact::UnknownActivity),
        "borrow" => {
            let instrument = fields.symbol();
            cash.zip(instrument).map(|(cash, instrument)| BookFact::Borrow(Borrow { cash, instrument }))
        }
        "dividend" => {
            let (instrument, ex_date) = (fields.symbol(), fields.value("ex_date", "a day like 2026-11-20"));
            let withheld = if fields.raw("withheld").is_empty() { Some(Money::ZERO) } else { fields.money("withheld") };
            if withheld.is_some_and(|w| w < Money::ZERO) {
                fields.refuse("withheld", "Tax withheld is not below zero.");
            }
            let dividend = cash.zip(instrument).zip(ex_date).zip(withheld);
            dividend.map(|(((cash, instrument), ex_date), withheld)| {
                BookFact::Dividend(Dividend { cash, instrument, ex_date, withheld })
            })
        }
        "fee" => {
            let (account, name) = (fields.account("account"), fields.text("description", LONGEST));
            let fee = cash.zip(account).zip(name);
            fee.map(|((cash, account), name)| BookFact::LateFee(LateFee { cash, account, name, of: None }))
        }
        _ => None,
    }
}

fn conversion(fields: &mut Fields<'_>, head: &Head) -> Option<BookFact> {
    let execution: Option<ExecutionId> = fields.value("reference", "the venue's id of it, without spaces");
    let bought = fields.money("bought").zip(fields.currency("bought_currency"));
    let sold = fields.money("sold").zip(fields.currency("sold_currency"));
    let rate: Option<Price> = fields.value("rate", "a rate like 1.085");
    let source = fields.text("rate_source", LONGEST);
    for (name, side) in [("bought", &bought), ("sold", &sold)] {
        if side.as_ref().is_some_and(|(amount, _)| *amount <= Money::ZERO) {
            fields.refuse(name, "An amount above zero is needed.");
        }
    }
    let whole = execution.zip(bought).zip(sold).zip(rate).zip(source);
    whole.map(|((((execution, bought), sold), _), source)| {
        BookFact::Conversion(Conversion {
            execution,
            bought,
            sold,
            rate: fields.raw("rate"),
            source,
            rate_at: head.at,
            session: head.session,
            effective_at: head.at,
        })
    })
}

/// What a person decides about an item of the review.
fn decided(kind: &Kind, fields: &mut Fields<'_>, head: &Head) -> Option<BookFact> {
    let decision = fields.text("reference", LONGEST).map(|item| Decision {
        item,
        by: head.by.clone(),
        reason: head.reason.clone(),
        session: head.session,
        at: head.at,
    });
    match kind.name {
        "adjustment" => {
            let description = fields.text("description", LONGEST);
            let debit = fields.account("debit").zip(fields.item("debit_item").ok());
            let credit = fields.account("credit").zip(fields.item("credit_item").ok());
            for (name, side) in [("debit_item", &debit), ("credit_item", &credit)] {
                match side {
                    Some((account, None)) if account.is_open_items() => {
                        fields.refuse(name, format!("Account {account} has items; which one is it?"));
                    }
                    Some((account, Some(_))) if !account.is_open_items() => {
                        fields.refuse(name, format!("Account {account} has no items; nothing stands here."));
                    }
                    _ => {}
                }
            }
            if debit.is_some() && debit == credit {
                fields.refuse("credit", "Debit and credit are the same; nothing would move.");
            }
            let (amount, currency) = (fields.money("amount"), fields.currency("currency"));
            let whole = decision.zip(description).zip(debit).zip(credit).zip(amount).zip(currency);
            whole.map(|(((((decision, description), debit), credit), amount), currency)| {
                BookFact::Adjustment(Adjustment { decision, description, debit, credit, amount, currency })
            })
        }
        "adoption" => {
            let lot: Option<LotId> = fields.value("lot", "a lot as the page Positions and lots names it");
            let (instrument, from, to) = (fields.symbol(), fields.strategy("from"), fields.strategy("to"));
            if from.is_some() && from == to {
                fields.refuse("to", "It belongs there already.");
            }
            let whole = decision.zip(lot).zip(instrument).zip(from).zip(to);
            whole.map(|((((decision, lot), instrument), from), to)| {
                BookFact::Adoption(Adoption { decision, lot, instrument, from, to })
            })
        }
        _ => {
            let (instrument, currency, strategy) =
                (fields.symbol(), fields.currency("currency"), fields.strategy("to"));
            let quantity: Option<Quantity> = fields.value("quantity", "units like 25, negative when short");
            let price: Option<Price> = fields.value("price", "a price like 101.25");
            let whole = decision.zip(instrument).zip(currency).zip(strategy).zip(quantity).zip(price);
            whole.map(|(((((decision, instrument), currency), strategy), quantity), price)| {
                BookFact::Found(Found { decision, instrument, quantity, price, currency, strategy })
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::web::entering::kinds::{KINDS, named};

    fn around() -> Around {
        Around {
            by: "ann".to_owned(),
            calendar: CalendarName::Xnys,
            now: "2026-11-20T21:00:00Z".parse().unwrap(),
            entry: None,
        }
    }

    fn typed(kind: &str, pairs: &[(&str, &str)]) -> Result<Entered, Vec<Wrong>> {
        let map: BTreeMap<&str, &str> = pairs.iter().copied().collect();
        read(named(kind).unwrap(), &|name| map.get(name).copied().unwrap_or_default().to_owned(), &around())
    }

    const HEAD: [(&str, &str); 3] = [("day", "2026-11-20"), ("reason", "as the statement says"), ("reference", "A-1")];

    #[test]
    fn web_7_everything_that_is_wrong_is_said_at_once_beside_its_field() {
        for kind in KINDS {
            let wrong: Vec<&str> = typed(kind.name, &[]).unwrap_err().into_iter().map(|(field, _)| field).collect();
            assert!(wrong.contains(&"day") && wrong.contains(&"reason"), "{}: {wrong:?}", kind.name);
            for field in wrong {
                assert!(kind.asked().any(|f| f.name == field), "{}: {field} is not in its form", kind.name);
            }
        }
        let wrong = typed("interest", &[("day", "yesterday"), ("amount", "4,12"), ("currency", "dollar")]).unwrap_err();
        let fields: Vec<&str> = wrong.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["day", "reason", "reference", "amount", "currency"]);
        assert_eq!(
            wrong[3].1,
            "\"4,12\" cannot be read. Needed is an amount like 1250.00, at most eight places after the point."
        );
    }

    #[test]
    fn books_3_cash_and_its_time_are_read_as_typed() {
        let cash =
            [HEAD.as_slice(), &[("amount", "-2.18"), ("currency", "USD"), ("when", "2026-11-20 14:30")]].concat();
        let entered = typed("interest", &cash).unwrap();
        let BookFact::Interest(read) = &entered.fact else { panic!("{entered:?}") };
        assert_eq!((read.amount.to_string().as_str(), read.activity.as_str()), ("-2.18", "A-1"));
        assert_eq!(read.effective_at, "2026-11-20T14:30:00Z".parse().unwrap());
        assert_eq!(entered.author.by, "ann");
        // Nothing said is the beginning of the day.
        let plain = [HEAD.as_slice(), &[("amount", "5"), ("currency", "USD")]].concat();
        let entered = typed("float_in", &plain).unwrap();
        let BookFact::FloatIn(read) = &entered.fact else { panic!("{entered:?}") };
        assert_eq!(read.effective_at, "2026-11-20T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn books_3_an_adjustment_names_items_where_its_accounts_have_some_and_nowhere_else() {
        let sides = |debit: &'static str, item: &'static str| {
            let own = [
                ("description", "found out"),
                ("debit", debit),
                ("debit_item", item),
                ("credit", "4900"),
                ("amount", "12.34"),
                ("currency", "USD"),
            ];
            typed("adjustment", &[HEAD.as_slice(), &own].concat())
        };
        assert!(sides("1900", "A-77").is_ok());
        assert_eq!(
            sides("1900", "").unwrap_err(),
            [("debit_item", "Account 1900 has items; which one is it?".to_owned())]
        );
        assert_eq!(sides("5910", "A-77").unwrap_err()[0].0, "debit_item");
        assert_eq!(sides("4900", "").unwrap_err()[0].0, "credit");
    }
}
