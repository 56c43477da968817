//! OTLP.
use crate::{Decoded, RawRecord};
pub(crate) fn decode_record(_record: &RawRecord) -> Decoded {
    Decoded::default()
}
