//! Who may do what (WEB-2, WEB-2a): one table that routes, templates, the API, the command line and the tests read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a person is trusted with; roles may be combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Reviews the ledger.
    Reviewer,
    /// Starts, stops, tunes.
    Operator,
    /// Limits, freezes, kill.
    RiskOfficer,
    /// Reads everything, changes nothing.
    Auditor,
    /// Users, settings, kill, reset.
    Administrator,
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

/// What somebody wants to do: the lines of WEB-2a, and what may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Look at trading: dashboard, decisions, orders, trades, risk, health.
    Look,
    /// Look at the ledger.
    ReadLedger,
    /// Look at logs.
    ReadLogs,
    /// Look at users, audit, settings.
    ReadSystem,
    /// Stop, Pause, `CancelAll`, Flatten, Kill, Freeze, `EnterDefense`, tighten, suspend, drill, Shutdown.
    Halt,
    /// Start, Resume, Reconcile, Backup, strategies, backtests, acknowledge.
    Operate,
    /// Unfreeze, `LeaveDefense`, loosen a limit, approve what loosens.
    Loosen,
    /// Ledger entries, comments, approval, day close, imports.
    Account,
    /// Exports.
    Export,
    /// `ResetKill`, `SetMode`, broker keys, users, settings.
    Administer,
    /// Rehearsal.
    Rehearse,
}

/// What a permitted action asks for besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Nothing.
    Nothing,
    /// A one-time code for this act (WEB-3).
    StepUp,
}

/// The action is not for these roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// What was wanted.
    pub action: Action,
    /// By whom.
    pub roles: Roles,
}

/// One line: the action, who may, who may with step-up.
struct Line {
    action: Action,
    plain: Roles,
    with_step_up: Roles,
}

const fn line(action: Action, plain: &[Role], with_step_up: &[Role]) -> Line {
    Line { action, plain: Roles::of(plain), with_step_up: Roles::of(with_step_up) }
}

use Role::{Administrator, Auditor, Operator, Reviewer, RiskOfficer, Viewer};

/// Deny by default: what stands here is allowed, and nothing else.
const TABLE: [Line; 11] = [
    line(Action::Look, &[Viewer, Reviewer, Operator, RiskOfficer, Auditor, Administrator], &[]),
    line(Action::ReadLedger, &[Reviewer, Operator, RiskOfficer, Auditor, Administrator], &[]),
    line(Action::ReadLogs, &[Operator, Auditor, Administrator], &[]),
    line(Action::ReadSystem, &[Auditor, Administrator], &[]),
    line(Action::Halt, &[Operator, RiskOfficer, Administrator], &[]),
    line(Action::Operate, &[Operator, Administrator], &[]),
    line(Action::Loosen, &[], &[RiskOfficer, Administrator]),
    line(Action::Account, &[Reviewer], &[]),
    line(Action::Export, &[Reviewer, Auditor, Administrator], &[]),
    line(Action::Administer, &[], &[Administrator]),
    line(Action::Rehearse, &[Administrator], &[]),
];

/// Whether these roles may do it, and what it asks for besides.
///
/// # Errors
/// [`Forbidden`].
pub fn permit(roles: Roles, action: Action) -> Result<Need, Forbidden> {
    let found = TABLE.iter().find(|l| l.action == action);
    match found {
        Some(l) if l.plain.meets(roles) => Ok(Need::Nothing),
        Some(l) if l.with_step_up.meets(roles) => Ok(Need::StepUp),
        _ => Err(Forbidden { action, roles }),
    }
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 11] = [
        Self::Look,
        Self::ReadLedger,
        Self::ReadLogs,
        Self::ReadSystem,
        Self::Halt,
        Self::Operate,
        Self::Loosen,
        Self::Account,
        Self::Export,
        Self::Administer,
        Self::Rehearse,
    ];

    /// Who may, with step-up or without.
    #[must_use]
    pub fn who(self) -> Roles {
        TABLE.iter().find(|l| l.action == self).map_or(Roles::NONE, |l| Roles(l.plain.0 | l.with_step_up.0))
    }
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [Viewer, Reviewer, Operator, RiskOfficer, Auditor, Administrator];

    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Viewer => "viewer",
            Reviewer => "reviewer",
            Operator => "operator",
            RiskOfficer => "risk_officer",
            Auditor => "auditor",
            Administrator => "administrator",
        }
    }

    /// The word on screen, with its article.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Viewer => "a viewer",
            Reviewer => "a reviewer",
            Operator => "an operator",
            RiskOfficer => "a risk officer",
            Auditor => "an auditor",
            Administrator => "an administrator",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Viewer => 1,
            Reviewer => 2,
            Operator => 4,
            RiskOfficer => 8,
            Auditor => 16,
            Administrator => 32,
        }
    }
}

