//! One book, row by row: chart, entries with postings and closings, events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::AnyConnection;

use crate::rows::{CHART, compare, found, rows};
use crate::sums::Sums;
use crate::values::{base32, hex, nanos, session, sha256, steps, text};
use crate::{Verified, Wrong};

/// What was seen of a book so far.
#[derive(Default)]
struct Walk<'a> {
    book: i64,
    calendar: &'a str,
    hash: [u8; 32],
    booked_at: i64,
    sums: Sums,
    sources: BTreeSet<(String, String)>,
    reversed: BTreeSet<i64>,
    /// By session: how often it was closed, and the hash of the last record.
    closings: BTreeMap<i64, (i64, Value)>,
    /// The closed days; of the last one whose sums were drawn up from its own entries, these sums: later ones go on from there.
    closed: BTreeMap<i64, Option<Sums>>,
    last_record: String,
    /// After which entries the chart was changed.
    changed: Vec<i64>,
    /// Each day, with what no record covers of it yet: the first entry, how many, and their postings.
    days: BTreeMap<i64, [i64; 3]>,
    /// Whether the last close was of a day before the latest.
    crossed: bool,
    done: Verified,
}

/// A day of which nothing is left to be covered.
const COVERED: [i64; 3] = [i64::MAX, 0, 0];

/// Walks a book.
pub(crate) async fn book(c: &mut AnyConnection, book: i64, identity: &str, calendar: &str) -> Result<Verified, Wrong> {
    let chart = "SELECT code, name, type, side, holds, items, open FROM account WHERE book = $1 AND version > $2 AND version = 1 ORDER BY code";
    let accounts = rows(c, chart, book, 0).await?;
    let hash = hex(&sha256(&[Value::from(accounts).to_string().as_bytes()]));
    compare("account", format!("{book}/version 1"), &json!({ "hash": hash }), &json!({ "hash": CHART }))?;
    let asked = "SELECT bytes FROM event WHERE book = $1 AND seq > $2 AND kind = 'chart_changed' ORDER BY seq";
    let changes: Vec<Value> = rows(c, asked, book, 0).await?.iter().map(told).collect();
    let (done, last_record) = (Verified { identity: identity.to_owned(), ..Verified::default() }, "0".repeat(64));
    let changed = changes.iter().filter_map(|change| change["data"]["after"].as_i64()).collect();
    let mut walk = Walk { book, calendar, last_record, changed, done, ..Walk::default() };
    let entries = "SELECT * FROM entry WHERE book = $1 AND seq > $2 ORDER BY seq LIMIT 500";
    let mut page = rows(c, entries, book, 0).await?;
    while !page.is_empty() {
        for row in page {
            walk.entry(c, &row).await?;
        }
        page = rows(c, entries, book, walk.done.entries.0).await?;
    }
    walk.done.events = events(c, book).await?;
    // Each later version of the chart says what its event says.
    let asked = "SELECT * FROM account WHERE book = $1 AND version > $2 ORDER BY version, code";
    let stored = rows(c, asked, book, 1).await?;
    for (at, change) in changes.iter().enumerate() {
        let mut want = Value::Object(change["data"]["account"].as_object().cloned().unwrap_or_default());
        want["code"] = text(&want, "code").parse::<i64>().ok().into();
        (want["version"], want["event"]) = (change["data"]["version"].clone(), change["seq"].clone());
        [want["items"], want["open"]] = ["items", "open"].map(|flag| i64::from(want[flag] == true).into());
        compare("account", &want["version"], stored.get(at).unwrap_or(&Value::Null), &want)?;
    }
    compare("account", "later versions", &json!({ "rows": stored.len() }), &json!({ "rows": changes.len() }))?;
    Ok(walk.done)
}

/// What the bytes of a row say.
fn told(row: &Value) -> Value {
    serde_json::from_str(text(row, "bytes")).unwrap_or_default()
}

/// A link of a chain: the hash of a row's bytes behind the one before it, and what the bytes say.
fn link(table: &str, row: &Value, seq: i64, before: [u8; 32]) -> Result<([u8; 32], Value), Wrong> {
    let bytes = text(row, "bytes").as_bytes();
    match serde_json::from_slice::<Value>(bytes) {
        Ok(said) if said["v"] == 1 => Ok((sha256(&[before.as_slice(), bytes]), said)),
        Ok(said) => found(table, seq, format!("its bytes are of version {}", said["v"])),
        Err(e) => found(table, seq, e),
    }
}

async fn events(c: &mut AnyConnection, book: i64) -> Result<(i64, String), Wrong> {
    let (mut seq, mut hash, mut last) = (0_i64, [0; 32], i64::MIN);
    loop {
        let events = "SELECT * FROM event WHERE book = $1 AND seq > $2 ORDER BY seq LIMIT 1000";
        let page = rows(c, events, book, seq).await?;
        if page.is_empty() {
            return Ok((seq, hex(&hash)));
        }
        for row in page {
            seq = seq.saturating_add(1);
            let (next, said) = link("event", &row, seq, hash)?;
            let at = nanos(text(&said, "at"));
            let expected = json!({ "seq": seq, "at": at, "kind": said["kind"], "version": said["v"], "previous": hex(&hash), "hash": hex(&next) });
            compare("event", seq, &row, &expected)?;
            if said["seq"] != seq || at.is_some_and(|at| at < last) {
                return found("event", seq, "its bytes belong elsewhere in the log");
            }
            (hash, last) = (next, at.unwrap_or(last));
        }
    }
}

