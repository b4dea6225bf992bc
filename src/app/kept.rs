//! What is kept on the disk beside the books: the latch's mark, the emergency file, receipts, the key that closings are
//! checked with.

use std::sync::Arc;

use desk::domain::ids::Identity;

use crate::actors::kill_switch::Papers;
use crate::actors::latch::Latch;
use crate::actors::tree::Left;
use crate::cli::Failure;
use crate::gateway::control::{ControlFolder, Failures, HangMark, LatchFile};
use crate::gateway::vault::Vault;
use crate::settings::Boot;
use crate::store::{EmergencyFile, Receipts, Signers};

/// What is there when a process begins.
pub(super) struct Kept {
    pub(super) latch: Latch,
    pub(super) papers: Papers,
    pub(super) left: Left,
}

impl Kept {
    /// Opens it all; what is not there yet is made.
    pub(super) fn open(
        (boot, identity): (&Boot, &Identity),
        vault: &Vault,
        control: &ControlFolder,
    ) -> Result<Self, Failure> {
        let folders = &boot.folders;
        let signer = Arc::new(vault.signer()?);
        Signers::keep(&boot.own_books(identity), &signer.key())?;
        let (emergency, sent) = EmergencyFile::open(&folders.data().join("emergency.log"))?;
        let receipts = Receipts::open(&folders.data().join("receipts"))?;
        Ok(Self {
            latch: Latch::open(LatchFile::new(control)),
            papers: Papers { emergency, receipts, signer },
            left: Left { hung: Some(HangMark::new(control)), failures: Some(Failures::new(control)), sent },
        })
    }
}
