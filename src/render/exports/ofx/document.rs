//! The file: header, one statement per currency, the security list. Investment transactions stand before all bank
//! transactions, for libofx knows them in no other order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use desk::domain::decimal::Price;
use desk::domain::journal::{AccountCode, Entry, Fact};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::{Date, Span, Timestamp};
use desk::domain::wide::{Overflow, Wide, widen};

use super::transaction::{Body, Trade, Transaction};
use super::walk::{CASH, Walk};
use crate::render::exports::input::{Contract, Export, ExportError};
use crate::render::exports::numbers::{COST_PLACES, decimal, money, plain};

/// The longest account number, and what a second currency adds to it.
const LONGEST_ACCOUNT: usize = 18;
/// The longest MEMO.
const LONGEST_MEMO: usize = 255;

/// The file of a period.
pub(in crate::render::exports) fn write(export: &Export<'_>) -> Result<String, ExportError> {
    let broker = export.journal.identity.broker().to_owned();
    let bot = export.journal.identity.as_str().rsplit('_').next().unwrap_or_default();
    let account = export.account.map_or_else(|| format!("{broker}-{bot}"), str::to_owned);
    if account.is_empty() || account.len() > LONGEST_ACCOUNT || !account.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(ExportError::LongAccount { account });
    }
    let base = export.journal.base_currency;
    let mut walk = Walk::default();
    // Closed late, or opened again, a day is still told as of its end.
    let end = export.period.to.midnight() + Span::seconds(24 * 60 * 60 - 1);
    let mut as_of = export.period.from.midnight();
    let mut currencies = BTreeSet::from([base]);
    let mut statements = BTreeMap::<Currency, [String; 2]>::new();
    let mut securities = BTreeSet::new();
    for entry in export.until_end() {
        as_of = as_of.max(entry.booked_at.min(end));
        let inside = entry.draft.session.date >= export.period.from;
        currencies.extend(entry.draft.postings.iter().map(|p| p.currency));
        for (transaction, n) in walk.take(entry, base)?.iter().zip(1_u64..).filter(|_| inside) {
            securities.extend(transaction.security());
            let [investment, bank] = statements.entry(transaction.currency).or_default();
            let place = if matches!(transaction.body, Body::Bank { .. }) { bank } else { investment };
            place.push_str(&transaction_text(&format!("{}-{n}", entry.entry_id), transaction));
            place.push('\n');
        }
    }
    let file = File { export, broker, account, as_of, walk, base };
    let mut order: Vec<Currency> = currencies.into_iter().collect();
    order.sort_by_key(|currency| *currency != base);
    let mut text = file.head();
    for currency in order {
        let transactions = statements.remove(&currency).unwrap_or_default().concat();
        file.statement(currency, &transactions, &mut securities, &mut text)?;
    }
    text.push_str("</INVSTMTMSGSRSV1>\n<SECLISTMSGSRSV1><SECLIST>\n");
    for security in securities {
        text.push_str(&file.security(security));
    }
    text.push_str("</SECLIST></SECLISTMSGSRSV1>\n</OFX>\n");
    Ok(text)
}

fn escaped(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    flat.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    escaped(&text.chars().take(most).collect::<String>())
}

fn moment(at: Timestamp) -> String {
    let (second, (year, month, day)) = (at.second_of_day(), at.utc_date().ymd());
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}[0:GMT]")
}

fn day(date: Date) -> String {
    moment(date.midnight())
}

fn tag(name: &str, value: &str) -> String {
    format!("<{name}>{value}</{name}>")
}

fn amount(name: &str, steps: i64) -> String {
    tag(name, money(steps).as_str())
}

fn security_id(security: Symbol) -> String {
    format!("<SECID><UNIQUEID>{security}</UNIQUEID><UNIQUEIDTYPE>TICKER</UNIQUEIDTYPE></SECID>")
}

const FUNDS: &str = "<SUBACCTSEC>CASH</SUBACCTSEC><SUBACCTFUND>CASH</SUBACCTFUND>";

const fn holder(short: bool) -> &'static str {
    if short { "SHORT" } else { "CASH" }
}

