//! What earlier commands were answered, so that a repeat has the effect of one (LIFE-7).

use std::collections::{BTreeMap, VecDeque};

use crate::domain::bot::{Answer, Command, Key, Who};

/// How many commands are remembered; the oldest is forgotten first.
pub(super) const REMEMBERED: usize = 1024;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Who gave it.
    pub(super) who: Who,
    /// What it was.
    pub(super) command: Command,
    /// What was said.
    pub(super) answer: Option<Answer>,
}

/// The memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    known: BTreeMap<Key, Known>,
    order: VecDeque<Key>,
}

impl Answers {
    /// What is known of a key.
    pub(super) fn get(&self, key: &Key) -> Option<&Known> {
        self.known.get(key)
    }

    /// Remembers a command.
    pub(super) fn commanded(&mut self, key: &Key, command: &Command, who: &Who) {
        let known = Known { who: who.clone(), command: command.clone(), answer: None };
        if self.known.insert(key.clone(), known).is_none() {
            self.order.push_back(key.clone());
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    /// Remembers what was said.
    pub(super) fn answered(&mut self, key: &Key, answer: &Answer) {
        if let Some(known) = self.known.get_mut(key) {
            known.answer = Some(answer.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn life_7_the_memory_is_bounded_and_forgets_the_oldest() {
        let mut answers = Answers::default();
        for n in 0..=REMEMBERED {
            answers.commanded(&Key::of(&n.to_string()), &Command::Pause, &Who::Owner);
            answers.commanded(&Key::of(&n.to_string()), &Command::Pause, &Who::Owner);
        }
        assert_eq!((answers.known.len(), answers.order.len()), (REMEMBERED, REMEMBERED));
        assert!(answers.get(&Key::of("0")).is_none());
        assert!(answers.get(&Key::of("1")).is_some());
    }
}
