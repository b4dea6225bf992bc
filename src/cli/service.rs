//! `tbot service`: the bot as a systemd user service, without root.

use std::path::PathBuf;
use std::process::Command;

use clap::{Args, Subcommand};
use desk::domain::ids::Identity;

use super::bot::{BotArguments, identity};
use super::failure::Failure;
use super::{console, examples};
use crate::gateway::service::{Manager, Service, ServiceError, Unit};
use crate::settings::Boot;

/// What can be done with the service.
#[derive(Debug, Subcommand)]
pub enum ServiceVerb {
    /// Write the unit, have systemd read it, and enable it
    #[command(after_help = examples(&["tbot service install", "tbot service install --data bots/first --json"]))]
    Install(Plain),
    /// Disable the unit and remove it; a running bot has to be stopped first
    #[command(after_help = examples(&["tbot service uninstall"]))]
    Uninstall(Plain),
    /// How the service stands
    #[command(after_help = examples(&["tbot service status", "tbot service status --json"]))]
    Status(Plain),
    /// Start the service; the bot itself does not trade before tbot start
    #[command(after_help = examples(&["tbot service start"]))]
    Start(Plain),
    /// Stop the service in order; stops protect the positions
    #[command(after_help = examples(&["tbot service stop"]))]
    Stop(Plain),
    /// Stop and start it
    #[command(after_help = examples(&["tbot service restart"]))]
    Restart(Plain),
    /// What the service wrote, from the journal
    #[command(after_help = examples(&["tbot service logs", "tbot service logs --follow", "tbot service logs --json"]))]
    Logs(Logs),
}

/// Which bot's.
#[derive(Debug, Args)]
pub struct Plain {
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// How much of the journal.
#[derive(Debug, Args)]
pub struct Logs {
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    plain: Plain,
}

/// Does what is asked.
///
/// # Errors
/// What the service manager says.
pub fn run(verb: &ServiceVerb) -> Result<(), Failure> {
    match verb {
        ServiceVerb::Install(plain) => install(plain),
        ServiceVerb::Uninstall(plain) => uninstall(plain),
        ServiceVerb::Status(plain) => status(plain),
        ServiceVerb::Start(plain) => tell(plain, "start"),
        ServiceVerb::Stop(plain) => tell(plain, "stop"),
        ServiceVerb::Restart(plain) => tell(plain, "restart"),
        ServiceVerb::Logs(logs) => journal(logs),
    }
}

fn service(plain: &Plain) -> Result<(Service, Boot, Identity), Failure> {
    let boot = plain.bot.boot()?;
    let identity = identity(&boot)?;
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")));
    let units = config.map(|c| c.join("systemd").join("user"));
    let units = units.ok_or_else(|| Failure::bad_input("no_home", "neither XDG_CONFIG_HOME nor HOME is set"))?;
    Ok((Service::new(Unit::name(&identity), &units, Manager::of_user()), boot, identity))
}

fn install(plain: &Plain) -> Result<(), Failure> {
    let (service, boot, identity) = service(plain)?;
    if !boot.key.is_file() {
        let message = format!("{}: there is no key yet; set the bot up first, with tbot run", boot.key.display());
        return Err(Failure::bad_input("no_key", message));
    }
    let program = std::env::current_exe().map_err(|e| Failure::failed("program", e))?;
    // A folder beside which it happens to be called, where there is one; the service is started from elsewhere.
    let config = plain.bot.config.clone().or_else(|| Some(PathBuf::from("config")).filter(|beside| beside.is_dir()));
    let config = config.map(std::path::absolute).transpose().map_err(|e| Failure::failed("path", e))?;
    let unit = Unit { identity, program, data: boot.folders.data().to_path_buf(), config, key: boot.key.clone() };
    let done = service.install(&unit)?;
    if plain.json {
        console::say(&serde_json::to_string(&done).map_err(|e| Failure::failed("json", e))?);
    } else {
        let how = if done.written { "written" } else { "is up to date" };
        console::say(&format!(
            "{} {how}, {}.",
            done.path.display(),
            if done.enabled { "enabled" } else { "enabled before" }
        ));
        console::say("Start it with: tbot service start");
    }
    if done.lingers != Some(true) {
        console::remark(
            "A user's services end when the user signs out, and begin when the user signs in. For a bot that runs around the clock, once: loginctl enable-linger (tbot does not do that for you; undo it with disable-linger)",
        );
    }
    remedy(&service);
    Ok(())
}

fn uninstall(plain: &Plain) -> Result<(), Failure> {
    let (service, ..) = service(plain)?;
    let done = service.uninstall()?;
    let said = if done { "disabled and removed" } else { "was not installed" };
    if plain.json {
        console::say(&serde_json::json!({ "unit": service.name(), "removed": done }).to_string());
    } else {
        console::say(&format!("{} {said}. Data, keys and linger are as they were.", service.name()));
    }
    remedy(&service);
    Ok(())
}

fn tell(plain: &Plain, verb: &str) -> Result<(), Failure> {
    let (service, ..) = service(plain)?;
    service.tell(verb)?;
    remedy(&service);
    status(plain)
}

fn status(plain: &Plain) -> Result<(), Failure> {
    let (service, ..) = service(plain)?;
    let standing = service.standing()?;
    if plain.json {
        console::say(&serde_json::to_string(&standing).map_err(|e| Failure::failed("json", e))?);
    } else {
        let word = |yes: Option<bool>| yes.map_or("unknown", |y| if y { "yes" } else { "no" });
        console::say(&format!("{}: {}, {}", standing.unit, standing.active, standing.enabled));
        console::say(&format!("says      {}", if standing.status.is_empty() { "–" } else { &standing.status }));
        console::say(&format!("process   {}", standing.pid.map_or("–".to_owned(), |pid| pid.to_string())));
        console::say(&format!("restarts  {}", standing.restarts.map_or("–".to_owned(), |n| n.to_string())));
        console::say(&format!("lingers   {}", word(standing.lingers)));
    }
    Ok(())
}

fn journal(logs: &Logs) -> Result<(), Failure> {
    let (service, ..) = service(&logs.plain)?;
    let mut command = Command::new("journalctl");
    command.args(["--user", "--user-unit", service.name(), "--lines", "200", "--no-pager"]);
    if logs.follow {
        command.arg("--follow");
    }
    if logs.plain.json {
        command.args(["--output", "json"]);
    }
    let ended = command.status();
    let ended = ended.map_err(|e| Failure::failed("journal", format!("journalctl cannot be started: {e}")))?;
    if ended.success() { Ok(()) } else { Err(Failure::failed("journal", format!("journalctl ended with {ended}"))) }
}

fn remedy(service: &Service) {
    if let Some(remedy) = service.manager().remedy() {
        console::remark(&remedy);
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::failed(error.code(), error)
    }
}
