use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::settings::test_place::TestPlace;

fn folders(place: &TestPlace) -> Folders {
    let folders = Folders::new(place.to_path_buf());
    folders.make(None).unwrap();
    folders
}

fn source(place: &TestPlace) -> KeySource {
    KeySource { credential: None, file: place.join("keys/tbot.key") }
}

fn vault(place: &TestPlace) -> Vault {
    Vault::create(&folders(place), source(place)).unwrap()
}

fn saving(over: u32) -> Saving {
    Saving { at: Timestamp::from_seconds(7), by: "ada".to_owned(), why: "because".to_owned(), over }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[test]
fn ops_2_a_version_is_read_back_and_nothing_on_the_disk_is_plain() {
    let place = TestPlace::new();
    let vault = vault(&place);
    assert_eq!(vault.newest().unwrap(), None);
    assert_eq!(vault.save("day_loss = 2000", saving(0)).unwrap(), 1);
    assert_eq!(vault.save("day_loss = 1500", saving(1)).unwrap(), 2);
    assert_eq!(vault.roll_back(1, saving(2)).unwrap(), 3);
    assert_eq!(vault.versions().unwrap(), [1, 2, 3]);
    let newest = vault.newest().unwrap().unwrap();
    assert_eq!((newest.number, newest.same_as, newest.document.as_str()), (3, Some(1), "day_loss = 2000"));
    assert_eq!(vault.read(2).unwrap().document, "day_loss = 1500");
    vault.set_secret("finnhub", &secret("plain-and-simple")).unwrap();
    for folder in ["config", "secrets"] {
        for entry in std::fs::read_dir(place.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!bytes.contains("day_loss") && !bytes.contains("plain-and"), "{}", path.display());
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    assert_eq!(Vault::open(&folders(&place), source(&place)).unwrap().versions().unwrap(), [1, 2, 3]);
}

#[test]
fn ops_3_a_change_over_an_older_version_is_refused() {
    let place = TestPlace::new();
    let vault = vault(&place);
    vault.save("a", saving(0)).unwrap();
    vault.save("b", saving(1)).unwrap();
    let refused = vault.save("c", saving(1)).unwrap_err();
    assert!(refused.to_string().contains("made over version 1, the newest is 2"), "{refused}");
    assert_eq!(vault.versions().unwrap(), [1, 2]);
}

#[test]
fn ops_2_every_changed_byte_is_found() {
    let place = TestPlace::new();
    let vault = vault(&place);
    vault.save("day_loss = 2000", saving(0)).unwrap();
    let path = place.join("config/000001.sealed");
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(vault.read(1).is_err(), "byte {at}");
    }
    // A write that the power cut.
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(vault.read(1).is_err(), "{length} bytes");
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(vault.read(1).unwrap().document, "day_loss = 2000");
}

#[test]
fn ops_2_a_file_cannot_be_taken_for_another() {
    let place = TestPlace::new();
    let vault = vault(&place);
    vault.save("old", saving(0)).unwrap();
    vault.save("new", saving(1)).unwrap();
    let path = |n: u32| place.join(format!("config/00000{n}.sealed"));
    std::fs::copy(path(1), path(2)).unwrap();
    let refused = vault.read(2).unwrap_err();
    assert_eq!(refused.code(), "sealed_swapped");
    assert!(refused.to_string().contains("should be configuration 2 and says that it is configuration 1"), "{refused}");
    // The line is changed to fit: the seal does not open.
    let mut bytes = std::fs::read(path(1)).unwrap();
    let at = bytes.windows(15).position(|w| w == b"configuration 1").unwrap() + 14;
    bytes[at] = b'2';
    std::fs::write(path(2), bytes).unwrap();
    assert_eq!(vault.read(2).unwrap_err().code(), "sealed_damaged");

    vault.set_secret("alpaca", &secret("first-secret")).unwrap();
    vault.set_secret("finnhub", &secret("second-secret")).unwrap();
    std::fs::copy(place.join("secrets/alpaca.000001.sealed"), place.join("secrets/finnhub.000001.sealed")).unwrap();
    assert_eq!(vault.secret("finnhub").unwrap_err().code(), "sealed_swapped");
    assert_eq!(vault.secret("alpaca").unwrap().unwrap().reveal(), "first-secret");
}

#[test]
fn ops_2_another_key_opens_nothing() {
    let (place, other) = (TestPlace::new(), TestPlace::new());
    let (vault, other_vault) = (vault(&place), vault(&other));
    vault.save("mine", saving(0)).unwrap();
    other_vault.save("theirs", saving(0)).unwrap();
    std::fs::copy(place.join("config/000001.sealed"), other.join("config/000001.sealed")).unwrap();
    assert_eq!(other_vault.read(1).unwrap_err().code(), "sealed_with_another_key");
}

#[test]
fn ops_2_the_key_is_made_once_and_only_the_own_user_may_read_it() {
    let place = TestPlace::new();
    let vault = vault(&place);
    vault.save("mine", saving(0)).unwrap();
    let file = place.join("keys/tbot.key");
    let key = std::fs::read(&file).unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    Vault::create(&folders(&place), source(&place)).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), key);
    for mode in [0o640, 0o604, 0o666] {
        std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        assert_eq!(Vault::open(&folders(&place), source(&place)).unwrap_err().code(), "key_not_private");
    }
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    for cut in [0, 10, key.len() - 1] {
        std::fs::write(&file, &key[..cut]).unwrap();
        assert_eq!(Vault::open(&folders(&place), source(&place)).unwrap_err().code(), "key_damaged");
    }
    std::fs::remove_file(&file).unwrap();
    let lost = Vault::create(&folders(&place), source(&place)).unwrap_err();
    assert!(lost.to_string().contains("the key is missing, and 1 files are sealed"), "{lost}");
    assert!(!file.exists(), "no second key is made over sealed files");
}

