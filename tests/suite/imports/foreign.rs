//! Statements of other programs: a broker's CSV with execution ids, or none; OFX as others write it.

use std::fmt::Write as _;

use tbot::render::imports::{Basis, Field, Mapping, Reading, WINDOW, matched};

use super::{all, booked, held_against, statement};
use crate::exports::samples::journal;

fn csv_of(journal: &tbot::render::exports::Journal) -> String {
    let mut text = String::from("Day;What;Units;Price;Cash;Currency\n");
    for stated in statement(journal, false) {
        let l = stated.line;
        let comma = |text: String| text.replace('.', ",");
        let (y, m, d) = l.date.ymd();
        let _ = writeln!(
            text,
            "{d:02}.{m:02}.{y};{};{};{};{};{}",
            l.instrument.unwrap_or_default(),
            comma(l.units.map(|u| u.to_string()).unwrap_or_default()),
            comma(l.price.map(|p| p.to_string()).unwrap_or_default()),
            comma(l.amount.map(|a| a.to_string()).unwrap_or_default()),
            l.currency,
        );
    }
    text
}

#[test]
fn ledg_9_a_brokers_csv_without_ids_matches_by_what_it_says() {
    let mapping = "date = Day\ninstrument = What\nunits = Units\nprice = Price\namount = Cash\ncurrency = Currency\n\
                   dates = day.month.year\ndecimals = comma\nseparator = semicolon";
    let reading = Reading { mapping: Mapping::parse(mapping).unwrap(), ..Reading::default() };
    for (name, journal) in all() {
        let found = held_against(&csv_of(&journal), &reading, &journal);
        assert!(found.agrees(), "{name}: {found:#?}");
        assert!(found.matched.iter().all(|p| p.basis == Basis::Fields), "{name}");
    }
}

#[test]
fn ledg_9_one_execution_that_closes_and_opens_is_one_line_of_a_broker() {
    let journal = journal("books-example");
    let days = journal.days().unwrap();
    let through = journal.entries.iter().find(|e| {
        booked(&journal).iter().filter(|b| b.seq == e.seq && b.line.units.is_some()).count() == 2
            && e.draft.description.contains("250")
    });
    let through = through.expect("entry 64: a sale through zero");
    let date = through.draft.effective_at.utc_date();
    let text = format!("date,id,instrument,units,price,amount\n{date},{},", through.draft.source_key);
    let instrument = through.draft.postings[0].tags.instrument.unwrap();
    let reading = Reading::default();
    let one = |rest: &str| {
        let (_, statement) =
            tbot::render::imports::read(format!("{text}{rest}\n").as_bytes(), &reading, journal.base_currency).unwrap();
        matched(&statement.lines, &booked(&journal), days, WINDOW).unwrap()
    };
    let found = one(&format!("{instrument},-250,49.90,12473.75"));
    let [pair] = found.matched.as_slice() else { panic!("{:?}", found.differing) };
    assert_eq!((pair.basis, pair.booked.len()), (Basis::Id, 2));
    let found = one(&format!("{instrument},-250,49.91,12476.25"));
    let [pair] = found.differing.as_slice() else { panic!("{:?}", found.statement_only) };
    let said: Vec<_> = pair.differences.iter().map(|d| (d.field, d.by.clone().unwrap())).collect();
    assert_eq!(said, [(Field::Price, "0.01".to_owned()), (Field::Amount, "2.50".to_owned())]);
}

#[test]
fn ledg_9_ofx_as_others_write_it_is_read() {
    // Securities by their CUSIP, times of the exchange, a bank statement beside it, an element between sub-accounts.
    let text = "<?xml version=\"1.0\"?><OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><CURDEF>USD</CURDEF>
<INVACCTFROM><BROKERID>b</BROKERID><ACCTID>U1</ACCTID></INVACCTFROM><INVTRANLIST><DTSTART>20260601</DTSTART><DTEND>20260630</DTEND>
<BUYSTOCK><INVBUY><INVTRAN><FITID>t1</FITID><DTTRADE>20260601203000[-5:EST]</DTTRADE></INVTRAN>
<SECID><UNIQUEID>023135106</UNIQUEID><UNIQUEIDTYPE>CUSIP</UNIQUEIDTYPE></SECID><UNITS>10</UNITS><UNITPRICE>49.8</UNITPRICE>
<TOTAL>-498</TOTAL></INVBUY><BUYTYPE>BUY</BUYTYPE></BUYSTOCK>
<JRNLFUND><INVTRAN><FITID>j1</FITID><DTTRADE>20260602</DTTRADE></INVTRAN><TOTAL>5</TOTAL></JRNLFUND>
<INVBANKTRAN><STMTTRN><TRNTYPE>FEE</TRNTYPE><DTPOSTED>20260603</DTPOSTED><TRNAMT>-0.32</TRNAMT><FITID>f1</FITID><NAME>SEC fee</NAME></STMTTRN><SUBACCTFUND>CASH</SUBACCTFUND></INVBANKTRAN>
</INVTRANLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1>
<SECLISTMSGSRSV1><SECLIST><STOCKINFO><SECINFO><SECID><UNIQUEID>023135106</UNIQUEID><UNIQUEIDTYPE>CUSIP</UNIQUEIDTYPE></SECID><SECNAME>A</SECNAME><TICKER>ACME</TICKER></SECINFO></STOCKINFO></SECLIST></SECLISTMSGSRSV1></OFX>";
    let usd = desk::domain::symbol::Currency::USD;
    let (_, read) = tbot::render::imports::read(text.as_bytes(), &Reading::default(), usd).unwrap();
    assert_eq!(
        (read.accounts.as_slice(), read.left_out.as_slice()),
        (&["U1".to_owned()][..], &[("JRNLFUND".to_owned(), 1)][..])
    );
    let said: Vec<String> = read
        .lines
        .iter()
        .map(|s| {
            let l = &s.line;
            format!("{} {} {:?} {}", s.place, l.date, l.instrument, l.amount.unwrap())
        })
        .collect();
    assert_eq!(said, ["1 2026-06-02 Some(\"ACME\") -498.00", "2 2026-06-03 None -0.32"]);
    for (planted, says) in [
        ("<UNITS>10</UNITS>|<UNITS>ten</UNITS>", "line 4, UNITS: \"ten\" cannot be read"),
        ("<TOTAL>-498</TOTAL></INVBUY>|</INVBUY>", ""),
        ("<CURDEF>USD</CURDEF>|<CURDEF>dollar</CURDEF>", "line 1, CURDEF: \"dollar\""),
        ("<TRNAMT>-0.32</TRNAMT>|", "line 7, TOTAL of INVBANKTRAN: a value is needed"),
        ("20260603</DTPOSTED>|20260633</DTPOSTED>", "line 7, DTPOSTED"),
    ] {
        let (from, to) = planted.split_once('|').unwrap();
        let read = tbot::render::imports::read(text.replace(from, to).as_bytes(), &Reading::default(), usd);
        let said = read.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(said.contains(says) && said.is_empty() == says.is_empty(), "{planted}: {said}");
    }
}
