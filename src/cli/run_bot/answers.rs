use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use desk::domain::bot::{Caller, Origin, Who};
use desk::domain::time::Timestamp;
use desk::machines::supervisor::Refusal;
use serde_json::Value;
use tokio::sync::watch;

use crate::cli::command::verb;
use crate::gateway::control::{Answering, Reply, Request, StepUp};
use crate::gateway::own_name;
use crate::messages::board::Board;
use crate::messages::counter::{Counter, Paper, TurnedDown, Unlocking};
use crate::messages::rehearsal::Rehearsals;
use crate::messages::supervisor::{Door, Order, Refused};

/// Whether a name and code are those of an administrator; each code counts once.
pub type Checking = Arc<dyn Fn(StepUp) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// Says of a board why nothing trades.
pub(super) type Diagnosing = fn(&Board) -> Value;

/// What the socket's server answers with: commands go through the door as the owner's (LIFE-5), questions to the board, and
/// what the pages do is handed to them; what was done has the time of this clock.
pub fn answering(
    door: Door,
    (counter, clock): (Counter, fn() -> Timestamp),
    (board, rehearsals): (watch::Receiver<Arc<Board>>, Rehearsals),
    checking: Checking,
    diagnosing: Diagnosing,
) -> Answering {
    // The socket lets in nobody else.
    let user = own_name();
    Arc::new(move |request| {
        let user = user.clone();
        let (door, board, checking) = (door.clone(), board.clone(), Arc::clone(&checking));
        let counter = counter.clone();
        let rehearsals = rehearsals.clone();
        Box::pin(async move {
            match request {
                Request::Board => {
                    let now = Arc::clone(&board.borrow());
                    Reply::Board { board: serde_json::to_value(&*now).unwrap_or(Value::Null) }
                }
                Request::Diagnosis => {
                    let now = Arc::clone(&board.borrow());
                    Reply::Diagnosis { found: diagnosing(&now) }
                }
                Request::Rehearsal => {
                    let now = rehearsals.borrow().clone();
                    let rehearsal = now.and_then(|now| serde_json::to_value(&*now).ok());
                    Reply::Rehearsal { rehearsal: rehearsal.unwrap_or(Value::Null) }
                }
                Request::Unlock { day, session, act, why, step_up } => {
                    let StepUp { name, code } = step_up;
                    let unlocking = Unlocking { day, session, act, reason: why, name, code };
                    handed(counter.ask(Paper::Unlock(unlocking)).await, clock)
                }
                Request::Close { day, why, step_up: StepUp { name, code } } => {
                    handed(counter.ask(Paper::Close { name, code, day, why }).await, clock)
                }
                Request::Raise { statement } => {
                    let who = Who::OwnerBy(format!("tbot ledger reconcile, user {user}"));
                    handed(counter.ask(Paper::Raise { statement, who }).await, clock)
                }
                Request::Command { key, command, why, step_up } => {
                    let way = format!("tbot {}, user {user}", verb(&command));
                    let mut caller = Caller::owner_by(Origin::CommandLine, &way);
                    if command.needs_reason() && why.trim().is_empty() {
                        let message = Refusal::ReasonNeeded { command: command.word() }.to_string();
                        return Reply::Refused { code: "state".to_owned(), message };
                    }
                    if let Some(step_up) = step_up {
                        let name = step_up.name.clone();
                        if !checking(step_up).await {
                            let message = format!(
                                "The code is not one of {name}'s, or {name} is no administrator, or it was used already."
                            );
                            return Reply::Refused { code: "step_up".to_owned(), message };
                        }
                        caller.stepped_up = true;
                        // Whose code it was is told wherever the command is (WEB-2b).
                        if let Who::OwnerBy(way) = &mut caller.who {
                            *way = format!("{way}, with the code of {name}");
                        }
                    }
                    reply(door.command(Order { key, command, caller, why }).await)
                }
            }
        })
    })
}

fn handed(answer: Result<String, TurnedDown>, clock: fn() -> Timestamp) -> Reply {
    match answer {
        Ok(message) => Reply::Done { at: clock(), message },
        Err(TurnedDown { code, message }) => Reply::Refused { code: code.to_owned(), message },
    }
}

fn reply(answer: crate::messages::supervisor::Answer) -> Reply {
    match answer {
        Ok(outcome) => Reply::Done { at: outcome.at, message: outcome.message },
        Err(refused) => {
            let code = match &refused {
                Refused::Forbidden { .. } => "forbidden",
                Refused::StepUp => "step_up",
                Refused::State { .. } => "state",
                Refused::Invalid { .. } => "invalid",
                Refused::Busy => "busy",
            };
            Reply::Refused { code: code.to_owned(), message: refused.to_string() }
        }
    }
}

