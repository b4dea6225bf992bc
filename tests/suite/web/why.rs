//! OPS-9 as a page: the first cause in the order of the chain, and how often each condition or gate held entries back.

use std::sync::Arc;

use desk::domain::bot::{BotState, Role, Who};
use tbot::messages::board::{Board, FreezeLine, Mark};

use super::sample;
use super::server::{Person, Server};

fn mark(why: &str) -> Mark {
    Mark { at: sample::at("20:00:00"), who: Who::OwnerBy("flag file control_kill.flag".into()), why: why.into() }
}

fn answer(server: &Server, person: &Person, board: Board) -> String {
    server.board.send_replace(Arc::new(board));
    let page = server.get("/why", Some(person)).body;
    let (_, rest) = page.split_once("<p class=\"answer\">").unwrap();
    rest.split_once("</p>").unwrap().0.replace("&#x27;", "'").replace("&#x2F;", "/")
}

#[test]
fn ops_9_the_first_cause_of_the_chain_is_the_answer() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let at_noon = |change: &dyn Fn(&mut Board)| {
        let mut board = sample::board();
        change(&mut board);
        board
    };
    let freeze =
        FreezeLine { name: "fomc".parse().unwrap(), strategy: None, mark: mark("news"), for_the_session: false };
    let table: Vec<(Board, &str)> = vec![
        (sample::board(), "Nothing holds entries back at the moment."),
        (
            at_noon(&|b| (b.state, b.reason) = (BotState::Stopped, Some("By ann.".into()))),
            "The bot is stopped, and opens nothing in this state. By ann.",
        ),
        (
            at_noon(&|b| b.latch = Some(mark(""))),
            "The kill latch is set since 2026-11-20 20:00:00 UTC by flag file control_kill.flag: nothing is sent.",
        ),
        // A feed that is played faster has a clock of its own; receipts have the one on the wall.
        (
            at_noon(&|b| (b.latch, b.latch_written) = (Some(mark("")), Some("2026-11-23T03:52:59Z".parse().unwrap()))),
            "The kill latch is set since 2026-11-23 03:52:59 UTC (2026-11-20 20:00:00 UTC of the market) by flag file control_kill.flag: \
             nothing is sent.",
        ),
        // What a killed bot needs first is no start.
        (
            at_noon(&|b| (b.state, b.latch) = (BotState::Stopped, Some(mark("")))),
            "The kill latch is set since 2026-11-20 20:00:00 UTC by flag file control_kill.flag: nothing is sent.",
        ),
        (at_noon(&|b| b.strategies.clear()), "Every strategy is switched off."),
        (at_noon(&|b| b.fed_at = None), "No market data have come yet."),
        (at_noon(&|b| b.session = None), "No session has begun."),
        (at_noon(&|b| b.at = sample::at("21:10:00")), "The market closed at 21:00:00 UTC."),
        (
            at_noon(&|b| b.freezes = vec![freeze.clone()]),
            "All entries are frozen: fomc (by flag file control_kill.flag: news).",
        ),
        (
            at_noon(&|b| b.at = sample::at("19:40:00")),
            "No strategy is in its window. close opens at 20:00:00 UTC, in 20 min.",
        ),
        (
            at_noon(&|b| b.strategies[2].suspended = Some("it panicked".into())),
            "No strategy is in its window. close is suspended (it panicked). No window comes any more today.",
        ),
        (
            at_noon(&|b| b.strategies.iter_mut().for_each(|s| (s.signals, s.blocked) = (0, 0))),
            "No strategy has seen a reason to trade today. Most often: no setup: the market gave no reason to trade.",
        ),
        (
            at_noon(&|b| b.strategies.iter_mut().for_each(|s| s.blocked = s.signals)),
            "All 23 signals of today were blocked by a gate. Most often: fee (fee).",
        ),
    ];
    for (board, says) in table {
        assert_eq!(answer(&server, &ann, board), says);
    }
}

#[test]
fn ops_9_each_condition_and_gate_is_counted_by_strategy_and_symbol() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let all = server.get("/why", Some(&ann)).body;
    let open = all.split("id=\"h-g-open\"").nth(1).unwrap().split("id=\"h-g-mid\"").next().unwrap();
    // 41 and 52 without a setup, 5 without data, 7 and 3 blocked by the gate fee: 108.
    for said in [">93<", "86.1", ">10<", "9.2", "Symbol by symbol, 2"] {
        assert!(open.contains(said), "{said} in {open}");
    }
    let one = server.get("/why?strategy=close&symbol=amd", Some(&ann)).body;
    assert!(one.contains("pre-trade risk") || one.contains("risk per trade"), "{one}");
    assert!(!one.contains("h-g-open") && !one.contains("h-g-mid") && one.contains("h-g-close"));
    let empty = server.get("/why?symbol=ZZZ", Some(&ann)).body;
    assert!(empty.contains("No strategy has looked at a bar in its window yet."));
}
