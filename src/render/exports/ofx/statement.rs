//! Statements read back, as far as the checker asks.

use desk::domain::decimal::parse_steps;
use desk::domain::wide::Wide;

use super::xml::Element;

/// Elements that are transactions.
const TRANSACTIONS: [&str; 10] = [
    "BUYSTOCK",
    "SELLSTOCK",
    "BUYOTHER",
    "SELLOTHER",
    "INCOME",
    "INVEXPENSE",
    "MARGININTEREST",
    "SPLIT",
    "TRANSFER",
    "INVBANKTRAN",
];

/// A statement.
pub(super) struct Statement {
    pub(super) account: String,
    pub(super) currency: String,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) transactions: Vec<Transaction>,
    pub(super) positions: Vec<Position>,
    /// AVAILCASH, SHORTBALANCE.
    pub(super) cash: i64,
    pub(super) shorts: i64,
    /// The values of BALLIST.
    pub(super) balances: Vec<i64>,
}

/// A transaction.
pub(super) struct Transaction {
    pub(super) element: String,
    pub(super) id: String,
    pub(super) at: String,
    pub(super) settles: Option<String>,
    /// The FITID that it reverses.
    pub(super) reverses: Option<String>,
    pub(super) security: Option<String>,
    /// BUYTYPE, SELLTYPE or POSTYPE.
    pub(super) kind: String,
    pub(super) short: bool,
    /// Old and new units of a split, otherwise nothing and the units moved.
    pub(super) units: (i64, i64),
    /// New and old parts of a split.
    pub(super) ratio: Option<(i64, i64)>,
    pub(super) price: Wide,
    pub(super) commission: i64,
    pub(super) fees: i64,
    /// TOTAL or TRNAMT: the cash moved.
    pub(super) total: i64,
}

/// A position.
pub(super) struct Position {
    pub(super) security: String,
    pub(super) held_in: String,
    pub(super) side: String,
    pub(super) units: i64,
    pub(super) price: Wide,
    pub(super) value: i64,
}

/// What is missing or no number, by place.
type Wrong = (String, String);

/// The statement of a `INVSTMTRS`.
pub(super) fn statement(element: &Element) -> Result<Statement, Wrong> {
    let account = text(element, "ACCTID", "a statement")?;
    let list = element.child("INVTRANLIST").ok_or_else(|| missing(&account, "INVTRANLIST"))?;
    let mut transactions = Vec::new();
    for child in list.children.iter().filter(|c| !matches!(c.name.as_str(), "DTSTART" | "DTEND")) {
        if !TRANSACTIONS.contains(&child.name.as_str()) {
            return Err((account, format!("{} is no transaction that this checker knows", child.name)));
        }
        transactions.push(transaction(child)?);
    }
    let held = element.child("INVPOSLIST").map(|l| l.children.iter().map(position).collect()).transpose()?;
    let balance = element.child("INVBAL").ok_or_else(|| missing(&account, "INVBAL"))?;
    let listed = balance.all("BAL");
    Ok(Statement {
        currency: text(element, "CURDEF", &account)?,
        start: text(list, "DTSTART", &account)?,
        end: text(list, "DTEND", &account)?,
        transactions,
        positions: held.unwrap_or_default(),
        cash: figure(balance, "AVAILCASH", &account)?,
        shorts: figure(balance, "SHORTBALANCE", &account)?,
        balances: listed.iter().map(|b| figure(b, "VALUE", &account)).collect::<Result<_, _>>()?,
        account,
    })
}

fn transaction(element: &Element) -> Result<Transaction, Wrong> {
    let id = text(element, "FITID", &element.name)?;
    let bank = element.name == "INVBANKTRAN";
    let trade = element.find("INVBUY").or_else(|| element.find("INVSELL")).is_some();
    let moves = trade || element.name == "TRANSFER";
    let split = element.name == "SPLIT";
    let optional = |name: &str| element.find(name).map_or(Ok(0), |_| figure(element, name, &id));
    let needed = |name: &str, needed: bool| if needed { figure(element, name, &id) } else { Ok(0) };
    let ratio = if split { Some((needed("NUMERATOR", true)?, needed("DENOMINATOR", true)?)) } else { None };
    let units =
        if split { (needed("OLDUNITS", true)?, needed("NEWUNITS", true)?) } else { (0, needed("UNITS", moves)?) };
    let total = match (bank, split || element.name == "TRANSFER") {
        (true, _) => figure(element, "TRNAMT", &id)?,
        (false, true) => 0,
        (false, false) => figure(element, "TOTAL", &id)?,
    };
    let price = if trade { price(element, &id)? } else { Wide::ZERO };
    let security = match element.find("SECID") {
        Some(found) => Some(text(found, "UNIQUEID", &id)?),
        None if bank || element.name == "MARGININTEREST" => None,
        None => return Err(missing(&id, "SECID")),
    };
    let memo = element.text("MEMO").unwrap_or_default();
    let kind = ["BUYTYPE", "SELLTYPE", "POSTYPE"].iter().find_map(|name| element.text(name)).unwrap_or_default();
    Ok(Transaction {
        element: element.name.clone(),
        at: text(element, if bank { "DTPOSTED" } else { "DTTRADE" }, &id)?,
        settles: element.text("DTSETTLE").map(str::to_owned),
        reverses: memo.strip_prefix("Reverses FITID ").and_then(|m| m.split('.').next()).map(str::to_owned),
        security,
        kind: kind.to_owned(),
        short: element.text("SUBACCTSEC") == Some("SHORT"),
        units,
        ratio,
        price,
        commission: optional("COMMISSION")?,
        fees: optional("FEES")?,
        total,
        id,
    })
}

fn position(element: &Element) -> Result<Position, Wrong> {
    let security = text(element, "UNIQUEID", &element.name)?;
    Ok(Position {
        held_in: text(element, "HELDINACCT", &security)?,
        side: text(element, "POSTYPE", &security)?,
        units: figure(element, "UNITS", &security)?,
        price: price(element, &security)?,
        value: figure(element, "MKTVAL", &security)?,
        security,
    })
}

fn missing(place: &str, name: &str) -> Wrong {
    (place.to_owned(), format!("{name} is missing"))
}

fn text(element: &Element, name: &str, place: &str) -> Result<String, Wrong> {
    element.text(name).filter(|t| !t.is_empty()).map(str::to_owned).ok_or_else(|| missing(place, name))
}

fn figure(element: &Element, name: &str, place: &str) -> Result<i64, Wrong> {
    let text = text(element, name, place)?;
    parse_steps(text.as_bytes()).map_err(|e| (place.to_owned(), format!("{name} {text:?} {e}")))
}

/// A price at 10⁻¹².
fn price(element: &Element, place: &str) -> Result<Wide, Wrong> {
    let text = text(element, "UNITPRICE", place)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{fraction:0<12}");
    let plain = fraction.len() <= 12 && !whole.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let steps = if plain { digits.parse().ok() } else { None };
    steps.map(Wide::new).ok_or_else(|| (place.to_owned(), format!("UNITPRICE {text:?} is no price")))
}
