//! What a statement says was held at its end, against the books (LEDG-9).

use tbot::render::exports::{Format, Journal};
use tbot::render::imports::{Asked, Asset, Closed, held};

use super::all;
use crate::exports::samples::{bare, parts};

fn closed(journal: &Journal, text: &str) -> Option<Closed> {
    held(text.as_bytes(), &Asked::default(), &journal.entries, journal.base_currency).unwrap().matching.closed
}

/// What differs, as `asset by steps`.
fn differing(journal: &Journal, text: &str) -> Vec<(String, i64)> {
    let closed = closed(journal, text).expect("it says what is held");
    closed.differing().map(|s| (s.asset.to_string(), s.difference())).collect()
}

#[test]
fn ledg_9_positions_and_cash_of_our_own_ofx_are_those_of_the_books() {
    let whole = all().into_iter().map(|(name, journal)| {
        let days = journal.days().unwrap();
        (name, journal, days)
    });
    let mut compared = 0;
    for (name, journal, period) in whole.chain(parts()) {
        let closed = closed(&journal, &bare(&journal, period, Format::Ofx)).unwrap();
        assert_eq!(closed.differing().collect::<Vec<_>>(), Vec::<&_>::new(), "{name}");
        assert!(matches!(closed.standings[0].asset, Asset::Cash(_)), "{name}");
        compared += closed.standings.len();
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn ledg_9_each_planted_position_and_cent_is_found_as_itself() {
    for (name, journal) in all() {
        let file = bare(&journal, journal.days().unwrap(), Format::Ofx);
        let cash = between(&file, "<AVAILCASH>");
        let raised = file.replacen(&format!("<AVAILCASH>{cash}"), &format!("<AVAILCASH>{}", one_more(cash)), 1);
        let off = differing(&journal, &raised);
        assert!(off.len() == 1 && off[0].0.ends_with(" cash") && off[0].1 == 100_000_000, "{name}: {off:?}");

        let Some((before, list)) = file.split_once("<INVPOSLIST>") else { continue };
        let (list, after) = list.split_once("</INVPOSLIST>").unwrap();
        let (id, units) = (between(list, "<UNIQUEID>"), between(list, "<UNITS>"));
        let with = |list: &str| format!("{before}<INVPOSLIST>{list}</INVPOSLIST>{after}");
        let more = list.replacen(&format!("<UNITS>{units}"), &format!("<UNITS>{}", one_more(units)), 1);
        assert_eq!(differing(&journal, &with(&more)), [(id.to_owned(), 100_000_000)], "{name}");
        let steps: f64 = units.parse().unwrap();
        let gone: String = list.lines().filter(|l| !l.contains(&format!("<UNIQUEID>{id}<"))).collect();
        let off = differing(&journal, &with(&gone));
        assert!(off.len() == 1 && off[0].0 == id && (off[0].1 > 0) == (steps < 0.0), "{name}: {off:?}");
        let strange = list.lines().find(|l| !l.is_empty()).unwrap().replace(&format!(">{id}<"), ">STRANGE<");
        let off = differing(&journal, &with(&format!("{list}{strange}")));
        assert!(off.len() == 1 && off[0].0 == "STRANGE", "{name}: {off:?}");
    }
}

fn between<'a>(text: &'a str, tag: &str) -> &'a str {
    text.split_once(tag).unwrap().1.split('<').next().unwrap()
}

/// The same figure and one more of it.
fn one_more(figure: &str) -> String {
    let (sign, bare) = figure.strip_prefix('-').map_or((1, figure), |bare| (-1, bare));
    let (whole, rest) = bare.split_once('.').map_or((bare, String::new()), |(w, r)| (w, format!(".{r}")));
    let whole = sign * whole.parse::<i64>().unwrap();
    assert!(whole != 0 || sign > 0, "{figure}");
    format!("{}{rest}", whole + 1)
}

/// Brokers say it in their own ways.
#[test]
fn ledg_9_closing_balances_are_read_as_brokers_write_them() {
    let security = |id: &str| format!("<SECID><UNIQUEID>{id}</UNIQUEID><UNIQUEIDTYPE>TICKER</UNIQUEIDTYPE></SECID>");
    let position = |id: &str, way: &str, units: &str| {
        let inside =
            format!("{}<HELDINACCT>CASH</HELDINACCT><POSTYPE>{way}</POSTYPE><UNITS>{units}</UNITS>", security(id));
        format!("<POSSTOCK><INVPOS>{inside}</INVPOS></POSSTOCK>")
    };
    let investment = |at: &str, rest: &str| {
        let list = "<INVTRANLIST><DTSTART>20260601</DTSTART><DTEND>20260630</DTEND></INVTRANLIST>";
        format!(
            "<INVSTMTRS><DTASOF>{at}</DTASOF><CURDEF>USD</CURDEF><INVACCTFROM><ACCTID>A</ACCTID></INVACCTFROM>{list}{rest}</INVSTMTRS>"
        )
    };
    let cash = "<INVBAL><AVAILCASH>0.00</AVAILCASH><MARGINBALANCE>-12.50</MARGINBALANCE></INVBAL>";
    let bank = "<STMTRS><CURDEF>USD</CURDEF><BANKACCTFROM><ACCTID>B</ACCTID></BANKACCTFROM><BANKTRANLIST><DTSTART>20260601</DTSTART><DTEND>20260630</DTEND></BANKTRANLIST><LEDGERBAL><BALAMT>7.25</BALAMT><DTASOF>20260630</DTASOF></LEDGERBAL></STMTRS>";
    let cases: [(String, &str, Option<&str>); 6] = [
        (investment("20260630", cash), "USD cash -12.50", Some("2026-06-30T23:59:59Z")),
        (
            investment(
                "20260630160000[-5:EST]",
                &format!("<INVPOSLIST>{}</INVPOSLIST>", position("BRVO", "SHORT", "40")),
            ),
            "BRVO -40",
            Some("2026-06-30T21:00:00Z"),
        ),
        (
            investment(
                "20260630",
                &format!(
                    "<INVPOSLIST>{}{}</INVPOSLIST>",
                    position("ACME", "LONG", "3.5"),
                    position("ACME", "LONG", "1")
                ),
            ),
            "ACME 4.5",
            Some("2026-06-30T23:59:59Z"),
        ),
        (bank.to_owned(), "USD cash 7.25", Some("2026-06-30T23:59:59Z")),
        (investment("20260630", cash) + bank, "USD cash -5.25", Some("2026-06-30T23:59:59Z")),
        (investment("20260629", cash) + bank, "", None),
    ];
    let mut journal = all().remove(0).1;
    journal.entries.clear();
    for (statements, says, at) in cases {
        let found = closed(&journal, &format!("<OFX>{statements}</OFX>"));
        assert_eq!(found.as_ref().map(|c| c.at.to_string()).as_deref(), at, "{statements}");
        let said = found.map(|c| c.standings).unwrap_or_default();
        let said: Vec<String> = said.iter().map(|s| format!("{} {}", s.asset, s.asset.figure(s.statement))).collect();
        assert_eq!(said.join(", "), says, "{statements}");
    }
}