impl Roles {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Every role.
    pub const ALL: Self = Self(63);
    /// The administrator alone.
    pub const ADMINISTRATOR: Self = Self(Administrator.bit());

    /// These roles.
    #[must_use]
    pub const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut rest) = (0, roles);
        while let Some((first, others)) = rest.split_first() {
            bits |= first.bit();
            rest = others;
        }
        Self(bits)
    }

    /// Whether this role is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether both have a role in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The roles, in the order of the specification.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |r| self.has(*r))
    }
}

impl From<Vec<Role>> for Roles {
    fn from(roles: Vec<Role>) -> Self {
        Self::of(&roles)
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        roles.iter().collect()
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.iter().map(Role::word).collect();
        match words.split_last() {
            None => f.write_str("nobody"),
            Some((last, [])) => f.write_str(last),
            Some((last, others)) => write!(f, "{} or {last}", others.join(", ")),
        }
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.roles.iter().map(|r| r.as_str().replace('_', " ")).collect();
        let own = if names.is_empty() { "without a role".to_owned() } else { format!("as {}", names.join(", ")) };
        write!(f, "This needs {}. You are signed in {own}.", self.action.who())
    }
}

impl std::error::Error for Forbidden {}

#[cfg(test)]
mod tests {
    use super::*;

    // WEB-2a, column by column: plain, with step-up (s), not (-).
    #[test]
    fn web_2a_the_table_says_who_may() {
        let table = [
            // viewer, reviewer, operator, risk_officer, auditor, administrator
            (Action::Look, "yyyyyy"),
            (Action::ReadLedger, "-yyyyy"),
            (Action::ReadLogs, "--y-yy"),
            (Action::ReadSystem, "----yy"),
            (Action::Halt, "--yy-y"),
            (Action::Operate, "--y--y"),
            (Action::Loosen, "---s-s"),
            (Action::Account, "-y----"),
            (Action::Export, "-y--yy"),
            (Action::Administer, "-----s"),
            (Action::Rehearse, "-----y"),
        ];
        assert_eq!(table.map(|(action, _)| action), Action::ALL);
        for (action, columns) in table {
            for (role, said) in Role::ALL.into_iter().zip(columns.chars()) {
                let found = match permit(Roles::of(&[role]), action) {
                    Ok(Need::Nothing) => 'y',
                    Ok(Need::StepUp) => 's',
                    Err(_) => '-',
                };
                assert_eq!(found, said, "{action:?} for {role:?}");
            }
            assert!(permit(Roles::NONE, action).is_err(), "nobody may {action:?}");
        }
    }

    #[test]
    fn a_refusal_says_who_could() {
        let refused = permit(Roles::of(&[Reviewer]), Action::Operate).unwrap_err();
        assert_eq!(refused.to_string(), "This needs an operator or an administrator. You are signed in as reviewer.");
        let refused = permit(Roles::of(&[Operator, RiskOfficer]), Action::Rehearse).unwrap_err();
        assert_eq!(refused.to_string(), "This needs an administrator. You are signed in as operator, risk officer.");
    }
}
