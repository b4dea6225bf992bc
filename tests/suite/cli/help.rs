use super::tool::{tbot, tbot_well};

const VERBS: &[&str] = &[
    "backtest",
    "demo",
    "ledger verify",
    "ledger export",
    "ledger check-ofx",
    "ledger import",
    "ledger reconcile",
    "ledger unlock",
    "status",
    "check",
    "diagnose",
    "start",
    "stop",
    "pause",
    "resume",
    "cancel",
    "flatten",
    "kill",
    "reset-kill",
    "freeze",
    "unfreeze",
    "defense",
    "approve",
    "reject",
    "mode",
    "reconcile",
    "suspend",
    "acknowledge",
    "drill",
    "shutdown",
    "rehearse",
    "logs",
    "config show",
    "config keys",
    "config import",
    "keys rotate",
    "service install",
    "service uninstall",
    "service status",
    "service start",
    "service stop",
    "service restart",
    "service logs",
];

#[test]
fn ops_5_every_verb_has_help_with_examples_and_exit_codes() {
    for verb in VERBS.iter().map(|line| line.split(' ').collect::<Vec<_>>()) {
        let said = tbot_well(&[verb.as_slice(), &["--help"]].concat());
        for words in ["Examples:", "Exit codes:", "130", "--json"] {
            assert!(said.out.contains(words), "{verb:?}: {words:?} is missing in: {}", said.out);
        }
    }
    for above in [&["--help"][..], &["ledger", "--help"]] {
        let said = tbot_well(above);
        for words in ["Examples:", "Exit codes:", "tbot ledger verify result"] {
            assert!(said.out.contains(words), "{above:?}: {words:?} is missing in: {}", said.out);
        }
    }
}

#[test]
fn the_version_is_the_package_s() {
    assert_eq!(tbot_well(&["--version"]).out.trim(), concat!("tbot ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_verb_or_option_ends_with_2_and_says_what_there_is() {
    for (arguments, says) in [
        (&["backtset"][..], "backtest"),
        (&["backtest", "--dta", "x"], "--data"),
        (&["backtest", "--data", "x"], "--out"),
        (&[], "Usage"),
    ] {
        let said = tbot(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}{}", said.out, said.err);
        assert!(said.err.contains(says), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let script = tbot_well(&["completions", shell]).out;
        assert!(["reset-kill", "backtest", "reconcile", "unlock"].iter().all(|verb| script.contains(verb)), "{shell}");
    }
}
