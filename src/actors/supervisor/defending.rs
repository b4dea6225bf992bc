//! Defense mode (RISK-11): begun by a command or by the configuration, told to everybody as a change of limits.

use desk::domain::bot::{Caller, Command, Key};
use desk::machines::supervisor::{Ordered, Verdict};

use super::Supervisor;
use crate::gateway::clock;
use crate::messages::board::{AlertLevel, DefenseBoard, Mark};

impl Supervisor {
    /// A session begins: in defense mode, where the configuration says so.
    pub(super) fn defend(&mut self) {
        if !self.usual.defends_at_start || self.life.defends() {
            return;
        }
        let order = Ordered {
            key: Key::of(&format!("defense-{}", clock::now())),
            command: Command::EnterDefense,
            caller: Caller::bot("configuration"),
            why: "sessions begin in defense mode (defense.at_start)".to_owned(),
        };
        match self.life.machine.decide(self.now, &order, &self.facts()) {
            Verdict::Carry(carried) => {
                if let Err(refused) = self.carry_out(&carried) {
                    tracing::error!(%refused, "defense mode could not begin with the session");
                }
            }
            other => tracing::error!(?other, "defense mode could not begin with the session"),
        }
    }

    /// Before a bot's first session nothing has to be waited for. Later ones begin with their own piece of the chronicle, so
    /// that who left defense mode by hand in a session is not put back by a restart in it.
    pub(super) fn defend_before_the_first(&mut self) {
        if self.life.machine.session().is_none() && self.life.state().is_set_up() {
            self.defend();
        }
    }

    /// Defense mode began or ended: the limits that hold now are told, and people are.
    pub(super) fn set_limits(&self) {
        self.configure(None);
        let share = self.usual.defense.share;
        let text = match self.life.machine.defense() {
            Some(mark) => format!("Defense mode is on, {share} of each limit, by {mark}."),
            None => "Defense mode is off; the usual limits hold.".to_owned(),
        };
        self.wiring.alert(AlertLevel::Warning, "defense", text);
    }

    /// As it stands on the board.
    pub(super) fn defense_board(&self) -> Option<DefenseBoard> {
        let mark = self.life.machine.defense()?;
        let profile = self.usual.defense;
        Some(DefenseBoard {
            mark: Mark { at: mark.at, who: mark.who.clone(), why: mark.why.clone() },
            share: profile.share,
            price_min: profile.price_min,
            volume_min: profile.volume_min,
            limits: self.usual.lines.clone(),
        })
    }
}
