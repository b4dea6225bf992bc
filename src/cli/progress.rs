//! Progress with time left, on stderr; none where it is not a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far a step has come.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// Bars of data between two drawings.
    step: u64,
    next: u64,
}

impl Progress {
    /// A step of that length.
    pub(super) fn new(what: &'static str, length: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg:>9} {bar:30} {percent:>3} %  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Self { bar, step: (length / 500).max(1), next: 0 }
    }

    /// The step stands here now.
    pub(super) fn at(&mut self, position: u64) {
        if position >= self.next {
            self.bar.set_position(position);
            self.next = position.saturating_add(self.step);
        }
    }

    /// The step is done; its line goes away.
    pub(super) fn done(self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
