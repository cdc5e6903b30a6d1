//! Cursors of the list of orders, as opaque text.
//!
//! A cursor is the sort key of the last order of a page and not an offset, so that pages neither skip nor
//! repeat an order while new ones are placed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use order_core::ports::Cursor;
use order_core::value::OrderId;
use uuid::Uuid;

/// Encodes a cursor: microseconds, then the id, 24 bytes in base64url.
pub(crate) fn encode(cursor: Cursor) -> String {
    let mut bytes = [0_u8; 24];
    let (micros, id) = bytes.split_at_mut(8);
    micros.copy_from_slice(&cursor.placed_at.timestamp_micros().to_be_bytes());
    id.copy_from_slice(cursor.id.as_uuid().as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes what [`encode`] wrote; `None` for anything else.
pub(crate) fn decode(text: &str) -> Option<Cursor> {
    let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (micros, id) = bytes.split_first_chunk::<8>()?;
    let placed_at = DateTime::from_timestamp_micros(i64::from_be_bytes(*micros))?;
    let id = OrderId::from_uuid(Uuid::from_slice(id).ok()?);
    Some(Cursor::new(placed_at, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_decoded_as_it_was_encoded() {
        let cursor = Cursor::new(
            DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
            OrderId::parse("01970000-0000-7000-8000-000000000001").unwrap(),
        );
        let text = encode(cursor);
        assert_eq!(text.len(), 32);
        assert_eq!(decode(&text), Some(cursor));
    }

    #[test]
    fn anything_else_is_not_decoded() {
        for text in [
            "",
            "x",
            "===",
            &"A".repeat(31),
            &"A".repeat(33),
            &"_".repeat(32),
        ] {
            let read = decode(text).map(encode);
            assert!(read.is_none_or(|again| again == text), "{text}");
        }
        assert_eq!(decode("not a cursor"), None);
    }
}
