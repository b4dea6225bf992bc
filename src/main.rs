//! Starts; nothing else.

fn main() -> std::process::ExitCode {
    tbot::app::start()
}
