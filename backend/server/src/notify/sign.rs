//! Signatures of the Standard Webhooks specification, v1: HMAC-SHA256 over `id.timestamp.body`, base64, prefixed `v1,`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use plumbline_model::ReceivedTime;
use sha2::Sha256;

/// A shared secret, 24 to 64 bytes, written `whsec_` and base64. Its bytes are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a secret was refused. It never repeats the secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SecretError {
    #[error("expected `whsec_` followed by base64, as Standard Webhooks writes secrets")]
    NotBase64,
    #[error("expected 24 to 64 bytes, got {0}")]
    Length(usize),
}

impl Secret {
    /// Reads `whsec_…`; a text without the prefix is taken as base64 as well.
    ///
    /// # Errors
    /// When it is not base64, or is shorter or longer than the specification allows.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.trim();
        let encoded = encoded.strip_prefix("whsec_").unwrap_or(encoded);
        let bytes = STANDARD.decode(encoded).map_err(|_| SecretError::NotBase64)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SecretError::Length(bytes.len())) }
    }

    /// The value of the `webhook-signature` header. `timestamp` is in whole seconds, as the `webhook-timestamp` header has it.
    pub fn sign(&self, id: &str, timestamp_seconds: i64, body: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp_seconds}.").as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The `webhook-timestamp` of a try: the time of the try, not of the event, so that receivers can refuse old replays.
pub fn timestamp_seconds(now: ReceivedTime) -> i64 {
    now.0.div_euclid(plumbline_model::time::SECOND_NS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_specification_does() {
        // The example of the Standard Webhooks specification's reference implementations.
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn refuses_what_is_no_secret() {
        assert_eq!(Secret::parse("whsec_!!"), Err(SecretError::NotBase64));
        assert_eq!(Secret::parse("whsec_c2hvcnQ="), Err(SecretError::Length(5)));
    }
}