/// One element on one line.
fn transaction_text(id: &str, transaction: &Transaction) -> String {
    let head = |settles: Option<Date>| {
        let settles = settles.map(|date| tag("DTSETTLE", &day(date))).unwrap_or_default();
        let memo = tag("MEMO", &cut(&transaction.memo, LONGEST_MEMO));
        tag("INVTRAN", &format!("{}{}{settles}{memo}", tag("FITID", id), tag("DTTRADE", &moment(transaction.at))))
    };
    match &transaction.body {
        Body::Trade(trade) => trade_text(&head(trade.settles), trade),
        Body::Income { security, dividend, total, withheld } => {
            let kind = tag("INCOMETYPE", if *dividend { "DIV" } else { "MISC" });
            let withheld = if *withheld == 0 { String::new() } else { amount("WITHHOLDING", *withheld) };
            let total = amount("TOTAL", *total);
            tag("INCOME", &format!("{}{}{kind}{total}{FUNDS}{withheld}", head(None), security_id(*security)))
        }
        Body::Expense { security, total } => {
            tag("INVEXPENSE", &format!("{}{}{}{FUNDS}", head(None), security_id(*security), amount("TOTAL", *total)))
        }
        Body::MarginInterest { total } => {
            let fund = tag("SUBACCTFUND", "CASH");
            tag("MARGININTEREST", &format!("{}{}{fund}", head(None), amount("TOTAL", *total)))
        }
        Body::Split { security, short, old, new, ratio } => {
            let (numerator, denominator) =
                ratio.clone().unwrap_or_else(|| (plain(*new).as_str().to_owned(), plain(*old).as_str().to_owned()));
            let units = format!("{}{}", tag("OLDUNITS", plain(*old).as_str()), tag("NEWUNITS", plain(*new).as_str()));
            let ratio =
                format!("{}{}", tag("NUMERATOR", &escaped(&numerator)), tag("DENOMINATOR", &escaped(&denominator)));
            let holder = tag("SUBACCTSEC", holder(*short));
            tag("SPLIT", &format!("{}{}{holder}{units}{ratio}", head(None), security_id(*security)))
        }
        Body::Transfer { security, short, units, cost, acquired } => {
            let enters = (*units < 0) == *short;
            let rest = [
                tag("SUBACCTSEC", holder(*short)),
                tag("UNITS", plain(*units).as_str()),
                tag("TFERACTION", if enters { "IN" } else { "OUT" }),
                tag("POSTYPE", if *short { "SHORT" } else { "LONG" }),
                amount("AVGCOSTBASIS", *cost),
                tag("DTPURCHASE", &day(*acquired)),
            ];
            tag("TRANSFER", &format!("{}{}{}", head(None), security_id(*security), rest.concat()))
        }
        Body::Bank { kind, name, amount: moved } => {
            let rest = [
                tag("TRNTYPE", kind),
                tag("DTPOSTED", &moment(transaction.at)),
                amount("TRNAMT", *moved),
                tag("FITID", id),
                tag("NAME", name.as_str()),
                tag("MEMO", &cut(&transaction.memo, LONGEST_MEMO)),
            ];
            tag("INVBANKTRAN", &format!("{}{}", tag("STMTTRN", &rest.concat()), tag("SUBACCTFUND", "CASH")))
        }
    }
}

fn trade_text(head: &str, trade: &Trade) -> String {
    let some = |name: &str, steps: i64| if steps == 0 { String::new() } else { amount(name, steps) };
    let inside = [
        head.to_owned(),
        security_id(trade.security),
        tag("UNITS", plain(trade.units).as_str()),
        tag("UNITPRICE", &decimal(trade.price, COST_PLACES, 2)),
        some("COMMISSION", trade.commission),
        some("FEES", trade.fees),
        amount("TOTAL", trade.total),
        trade.gain.map(|gain| amount("GAIN", gain)).unwrap_or_default(),
        tag("SUBACCTSEC", holder(trade.short)),
        tag("SUBACCTFUND", "CASH"),
    ]
    .concat();
    let (element, aggregate, kind) = match (trade.buys, trade.stock, trade.short) {
        (true, true, false) => ("BUYSTOCK", "INVBUY", "<BUYTYPE>BUY</BUYTYPE>"),
        (true, true, true) => ("BUYSTOCK", "INVBUY", "<BUYTYPE>BUYTOCOVER</BUYTYPE>"),
        (true, false, _) => ("BUYOTHER", "INVBUY", ""),
        (false, true, false) => ("SELLSTOCK", "INVSELL", "<SELLTYPE>SELL</SELLTYPE>"),
        (false, true, true) => ("SELLSTOCK", "INVSELL", "<SELLTYPE>SELLSHORT</SELLTYPE>"),
        (false, false, _) => ("SELLOTHER", "INVSELL", ""),
    };
    tag(element, &format!("{}{kind}", tag(aggregate, &inside)))
}

