//! What the kill switch keeps on the disk beside the books: its latch's mark, the emergency file, receipts.

use std::sync::Arc;

use crate::actors::kill_switch::Papers;
use crate::actors::latch::Latch;
use crate::actors::tree::Left;
use crate::cli::Failure;
use crate::gateway::control::{ControlFolder, Failures, HangMark, LatchFile};
use crate::gateway::vault::Vault;
use crate::settings::Folders;
use crate::store::{EmergencyFile, Receipts};

/// What is there when a process begins.
pub(super) struct Kept {
    pub(super) latch: Latch,
    pub(super) papers: Papers,
    pub(super) left: Left,
}

impl Kept {
    /// Opens it all; what is not there yet is made.
    pub(super) fn open(folders: &Folders, vault: &Vault, control: &ControlFolder) -> Result<Self, Failure> {
        let (emergency, sent) = EmergencyFile::open(&folders.data().join("emergency.log"))?;
        let receipts = Receipts::open(&folders.data().join("receipts"))?;
        Ok(Self {
            latch: Latch::open(LatchFile::new(control)),
            papers: Papers { emergency, receipts, signer: Arc::new(vault.signer()?) },
            left: Left { hung: Some(HangMark::new(control)), failures: Some(Failures::new(control)), sent },
        })
    }
}
