//! How a message gets to a mailbox: the three delivery verbs, in this one file. Nothing else sends.
//!
//! - [`Line::deliver`]: it must arrive. Orders, fills, commands, answers. The depth of the mailbox is counted, and shown.
//! - [`Line::offer`]: it may be refused, with [`Busy`]. Questions of people.
//! - latest wins: what is only worth its newest value goes through a `tokio::sync::watch`, as the board does.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::prelude::{Message, Recipient};

/// A message in a mailbox; the mailbox's depth falls when it is dropped.
#[derive(Debug)]
pub struct Post<M> {
    /// What is told.
    pub body: M,
    _slip: Slip,
}

impl<M: 'static> Message for Post<M> {
    type Result = ();
}

#[derive(Debug)]
struct Slip(Arc<AtomicUsize>);

impl Slip {
    fn new(depth: &Arc<AtomicUsize>) -> Self {
        depth.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(depth))
    }
}

impl Drop for Slip {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The way to one mailbox.
pub struct Line<M: Send + 'static> {
    name: &'static str,
    to: Recipient<Post<M>>,
    depth: Arc<AtomicUsize>,
}

/// The mailbox is gone: whoever gets this has something to tell, and must (LIFE-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whose mailbox.
    pub name: &'static str,
}

/// The mailbox is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Whose mailbox.
    pub name: &'static str,
}

impl<M: Send + 'static> Line<M> {
    /// How many messages a mailbox may hold before questions are refused.
    const FULL: usize = 1_000;

    /// A line to a mailbox.
    #[must_use]
    pub fn new(name: &'static str, to: Recipient<Post<M>>) -> Self {
        Self { name, to, depth: Arc::default() }
    }

    /// Whose mailbox it leads to.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How many messages wait there.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed)
    }

    /// Must arrive, however full the mailbox is.
    ///
    /// # Errors
    /// [`Lost`] where the mailbox is gone.
    pub fn deliver(&self, body: M) -> Result<(), Lost> {
        if !self.to.connected() {
            return Err(Lost { name: self.name });
        }
        self.to.do_send(Post { body, _slip: Slip::new(&self.depth) });
        Ok(())
    }

    /// May be refused.
    ///
    /// # Errors
    /// [`Busy`] where too much waits there already, or the mailbox is gone.
    pub fn offer(&self, body: M) -> Result<(), Busy> {
        if self.depth() >= Self::FULL {
            return Err(Busy { name: self.name });
        }
        self.deliver(body).map_err(|lost| Busy { name: lost.name })
    }
}

impl<M: Send + 'static> Clone for Line<M> {
    fn clone(&self) -> Self {
        Self { name: self.name, to: self.to.clone(), depth: Arc::clone(&self.depth) }
    }
}

impl<M: Send + 'static> fmt::Debug for Line<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line to {}", self.name)
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be reached: its mailbox is gone", self.name)
    }
}

impl std::error::Error for Lost {}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is busy", self.name)
    }
}

impl std::error::Error for Busy {}
