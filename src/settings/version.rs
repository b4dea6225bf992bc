//! OPS-4: the data folder's `VERSION`, the binary's version and the configuration's schema agree, or nothing starts.

use std::path::Path;

use super::error::SettingsError;
use super::folders::replace;
use super::runtime::Runtime;

/// What this binary is, in the words of the file.
fn own() -> String {
    format!("tbot {} schema {}", env!("CARGO_PKG_VERSION"), Runtime::SCHEMA)
}

/// Refuses a data folder that another version wrote; a new one gets its `VERSION`.
///
/// # Errors
/// [`SettingsError::Version`] with what to do; [`SettingsError::File`] where the file cannot be read or written.
pub fn agree(data: &Path) -> Result<(), SettingsError> {
    let path = data.join("VERSION");
    let found = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let text = format!("{}\n", own());
            return replace(&path, text.as_bytes())
                .map_err(|e| SettingsError::file(&path, format!("cannot be written: {e}")));
        }
        Err(e) => return Err(SettingsError::file(&path, format!("cannot be read: {e}"))),
    };
    if found.trim() == own() {
        return Ok(());
    }
    Err(SettingsError::Version {
        found: format!("{} says {:?}", path.display(), found.trim()),
        own: format!("{:?}", own()),
        remedy: "Take a backup, read the changelog's notes on upgrading, then write this version into that file; or start the version that it names".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_4_another_version_is_refused_with_both_versions() {
        let data = crate::settings::test_place::TestPlace::new();
        agree(&data).unwrap();
        agree(&data).unwrap();
        std::fs::write(data.join("VERSION"), "tbot 9.9.9 schema 7\n").unwrap();
        let refused = agree(&data).unwrap_err().to_string();
        assert!(
            refused.contains("\"tbot 9.9.9 schema 7\"") && refused.contains(env!("CARGO_PKG_VERSION")),
            "{refused}"
        );
    }
}
