//! The hash of a JSON body, by which the same request is recognised however it is written.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a body, independent of the order of members and of white space.
pub(crate) type BodyDigest = [u8; 32];

/// The digest of a request that takes no body.
pub(crate) const NO_BODY: BodyDigest = [0; 32];

/// Hashes a body.
pub(crate) fn digest(body: &Value) -> BodyDigest {
    let mut hasher = Sha256::new();
    feed(&mut hasher, body);
    hasher.finalize().into()
}

/// Every value is preceded by its type and every string by its length, so that no two bodies feed the
/// same bytes; the members of an object are sorted by name.
fn feed(hasher: &mut Sha256, value: &Value) {
    let text = |hasher: &mut Sha256, tag: &[u8], text: &str| {
        hasher.update(tag);
        hasher.update(text.len().to_be_bytes());
        hasher.update(text);
    };
    match value {
        Value::Null => hasher.update(b"n"),
        Value::Bool(true) => hasher.update(b"t"),
        Value::Bool(false) => hasher.update(b"f"),
        Value::Number(number) => text(hasher, b"d", &number.to_string()),
        Value::String(string) => text(hasher, b"s", string),
        Value::Array(items) => {
            hasher.update(b"[");
            items.iter().for_each(|item| feed(hasher, item));
            hasher.update(b"]");
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            hasher.update(b"{");
            for (name, member) in members {
                text(hasher, b"k", name);
                feed(hasher, member);
            }
            hasher.update(b"}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_digest_ignores_the_order_of_members_and_white_space() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":[true,null]}"#).unwrap();
        let other: Value = serde_json::from_str(r#" {"b" : [true, null], "a":1} "#).unwrap();
        assert_eq!(digest(&one), digest(&other));
    }

    #[test]
    fn different_bodies_have_different_digests() {
        let bodies = [
            json!({}),
            json!([]),
            json!({"a": 1}),
            json!({"a": "1"}),
            json!({"a": [1]}),
            json!(["a", 1]),
            json!(["a1"]),
            json!({"a": null}),
            json!({"b": 1}),
            json!({"a": 1, "b": 1}),
            json!({"a": 1, "b": 2}),
        ];
        for (at, one) in bodies.iter().enumerate() {
            for other in bodies.iter().skip(at + 1) {
                assert_ne!(digest(one), digest(other), "{one} {other}");
            }
        }
    }
}
