use serde_json::json;

use super::*;

fn key(id: &str, byte: u8) -> Key {
    Key::new(id, vec![byte; 32]).unwrap()
}

fn vault(keys: Vec<Key>) -> Vault {
    Vault::of(KeyRing::of(keys)).unwrap()
}

fn ours() -> Vec<u8> {
    context(MerchantId::new(7), 42)
}

fn secrets() -> Value {
    json!({ "accessToken": "shpat_0123", "expiresAt": 1_800_000_000_123_456_i64, "scopes": ["a", "ü"], "none": null })
}

#[test]
fn rule_24_what_is_sealed_opens_as_it_was_and_shows_nothing() {
    let vault = vault(vec![key("a", 1)]);
    let sealed = vault.seal(&ours(), &secrets());
    assert_eq!(vault.open(&ours(), &sealed).unwrap(), secrets());
    for word in ["shpat", "accessToken", "1800000000"] {
        assert!(!sealed.windows(word.len()).any(|bytes| bytes == word.as_bytes()), "{word}");
    }
    // The same again is something else: nobody sees that two connections have one token.
    assert_ne!(vault.seal(&ours(), &secrets()), sealed);
    for plain in [json!({}), json!({ "key": "k".repeat(100_000) })] {
        assert_eq!(vault.open(&ours(), &vault.seal(&ours(), &plain)).unwrap(), plain);
    }
}

/// Made with libsodium, from what the head of the module says: the format is what it says, and later versions read it.
#[test]
fn rule_24_the_format_is_what_others_make_of_its_description() {
    let vault = Vault::new(KeyRing::new(Key::new("2026-11_a", (0..32).collect()).unwrap()));
    let sealed = "0109323032362d31315f61404142434445464748494a4b4c4d4e4f5051525354555657054d30b29dc478fe98b8\
                  450fa04051a4f56124c990e3e470b1999e605b46a4f3f3c15f9e34126edda0d2ad99";
    let sealed = hex::decode(sealed).unwrap();
    let opened = vault.open(b"merchant 7 connection 42", &sealed).unwrap();
    assert_eq!(opened, json!({ "accessToken": "shpat_0123" }));
}

#[test]
fn rule_24_one_connections_secrets_open_in_no_other_place() {
    let vault = vault(vec![key("a", 1)]);
    let sealed = vault.seal(&context(MerchantId::new(1), 11), &secrets());
    for (merchant, connection) in [(2, 11), (1, 12), (11, 1), (1, 1), (111, 1)] {
        let other = context(MerchantId::new(merchant), connection);
        assert_eq!(vault.open(&other, &sealed), Err(VaultFault::Refused("a".to_owned())));
    }
    assert!(vault.open(b"", &sealed).is_err());
}

#[test]
fn rule_24_an_altered_byte_is_noticed_wherever_it_is() {
    let vault = vault(vec![key("key-1", 1), key("key-2", 2)]);
    let sealed = vault.seal(&ours(), &secrets());
    for place in 0..sealed.len() {
        for bit in [1, 3, 128] {
            let mut altered = sealed.clone();
            altered[place] ^= bit;
            assert!(vault.open(&ours(), &altered).is_err(), "byte {place}");
        }
        assert!(vault.open(&ours(), &sealed[..place]).is_err(), "{place} bytes");
    }
    assert!(vault.open(&ours(), &[sealed, vec![0]].concat()).is_err());
}

#[test]
fn what_is_not_sealed_is_told_apart_from_what_is_of_another_version() {
    let vault = vault(vec![key("a", 1)]);
    let sealed = vault.seal(&ours(), &secrets());
    for damaged in
        [&b""[..], &[0; 80], &[1, 200], &sealed[..20], &[&[1, 3], &b"a\nb"[..], &[0; 60]].concat()]
    {
        assert_eq!(vault.open(&ours(), damaged), Err(VaultFault::Damaged), "{damaged:?}");
        assert!(!vault.is_current(damaged));
    }
    let later = [&[2], &sealed[1..]].concat();
    assert_eq!(vault.open(&ours(), &later), Err(VaultFault::Version(2)));
    assert!(!vault.is_current(&later));
}

/// The three steps of a rotation on two servers, of which one is always a step behind: each opens what the other sealed.
#[test]
fn rule_24_a_key_is_rotated_without_downtime() {
    let (old, new) = (|| key("old", 1), || key("new", 2));
    let before = vault(vec![old()]);
    let behind = vault(vec![old(), new()]);
    let in_front = vault(vec![new(), old()]);
    let after = vault(vec![new()]);
    for (one, other) in [(&before, &behind), (&behind, &in_front), (&in_front, &after)] {
        let steps = [(one, other), (other, one)];
        // Before the last step, everything was sealed again: the old key seals nothing since the second.
        for (sealing, opening) in steps {
            let sealed = sealing.seal(&ours(), &secrets());
            assert_eq!(
                opening.open(&ours(), &sealed).unwrap(),
                secrets(),
                "{sealing:?} {opening:?}"
            );
        }
    }

    let sealed = before.seal(&ours(), &secrets());
    assert_eq!(Vault::key_id(&sealed), Ok("old"));
    assert!(before.is_current(&sealed) && behind.is_current(&sealed));
    assert!(!in_front.is_current(&sealed));
    let again = in_front.seal(&ours(), &in_front.open(&ours(), &sealed).unwrap());
    assert_eq!(Vault::key_id(&again), Ok("new"));
    assert!(in_front.is_current(&again) && after.is_current(&again));
    assert_eq!(after.open(&ours(), &again).unwrap(), secrets());
    assert_eq!(after.open(&ours(), &sealed), Err(VaultFault::MissingKey("old".to_owned())));
}

#[test]
fn a_key_that_is_missing_is_named_with_the_way_out() {
    let sealed = vault(vec![key("k-2026", 1)]).seal(&ours(), &secrets());
    for (fault, words) in [
        (
            Vault::of(None).unwrap_err(),
            ["keys.encryption", "`regulars keys`", "REGULARS_KEYS_ENCRYPTION"],
        ),
        (
            vault(vec![key("other", 1)]).open(&ours(), &sealed).unwrap_err(),
            ["k-2026", "keys.encryption", "anew"],
        ),
        // One that is called the same is not the same.
        (
            vault(vec![key("k-2026", 2)]).open(&ours(), &sealed).unwrap_err(),
            ["k-2026", "keys.encryption", "anew"],
        ),
    ] {
        let said = fault.to_string();
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}

#[test]
fn rule_24_neither_keys_nor_secrets_are_printed() {
    let (vault, other) = (vault(vec![key("a", 0xAB)]), vault(vec![key("b", 0xCD)]));
    let sealed = vault.seal(&ours(), &secrets());
    let fault = other.open(&ours(), &sealed).unwrap_err();
    let refused = vault.open(b"", &sealed).unwrap_err();
    let printed = format!("{vault:?} {fault:?} {fault} {refused:?} {refused}");
    for secret in ["abab", "171", "shpat", "accessToken"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
    assert!(printed.contains("Key(a, ***)"), "{printed}");
}