#[cfg(test)]
mod tests {
    use desk::domain::bot::Command;

    use super::*;
    use crate::messages::counter::counter;
    use crate::messages::supervisor::Outcome;

    async fn asked(command: Command, code: Option<&str>) -> Reply {
        asked_because("because", command, code).await
    }

    async fn asked_because(why: &str, command: Command, code: Option<&str>) -> Reply {
        let door = Door::new(|order: Order| async move {
            let code = if order.caller.stepped_up { ", with the code of ada" } else { "" };
            let way = format!("tbot {}, user {}{code}", order.command.as_str().replace('_', "-"), own_name());
            assert_eq!((order.caller.who.clone(), order.caller.origin), (Who::OwnerBy(way), Origin::CommandLine));
            match order.command {
                Command::ResetKill if !order.caller.stepped_up => Err(Refused::StepUp),
                Command::Start => Err(Refused::State { message: "The latch is set.".to_owned() }),
                _ => Ok(Outcome { at: Timestamp::from_seconds(1), message: order.why }),
            }
        });
        let (_keep, board) = watch::channel(Arc::new(board()));
        let checking: Checking = Arc::new(|step_up| Box::pin(async move { step_up.code == "123456" }));
        let step_up = code.map(|code| StepUp { name: "ada".to_owned(), code: code.to_owned() });
        let request = Request::Command { key: "k".to_owned(), command, why: why.to_owned(), step_up };
        let (_none, rehearsals) = watch::channel(None);
        let (counter, _papers) = counter();
        let clock = || Timestamp::from_seconds(1);
        answering(door, (counter, clock), (board, rehearsals), checking, |_| Value::Null)(request).await
    }

    fn board() -> Board {
        use desk::domain::bot::{BotState, Mode, VenueKind};
        use desk::domain::decimal::Money;

        use crate::messages::board::{DataBoard, Day};
        use crate::messages::past::Past;
        let nothing = Money::ZERO;
        Board {
            number: 1,
            at: Timestamp::from_seconds(1),
            identity: "RIGD_US_SIM_01".parse().unwrap(),
            mode: Mode::Paper,
            venue: VenueKind::Simulated,
            feed_name: "generated".to_owned(),
            state: BotState::Idle,
            since: Timestamp::from_seconds(1),
            reason: None,
            applying: None,
            rehearsing: false,
            open_days: Vec::new(),
            session: None,
            latch: None,
            latch_written: None,
            defense: None,
            freezes: Vec::new(),
            fed_at: None,
            data: DataBoard::default(),
            float: Money::whole(30_000),
            floats: Vec::new(),
            day: Day {
                net: nothing,
                realised: nothing,
                unrealised: nothing,
                fees: nothing,
                open_fees: nothing,
                loss_limit: nothing,
                at_stops: nothing,
                equity: nothing,
                curve: Vec::new(),
                sent: 0,
            },
            limits: Vec::new(),
            positions: Vec::new(),
            orders: Vec::new(),
            strategies: Vec::new(),
            decisions: Vec::new(),
            trades: Vec::new(),
            screen: None,
            actors: Vec::new(),
            closing: None,
            drill: None,
            past: Past::default(),
            refusals: Vec::new(),
            skips: Vec::new(),
            alerts: Vec::new(),
        }
    }

    #[tokio::test]
    async fn life_5_the_socket_is_the_owners_and_step_up_needs_a_code() {
        let done = Reply::Done { at: Timestamp::from_seconds(1), message: "because".to_owned() };
        let code = |reply: Reply| match reply {
            Reply::Refused { code, .. } => code,
            other => panic!("{other:?}"),
        };
        assert_eq!(asked(Command::Stop, None).await, done);
        assert_eq!(asked(Command::ResetKill, Some("123456")).await, done);
        // RISK-15: what is refused without a reason is refused before anybody looks at its code.
        assert_eq!(code(asked_because(" ", Command::ResetKill, Some("000000")).await), "state");
        assert_eq!(code(asked(Command::ResetKill, None).await), "step_up");
        assert_eq!(code(asked(Command::Stop, Some("000000")).await), "step_up", "a wrong code never passes");
        assert_eq!(code(asked(Command::Start, None).await), "state");
    }
}