impl Walk<'_> {
    /// Verifies the next entry with its postings, and the closing that it seals.
    async fn entry(&mut self, c: &mut AnyConnection, row: &Value) -> Result<(), Wrong> {
        let seq = self.done.entries.0.saturating_add(1);
        let (hash, entry) = link("entry", row, seq, self.hash)?;
        let (kind, key) = (text(&entry, "kind"), text(&entry, "source_key"));
        let count = entry["postings"].as_array().map_or(0, |all| i64::try_from(all.len()).unwrap_or(i64::MAX));
        let day = session(text(&entry, "session"), self.calendar).unwrap_or(0);
        let id = [&self.done.identity, "\n", kind, "\n", key].map(str::as_bytes);
        let expected = json!({
            "seq": seq, "entry_id": base32(sha256(&id)), "kind": kind, "source_key": key, "session": day,
            "effective_at": nanos(text(&entry, "effective_at")), "booked_at": nanos(text(&entry, "booked_at")),
            "reverses": entry["reverses"], "corrects": entry["corrects"], "postings": count,
            "previous": hex(&self.hash), "hash": hex(&hash),
        });
        compare("entry", seq, row, &expected)?;
        self.out_of_place(&entry, seq, day, count)?;
        self.booked_at = row["booked_at"].as_i64().unwrap_or(0);
        self.postings(c, seq, &entry, day).await?;
        match kind {
            "day_close" => self.closing(c, seq, &entry, day).await?,
            "unlock" => self.closed.retain(|closed, _| *closed < day),
            _ => {}
        }
        self.sums.add(&entry);
        let of = self.days.entry(day).or_insert(COVERED);
        *of = [seq.min(of[0]), of[1].saturating_add(1), of[2].saturating_add(count)];
        self.hash = hash;
        self.done.postings = self.done.postings.saturating_add(count);
        self.done.entries = (seq, hex(&hash));
        Ok(())
    }

    /// What no single row shows: order, repeats, closed sessions.
    fn out_of_place(&mut self, entry: &Value, seq: i64, day: i64, postings: i64) -> Result<(), Wrong> {
        let (kind, key) = (text(entry, "kind"), text(entry, "source_key"));
        let memo = matches!(kind, "wash_sale" | "day_close" | "unlock");
        let names = [entry["reverses"].as_i64(), entry["corrects"].as_i64()];
        let reversal =
            names[0].is_some_and(|of| !self.reversed.insert(of)) || names[0].is_some() != (kind == "reversal");
        let older = nanos(text(entry, "booked_at")).is_none_or(|at| at < self.booked_at);
        let said = match () {
            () if entry["seq"] != seq || entry["entry_id"].is_null() => "its bytes belong elsewhere in the journal",
            () if memo != (postings == 0) || postings == 1 => "a memo has no postings, any other entry at least two",
            () if !self.sources.insert((kind.to_owned(), key.to_owned())) => "the same fact is booked twice",
            () if reversal => "it undoes what is undone already, or is no reversal",
            () if names.into_iter().flatten().any(|of| of < 1 || of >= seq) => "it names no entry before it",
            () if older => "it is older than the one before",
            () if kind != "unlock" && self.closed.range(day..).next().is_some() => "its session was closed",
            () => return Ok(()),
        };
        found("entry", seq, said)
    }

    async fn postings(&self, c: &mut AnyConnection, seq: i64, entry: &Value, day: i64) -> Result<(), Wrong> {
        let stored =
            rows(c, "SELECT * FROM posting WHERE book = $1 AND seq = $2 ORDER BY line", self.book, seq).await?;
        let said = entry["postings"].as_array().map_or(&[][..], Vec::as_slice);
        compare("entry", seq, &json!({ "postings": stored.len() }), &json!({ "postings": said.len() }))?;
        let mut sums: BTreeMap<(&str, &str), i128> = BTreeMap::new();
        for (row, p) in stored.iter().zip(said) {
            let mut expected = Value::Object(p.as_object().cloned().unwrap_or_default());
            expected["session"] = day.into();
            expected["account"] = text(p, "account").parse::<i64>().ok().into();
            for (of, field) in [("currency", "amount"), ("commodity", "units")] {
                let steps = steps(text(p, field)).filter(|_| !p[field].is_null());
                expected[field] = steps.into();
                let sum = sums.entry((field, text(p, of))).or_default();
                *sum = sum.saturating_add(steps.unwrap_or(0).into());
            }
            compare("posting", format!("{seq}/{}", row["line"]), row, &expected)?;
        }
        match sums.iter().find(|(_, sum)| **sum != 0) {
            Some(((field, of), _)) => found("entry", seq, format!("{field} of {of} do not sum to zero")),
            None => Ok(()),
        }
    }

    /// The record of a day's close, and the rows that it covers.
    async fn closing(&mut self, c: &mut AnyConnection, seq: i64, entry: &Value, day: i64) -> Result<(), Wrong> {
        let asked = "SELECT * FROM closing_record WHERE book = $1 AND seq = $2";
        let stored = rows(c, asked, self.book, seq).await?.pop().unwrap_or_default();
        let hash = hex(&sha256(&[text(&stored, "bytes").as_bytes()]));
        let before = self.closings.get(&day).map_or((0, Value::Null), Clone::clone);
        let n = before.0.saturating_add(1);
        compare("closing_record", seq, &stored, &json!({ "session": day, "n": n, "hash": entry["facts"]["record"] }))?;
        let record = told(&stored);
        // A later day has entries already, or had some when one before this was closed.
        let later = self.days.last_key_value().is_some_and(|(latest, _)| *latest > day);
        let own = if later || self.crossed { Some(self.through(c, seq, day).await?) } else { None };
        let sums = own.as_ref().unwrap_or(&self.sums);
        let (balances, lots) = (sums.balances(), sums.lots());
        let mut covered = [seq, 0, 0];
        for of in self.days.range_mut(..=day).map(|(_, of)| std::mem::replace(of, COVERED)) {
            covered = [covered[0].min(of[0]), covered[1].saturating_add(of[1]), covered[2].saturating_add(of[2])];
        }
        let json = |value: &Value| hex(&sha256(&[value.to_string().as_bytes()]));
        // Version 1 had no price list.
        let (v, prices) = if record["v"] == 1 { (1, Value::Null) } else { (2, json(&record["prices"]).into()) };
        let expected = json!({
            "v": v, "prices_hash": prices, "equity": entry["facts"]["equity"], "identity": self.done.identity, "session": entry["session"], "n": n, "replaces": before.1, "next_session": entry["facts"]["next_session"], "closed_at": entry["effective_at"], "entry_version": 1, "schema": 1,
            "first_seq": covered[0], "last_seq": seq.saturating_sub(1), "entries": covered[1], "postings": covered[2],
            "last_hash": hex(&self.hash), "previous_record": self.last_record,
            "chart": self.changed.iter().filter(|after| **after < seq).count().saturating_add(1),
            "closing_balances": json(&balances), "closing_lots": json(&lots), "broker_hash": json(&record["broker"]),
        });
        compare("closing_record", seq, &record, &expected)?;
        compare("closing_record", seq, &json!({ "hash": entry["facts"]["record"] }), &json!({ "hash": hash }))?;
        for (table, asked, computed) in [
            ("closing_balance", "SELECT * FROM closing_balance WHERE book = $1 AND seq = $2 ORDER BY line", &balances),
            ("closing_lot", "SELECT * FROM closing_lot WHERE book = $1 AND seq = $2 ORDER BY line", &lots),
        ] {
            let stored = rows(c, asked, self.book, seq).await?;
            let computed = computed.as_array().map_or(&[][..], Vec::as_slice);
            compare(table, seq, &json!({ "rows": stored.len() }), &json!({ "rows": computed.len() }))?;
            for ((row, want), line) in stored.iter().zip(computed).zip(1_i64..) {
                let mut want = want.clone();
                want["line"] = line.into();
                want["account"] = text(&want, "account").parse::<i64>().ok().into();
                for field in ["amount", "units", "cost", "reference"] {
                    want[field] = want[field].as_str().and_then(steps).into();
                }
                // Where there is no commodity the column holds a zero; a lot's row does not tell whose it is.
                match table {
                    "closing_lot" => want["strategy"] = Value::Null,
                    _ => want["units"] = want["units"].as_i64().unwrap_or(0).into(),
                }
                compare(table, format!("{seq}/{}", row["line"]), row, &want)?;
            }
        }
        self.last_record.clone_from(&hash);
        self.closings.insert(day, (n, hash.into()));
        self.closed.insert(day, own);
        self.crossed = later;
        Ok(())
    }

    /// The sums at the end of a day, of what was booked before an entry: day by day, later days left out. A closed day takes nothing
    /// more, so that each entry is read once for all late closes, unless its day is opened again.
    async fn through(&mut self, c: &mut AnyConnection, seq: i64, day: i64) -> Result<Sums, Wrong> {
        let base = self.closed.iter_mut().rev().find_map(|(of, sums)| Some((*of, sums.take()?)));
        let (from, mut sums) = base.unwrap_or_default();
        for of in self.days.range(..=day).map(|(of, _)| *of).filter(|of| *of > from) {
            let asked = "SELECT bytes FROM entry WHERE book = $1 AND session = $2 ORDER BY seq";
            let booked = rows(c, asked, self.book, of).await?;
            booked.iter().map(told).filter(|e| e["seq"].as_i64() < Some(seq)).for_each(|entry| sums.add(&entry));
        }
        Ok(sums)
    }
}
