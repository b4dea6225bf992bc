use super::shape::ONE;
use super::spec::Plot;
use crate::domain::seed::Rng;

/// How a stretch of minutes differs from plain noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Act {
    /// Its first minute of the session.
    from: i64,
    /// The minute after its last.
    until: i64,
    /// Drift of a minute, in thousandths of that minute's volatility.
    pub(super) drift: i64,
    /// Volatility, in thousandths of the usual.
    pub(super) rough: i64,
    /// Volume, in thousandths of the usual.
    pub(super) busy: i64,
    /// How much of the way to the session's mean a minute goes, in thousandths.
    pub(super) pull: i64,
}

/// What the feed does with a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is a bar.
    Traded,
    /// Trading is halted: there is no bar.
    Halted,
    /// The first minute after a halt.
    Resumed,
    /// A spike on absurd volume.
    Spike,
    /// A range without volume.
    Hollow,
}

/// A symbol's day as planned: its acts, and minutes with a fate.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    acts: Vec<Act>,
    halt: (i64, i64),
    spike: Option<i64>,
    hollow: Option<i64>,
}

/// What holds where nothing is planned: a mild return to the mean.
const NOISE: Act = Act { from: 0, until: i64::MAX, drift: 0, rough: ONE, busy: ONE, pull: 12 };

impl Act {
    const fn at(from: i64, until: i64, drift: i64) -> Self {
        Self { from, until, drift, rough: ONE, busy: ONE, pull: 0 }
    }

    const fn rough(self, rough: i64) -> Self {
        Self { rough, ..self }
    }

    const fn busy(self, busy: i64) -> Self {
        Self { busy, ..self }
    }

    const fn pull(self, pull: i64) -> Self {
        Self { pull, ..self }
    }
}

impl Plan {
    /// Plans a day of so many minutes.
    pub(super) fn new(plot: Plot, minutes: i64, rng: &mut Rng) -> Self {
        let mut plan = Self { acts: Vec::new(), halt: (0, 0), spike: None, hollow: None };
        let noon = minutes / 2;
        match plot {
            Plot::Quiet => {}
            Plot::Breakout(side) => plan.acts = breakout(side.sign(), rng),
            Plot::Stretch(side) => plan.acts = stretch(side.sign(), noon, rng),
            Plot::LateTrend(side) => plan.acts = late_trend(side.sign(), minutes, rng),
            Plot::Halt => {
                let from = noon.saturating_sub(rng.range(20, 60));
                plan.halt = (from, from.saturating_add(rng.range(9, 14)));
            }
            Plot::BadTicks => {
                plan.spike = Some(noon.saturating_sub(rng.range(30, 60)));
                plan.hollow = Some(noon.saturating_add(rng.range(10, 40)));
            }
        }
        plan
    }

    /// What holds in a minute.
    pub(super) fn act(&self, minute: i64) -> Act {
        self.acts.iter().copied().find(|act| (act.from..act.until).contains(&minute)).unwrap_or(NOISE)
    }

    /// What the feed does with a minute.
    pub(super) fn fate(&self, minute: i64) -> Fate {
        let (from, until) = self.halt;
        match minute {
            _ if (from..until).contains(&minute) => Fate::Halted,
            _ if minute == until && from < until => Fate::Resumed,
            _ if Some(minute) == self.spike => Fate::Spike,
            _ if Some(minute) == self.hollow => Fate::Hollow,
            _ => Fate::Traded,
        }
    }
}

fn breakout(sign: i64, rng: &mut Rng) -> Vec<Act> {
    let burst = rng.range(17, 28);
    let trend = burst.saturating_add(4);
    let rest = trend.saturating_add(rng.range(25, 60));
    let lean = |share: i64| share.saturating_mul(sign);
    vec![
        Act::at(0, burst, 0).rough(550).pull(90),
        Act::at(burst, trend, lean(1900)).busy(2700),
        Act::at(trend, rest, lean(rng.range(100, 420))).busy(1400),
    ]
}

fn stretch(sign: i64, noon: i64, rng: &mut Rng) -> Vec<Act> {
    let away = noon.saturating_sub(rng.range(30, 36));
    let back = away.saturating_add(rng.range(24, 30));
    let rest = back.saturating_add(50);
    // Long means bought below the mean: first down, then up.
    let lean = |share: i64| share.saturating_mul(sign);
    vec![
        Act::at(away, back, lean(-850)).rough(700).busy(1300),
        Act::at(back, rest, lean(rng.range(150, 400))).rough(800).pull(rng.range(10, 35)),
    ]
}

fn late_trend(sign: i64, minutes: i64, rng: &mut Rng) -> Vec<Act> {
    let hurry = minutes.saturating_sub(rng.range(48, 62));
    let lean = |share: i64| share.saturating_mul(sign);
    vec![Act::at(0, hurry, lean(90)), Act::at(hurry, minutes, lean(rng.range(320, 520))).busy(1300)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::market::Side;
    use crate::domain::seed::Seed;

    #[test]
    fn acts_follow_each_other_and_stay_in_the_day() {
        for number in 0..500 {
            for minutes in [210, 390] {
                for side in [Side::Long, Side::Short] {
                    for plot in
                        [Plot::Breakout(side), Plot::Stretch(side), Plot::LateTrend(side), Plot::Halt, Plot::BadTicks]
                    {
                        let plan = Plan::new(plot, minutes, &mut Seed(number).rng());
                        let mut end = 0;
                        for act in &plan.acts {
                            assert!(
                                end <= act.from && act.from < act.until && act.until <= minutes,
                                "{plot:?} {act:?}"
                            );
                            end = act.until;
                        }
                        let strange = (0..minutes).filter(|m| plan.fate(*m) != Fate::Traded).count();
                        let expected = match plot {
                            Plot::Halt => 10..=15,
                            Plot::BadTicks => 2..=2,
                            _ => 0..=0,
                        };
                        assert!(expected.contains(&strange), "{plot:?} {strange}");
                    }
                }
            }
        }
    }
}