#[test]
fn ops_2_keys_rotate_while_another_process_works() {
    let place = TestPlace::new();
    let running = vault(&place);
    running.save("one", saving(0)).unwrap();
    running.set_secret("finnhub", &secret("second-secret")).unwrap();
    let before = std::fs::read(place.join("keys/tbot.key")).unwrap();
    let rotation = Vault::open(&folders(&place), source(&place)).unwrap().rotate().unwrap();
    assert_eq!(rotation.resealed, 2);
    let after = std::fs::read_to_string(place.join("keys/tbot.key")).unwrap();
    assert_eq!(after.lines().count(), 1, "the old key is gone");
    assert!(after.contains(&rotation.key) && after.as_bytes() != before);
    assert_eq!(running.read(1).unwrap().document, "one");
    assert_eq!(running.secret("finnhub").unwrap().unwrap().reveal(), "second-secret");
    running.save("two", saving(1)).unwrap();
    assert_eq!(Vault::open(&folders(&place), source(&place)).unwrap().read(2).unwrap().document, "two");
}

#[test]
fn ops_2_what_is_saved_after_a_rotation_beside_is_sealed_with_the_new_key() {
    for sealed_before in [false, true] {
        let place = TestPlace::new();
        let running = vault(&place);
        if sealed_before {
            running.set_secret("finnhub", &secret("second-secret")).unwrap();
        }
        Vault::open(&folders(&place), source(&place)).unwrap().rotate().unwrap();
        running.save("after", saving(0)).unwrap();
        assert_eq!(Vault::open(&folders(&place), source(&place)).unwrap().read(1).unwrap().document, "after");
    }
}

#[test]
fn ops_2_a_rotation_that_was_stopped_half_way_loses_nothing_and_can_be_finished() {
    let place = TestPlace::new();
    let vault = vault(&place);
    vault.save("one", saving(0)).unwrap();
    vault.save("two", saving(1)).unwrap();
    // As after a power cut: the new key is there, the first file is sealed anew, the second is not.
    let both = source(&place).add_key().unwrap();
    let label = Label { name: CONFIGURATION.to_owned(), version: 1 };
    let path = place.join("config/000001.sealed");
    let plain = seal::open(&both, &std::fs::read(&path).unwrap(), &label, &path).unwrap();
    std::fs::write(&path, seal::seal(both.current(), &label, &plain).unwrap()).unwrap();
    let next = Vault::open(&folders(&place), source(&place)).unwrap();
    let documents = |v: &Vault| [1, 2].map(|n| v.read(n).unwrap().document);
    assert_eq!(documents(&next), ["one", "two"]);
    assert_eq!(next.rotate().unwrap().resealed, 2);
    assert_eq!(documents(&Vault::open(&folders(&place), source(&place)).unwrap()), ["one", "two"]);
    assert_eq!(std::fs::read_to_string(place.join("keys/tbot.key")).unwrap().lines().count(), 1);
}

#[test]
fn ops_6_a_credential_goes_before_the_file_and_is_not_rotated_alone() {
    let place = TestPlace::new();
    vault(&place).save("one", saving(0)).unwrap();
    let (file, credential) = (place.join("keys/tbot.key"), place.join("tbot.key"));
    std::fs::rename(&file, &credential).unwrap();
    let source = KeySource { credential: Some(credential), file };
    let opened = Vault::open(&folders(&place), source).unwrap();
    assert_eq!(opened.read(1).unwrap().document, "one");
    assert_eq!(opened.rotate().unwrap_err().code(), "key_read_only");
    assert_eq!(opened.read(1).unwrap().document, "one");
}

#[test]
fn secrets_are_set_replaced_and_removed_by_name() {
    let place = TestPlace::new();
    let vault = vault(&place);
    assert!(vault.secret("finnhub").unwrap().is_none());
    assert_eq!(vault.set_secret("finnhub", &secret("first-secret")).unwrap(), 1);
    assert_eq!(vault.set_secret("finnhub", &secret("second-secret")).unwrap(), 2);
    assert_eq!(vault.secrets().unwrap(), BTreeMap::from([("finnhub".to_owned(), 2)]));
    assert_eq!(std::fs::read_dir(place.join("secrets")).unwrap().count(), 1);
    assert!(vault.remove_secret("finnhub").unwrap());
    assert!(!vault.remove_secret("finnhub").unwrap());
    for name in ["", "../x", "A", "a.b"] {
        assert_eq!(vault.set_secret(name, &secret("whatever")).unwrap_err().code(), "secret_name");
    }
}

#[test]
fn ops_2_what_lies_elsewhere_stays_sealed_through_a_rotation() {
    let place = TestPlace::new();
    let vault = vault(&place);
    let sealed = vault.envelope("people").unwrap().seal("one-time code of Ada L", b"JBSWY3DP").unwrap();
    vault.rotate().unwrap();
    let envelope = Vault::open(&folders(&place), source(&place)).unwrap().envelope("people").unwrap();
    assert_eq!(envelope.open("one-time code of Ada L", &sealed).unwrap().as_slice(), b"JBSWY3DP");
    assert_eq!(envelope.open("one-time code of Bob", &sealed).unwrap_err().code(), "sealed_swapped");
    assert_eq!(
        vault.envelope("other").unwrap().open("one-time code of Ada L", &sealed).unwrap_err().code(),
        "sealed_with_another_key"
    );
    let mut torn = sealed.clone();
    torn.pop();
    assert_eq!(envelope.open("one-time code of Ada L", &torn).unwrap_err().code(), "sealed_damaged");
}
