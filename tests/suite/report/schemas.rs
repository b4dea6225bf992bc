//! REP-5: every JSON output has a published schema, and every output fits it.

use std::path::Path;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use tbot::render::outputs::TRADE_COLUMNS;
use tbot::render::{
    daily_summary_json, decisions_jsonl, run_json, summary_json, trade_history_csv, trade_history_json,
};

use super::sample::{empty, sample};

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn validator(name: &str) -> Validator {
    let common = schema("common");
    let registry = Registry::new().add("urn:tbot:schema:common", &common).unwrap().prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(&schema(name)).unwrap()
}

pub(crate) fn fits(validator: &Validator, value: &Value, what: &str) {
    let wrong: Vec<String> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{what}: {wrong:#?}");
}

/// Each output of a run with its schema's name.
fn outputs(run: &super::sample::Sample) -> Vec<(&'static str, Value)> {
    let read = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap();
    let mut all = vec![
        ("trade_history", read(trade_history_json(&run.trades).unwrap())),
        ("summary", read(summary_json(&run.summary).unwrap())),
        ("run", read(run_json(&run.run).unwrap())),
    ];
    all.extend(run.days.iter().map(|d| ("daily_summary", read(daily_summary_json(d).unwrap()))));
    let lines = String::from_utf8(decisions_jsonl(&run.decisions).unwrap()).unwrap();
    all.extend(lines.lines().map(|l| ("decision", serde_json::from_str(l).unwrap())));
    all
}

const NAMES: [&str; 5] = ["trade_history", "summary", "run", "daily_summary", "decision"];

#[test]
fn every_output_fits_its_schema() {
    let validators: Vec<(&str, Validator)> = NAMES.iter().map(|n| (*n, validator(n))).collect();
    let mut seen = std::collections::BTreeSet::new();
    for run in [sample(3, &["SPY", "NVDA", "KO", "F"], 2), sample(1, &["SPY"], 4), empty()] {
        for (name, value) in outputs(&run) {
            let (_, validator) = validators.iter().find(|(n, _)| *n == name).unwrap();
            fits(validator, &value, name);
            seen.insert(name);
        }
    }
    assert_eq!(seen.len(), NAMES.len());
}

#[test]
fn a_field_missing_or_too_many_does_not_fit() {
    let run = sample(3, &["SPY", "NVDA", "KO", "F"], 2);
    for name in NAMES {
        let validator = validator(name);
        let (_, whole) = outputs(&run).into_iter().find(|(n, _)| *n == name).unwrap();
        let object = if name == "trade_history" { whole[0].clone() } else { whole };
        let wrap = |v: Value| if name == "trade_history" { json!([v]) } else { v };
        for key in object.as_object().unwrap().keys() {
            let mut less = object.clone();
            less.as_object_mut().unwrap().shift_remove(key);
            assert!(!validator.is_valid(&wrap(less)), "{name} without {key}");
            let mut other = object.clone();
            other[key] = json!(1.5);
            assert!(!validator.is_valid(&wrap(other)), "{name} with a float for {key}");
        }
        let mut more = object.clone();
        more["surprise"] = json!("x");
        assert!(!validator.is_valid(&wrap(more)), "{name} with a surprise");
    }
}

#[test]
fn csv_has_the_fields_of_the_json() {
    // REP-3
    let run = sample(3, &["SPY", "NVDA", "KO", "F"], 2);
    let records: Vec<Value> = serde_json::from_slice(&trade_history_json(&run.trades).unwrap()).unwrap();
    let keys: Vec<&String> = records[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, TRADE_COLUMNS);
    let bytes = trade_history_csv(&run.trades).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), records.len());
    for (row, record) in rows.iter().zip(&records) {
        for (cell, name) in row.iter().zip(TRADE_COLUMNS) {
            match &record[*name] {
                Value::String(text) => assert_eq!(cell, text, "{name}"),
                Value::Null => assert_eq!(cell, "", "{name}"),
                Value::Array(items) => assert_eq!(cell.split(' ').filter(|c| !c.is_empty()).count(), items.len()),
                other => assert_eq!(cell, other.to_string(), "{name}"),
            }
        }
    }
}

/// REP-5, LEDG-4a: the closing record's schema is of every version that is kept for ever, the first one, without prices, among them.
#[test]
fn the_samples_of_closing_records_fit_their_schema() {
    for version in ["v1", "v2"] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("crates/desk/samples/{version}/closing_record.json"));
        let record: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(format!("v{}", record["v"]), version);
        assert_eq!(record["prices"].is_null(), version == "v1");
        fits(&validator("closing"), &record, version);
        let other = json!({ "v": 3 });
        assert!(!validator("closing").is_valid(&other), "what is no record does not fit");
    }
}

#[test]
fn a_record_that_contradicts_itself_is_not_written() {
    // STRAT-17
    let mut run = sample(3, &["SPY", "NVDA", "KO", "F"], 2);
    run.trades[0].fees = desk::domain::decimal::Money::ZERO;
    for result in [trade_history_json(&run.trades), trade_history_csv(&run.trades)] {
        assert_eq!(result.unwrap_err().code(), "record_contradicts_itself");
    }
}

#[test]
fn the_run_s_id_is_the_hash_of_its_inputs() {
    // RES-7a: the order in which symbols are given does not matter; a seed does.
    let one = sample(1, &["SPY", "KO"], 2).run;
    let two = sample(1, &["KO", "SPY"], 9).run;
    assert_eq!(one.run_id, two.run_id);
    let mut other = one.plan.clone();
    other.seed = 8;
    assert_ne!(other.id().unwrap(), one.run_id);
    let text = String::from_utf8(run_json(&one).unwrap()).unwrap();
    assert!(!text.contains('/') && !text.contains("host") && !text.contains("pid"), "{text}");
}