struct File<'a> {
    export: &'a Export<'a>,
    broker: String,
    account: String,
    as_of: Timestamp,
    walk: Walk,
    base: Currency,
}

const STATUS: &str = "<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>";

impl File<'_> {
    fn head(&self) -> String {
        let (server, broker) = (tag("DTSERVER", &moment(self.as_of)), tag("ORG", &self.broker));
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n\
             <?OFX OFXHEADER=\"200\" VERSION=\"220\" SECURITY=\"NONE\" OLDFILEUID=\"NONE\" NEWFILEUID=\"NONE\"?>\n<OFX>\n\
             <SIGNONMSGSRSV1><SONRS>{STATUS}{server}<LANGUAGE>ENG</LANGUAGE><FI>{broker}</FI></SONRS></SIGNONMSGSRSV1>\n\
             <INVSTMTMSGSRSV1>\n"
        )
    }

    fn statement(
        &self,
        currency: Currency,
        transactions: &str,
        securities: &mut BTreeSet<Symbol>,
        text: &mut String,
    ) -> Result<(), ExportError> {
        let suffix = if currency == self.base { String::new() } else { format!("-{currency}") };
        let account = escaped(&format!("{}{suffix}", self.account));
        let (as_of, start) = (moment(self.as_of), day(self.export.period.from));
        let mut shorts = Wide::ZERO;
        let mut positions = String::new();
        for ((held_in, security, cost_in), units) in &self.walk.held {
            if *cost_in == currency && *units != Wide::ZERO {
                securities.insert(*security);
                let (position, value) = self.position(*held_in, *security, units.narrow()?)?;
                positions.push_str(&position);
                positions.push('\n');
                if value < 0 {
                    shorts += Wide::new(widen(value));
                }
            }
        }
        let mut lines: Vec<&str> = positions.lines().collect();
        lines.sort_by_key(|line| line.split("<UNIQUEID>").nth(1).map(str::to_owned));
        let list =
            if lines.is_empty() { String::new() } else { tag("INVPOSLIST", &format!("\n{}\n", lines.join("\n"))) };
        let balances = self.balances(currency, shorts.narrow()?)?;
        let _ = write!(
            text,
            "<INVSTMTTRNRS>{}{STATUS}\n<INVSTMTRS>{}{}<INVACCTFROM>{}{}</INVACCTFROM>\n\
             <INVTRANLIST>{}{}\n{transactions}</INVTRANLIST>\n{list}\n{balances}\n</INVSTMTRS></INVSTMTTRNRS>\n",
            tag("TRNUID", &account),
            tag("DTASOF", &as_of),
            tag("CURDEF", currency.as_str()),
            tag("BROKERID", &self.broker),
            tag("ACCTID", &account),
            tag("DTSTART", &start),
            tag("DTEND", &as_of),
        );
        Ok(())
    }

    /// A position, and its market value.
    fn position(&self, held_in: AccountCode, security: Symbol, units: i64) -> Result<(String, i64), Overflow> {
        let short = held_in == AccountCode::SHORT_POSITIONS;
        let price = self.export.prices.get(&security).map(|p: &Price| p.raw());
        let contract = held_in == AccountCode::FUTURES;
        let value = match price.filter(|_| !contract) {
            Some(price) => Wide::product(units, price).half_even_to_scale().narrow()?,
            None => 0,
        };
        let memo = match (price, contract.then(|| self.contract(security))) {
            (None, _) => tag("MEMO", "No price is known; UNITPRICE and MKTVAL say nothing"),
            (_, Some(Contract::Perpetual)) => tag("MEMO", "What a perpetual has not paid yet is not in MKTVAL"),
            _ => String::new(),
        };
        let stock = matches!(held_in, AccountCode::LONG_POSITIONS | AccountCode::SHORT_POSITIONS);
        let element = if stock { "POSSTOCK" } else { "POSOTHER" };
        let inside = [
            security_id(security),
            tag("HELDINACCT", holder(short)),
            tag("POSTYPE", if units < 0 { "SHORT" } else { "LONG" }),
            tag("UNITS", plain(units).as_str()),
            amount("UNITPRICE", price.unwrap_or(0)),
            amount("MKTVAL", value),
            tag("DTPRICEASOF", &moment(self.as_of)),
            memo,
        ];
        Ok((tag(element, &tag("INVPOS", &inside.concat())), value))
    }

    fn balances(&self, currency: Currency, shorts: i64) -> Result<String, ExportError> {
        let mut list = String::new();
        let mut all = Wide::ZERO;
        for account in CASH {
            let sum = self.walk.cash.get(&(currency, account)).copied().unwrap_or_default();
            all += sum;
            let name = self.export.journal.accounts.get(&account).map_or("Cash", String::as_str);
            let rest = [
                tag("NAME", &cut(name, 32)),
                tag("DESC", &cut(&format!("{name} in {currency}"), 80)),
                tag("BALTYPE", "DOLLAR"),
                amount("VALUE", sum.narrow()?),
                tag("DTASOF", &moment(self.as_of)),
            ];
            list.push_str(&tag("BAL", &rest.concat()));
        }
        let rest = [
            amount("AVAILCASH", all.narrow()?),
            amount("MARGINBALANCE", 0),
            amount("SHORTBALANCE", shorts),
            tag("BALLIST", &list),
        ];
        Ok(tag("INVBAL", &rest.concat()))
    }

    /// Postings about a symbol.
    fn about(&self, security: Symbol, wanted: fn(AccountCode) -> bool) -> bool {
        let mut postings = self.export.until_end().flat_map(|e| &e.draft.postings);
        postings.any(|p| {
            let held = p.holding.is_some_and(|h| h.commodity == security) && p.account.is_position();
            wanted(p.account) && (held || p.tags.instrument == Some(security))
        })
    }

    /// As told, otherwise as its gains and payments say.
    fn contract(&self, security: Symbol) -> Contract {
        let told = self.export.instruments.get(&security).and_then(|i| i.contract);
        let perpetual = |a: AccountCode| {
            matches!(a, AccountCode::GAINS_PERPETUALS | AccountCode::FUNDING | AccountCode::CASH_DERIVATIVES)
        };
        told.unwrap_or(if self.about(security, perpetual) { Contract::Perpetual } else { Contract::Future })
    }

    fn security(&self, security: Symbol) -> String {
        let known = self.export.instruments.get(&security);
        let name = known.and_then(|i| i.name.clone()).unwrap_or_else(|| security.to_string());
        let (name, ticker) = (tag("SECNAME", &cut(&name, 120)), tag("TICKER", security.as_str()));
        let kind = if self.about(security, |a| a == AccountCode::FUTURES) {
            let multiplier = known.and_then(|i| i.multiplier).map(|m| plain(m.raw()).as_str().to_owned());
            let times = multiplier.or_else(|| self.multiplier(security)).map(|m| format!(" x {m}")).unwrap_or_default();
            let word = if self.contract(security) == Contract::Future { "FUTURE" } else { "PERPETUAL" };
            format!("{word}{times}")
        } else if self.about(security, |a| a == AccountCode::COINS) {
            "CRYPTO".to_owned()
        } else {
            let info = tag("SECINFO", &format!("{}{name}{ticker}", security_id(security)));
            return format!("{}\n", tag("STOCKINFO", &info));
        };
        let memo = tag("MEMO", &escaped(&kind));
        let info = tag("SECINFO", &format!("{}{name}{ticker}{memo}", security_id(security)));
        format!("{}\n", tag("OTHERINFO", &format!("{info}<ASSETCLASS>OTHER</ASSETCLASS>")))
    }

    /// The multiplier that an entry about a contract states.
    fn multiplier(&self, security: Symbol) -> Option<String> {
        let about = |e: &&Entry| e.draft.postings.iter().any(|p| p.tags.instrument == Some(security));
        let stated = |e: &Entry| e.draft.facts.get("multiplier").and_then(Fact::as_str).map(str::to_owned);
        self.export.until_end().filter(about).find_map(stated)
    }
}
