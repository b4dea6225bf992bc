//! Each invariant of the world simulator bites: a bug planted against it is found within 1 000 sessions, as a breach of
//! that invariant and no other, and the same seeds pass without the bug.

use desk::world::faults::failure::Invariant;
use desk::world::faults::runs::Runner;
use desk::world::planted::PlantedBug;

/// Sessions within which a bug must be found.
const WITHIN: u64 = 1_000;
/// Breaches after which a bug is believed to be what it says.
const ENOUGH: usize = 3;

#[test]
fn a_planted_bug_breaks_its_invariant_and_no_other() {
    let mut clean = Runner::new().unwrap();
    let mut clean_until = 0;
    for (bug, invariant) in PlantedBug::ALL {
        let mut runner = Runner::new().unwrap().with(bug);
        let mut breaches = Vec::new();
        let mut seed = 0;
        while seed < WITHIN && breaches.len() < ENOUGH {
            if let Err(failed) = runner.seed(seed) {
                assert_eq!(failed.failure.invariant, invariant, "{bug:?}: {failed}");
                breaches.push(failed.seed);
            }
            seed += 1;
        }
        assert!(!breaches.is_empty(), "{bug:?} was not found within {WITHIN} sessions");
        for seed in clean_until..seed {
            clean.seed(seed).unwrap();
        }
        clean_until = clean_until.max(seed);
    }
}

#[test]
fn each_invariant_of_the_world_has_its_bug() {
    let broken: Vec<Invariant> = PlantedBug::ALL.into_iter().map(|(_, invariant)| invariant).collect();
    let all =
        [Invariant::I1, Invariant::I2, Invariant::I3, Invariant::I4, Invariant::I5, Invariant::I6, Invariant::I11];
    assert_eq!(broken, all);
}
