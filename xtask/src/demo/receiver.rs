//! The demo's webhook receiver: verifies each delivery as the Standard Webhooks specification says and prints one line. A
//! delivery that comes again under the same id is recognised.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::clock::unix_micros;

/// Deliveries whose time is further off are replays.
const TOLERANCE_SECONDS: i64 = 300;
const BODY_BYTES_MAX: usize = 1 << 20;
const READ_LIMIT: Duration = Duration::from_secs(10);

/// Listens on the port and prints what arrives, until the process ends. `secret` is in the form `whsec_…`.
///
/// # Errors
/// When the port cannot be bound or the secret is none.
pub fn listen(listener: TcpListener, secret: &str) -> Result<()> {
    let secret = decode(secret)?;
    thread::spawn(move || {
        let mut seen = BTreeSet::new();
        for stream in listener.incoming().flatten() {
            if let Err(error) = serve(stream, &secret, &mut seen) {
                println!("webhook  refused: {error:#}");
            }
        }
    });
    Ok(())
}

fn decode(secret: &str) -> Result<Vec<u8>> {
    let base64 = secret.strip_prefix("whsec_").context("a webhook secret begins with whsec_")?;
    STANDARD.decode(base64).context("the webhook secret is no base64")
}

fn serve(mut stream: TcpStream, secret: &[u8], seen: &mut BTreeSet<String>) -> Result<()> {
    stream.set_read_timeout(Some(READ_LIMIT))?;
    let delivery = Delivery::read(&mut BufReader::new(&mut stream))?;
    let verified = delivery.verify(secret, unix_micros() / 1_000_000);
    let status = if verified.is_ok() { "204 No Content" } else { "401 Unauthorized" };
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    verified?;
    let again = if seen.insert(delivery.id.clone()) { "" } else { " (again)" };
    println!("webhook  {}{again}  signature verified  {}", delivery.id, delivery.words());
    Ok(())
}

/// A request as far as a receiver needs it.
#[derive(Debug, Default)]
struct Delivery {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

impl Delivery {
    fn read(stream: &mut impl BufRead) -> Result<Self> {
        let mut delivery = Self::default();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                bail!("the request ends within its headers");
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                if line.trim().is_empty() {
                    break;
                }
                continue;
            };
            let value = value.trim().to_owned();
            match name.to_ascii_lowercase().as_str() {
                "webhook-id" => delivery.id = value,
                "webhook-timestamp" => delivery.timestamp = value,
                "webhook-signature" => delivery.signature = value,
                "content-length" => length = value.parse().context("content-length")?,
                _ => {}
            }
        }
        if length > BODY_BYTES_MAX {
            bail!("a body of {length} bytes");
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        delivery.body = String::from_utf8(body).context("the body is no UTF-8")?;
        Ok(delivery)
    }

    fn verify(&self, secret: &[u8], now_seconds: i64) -> Result<()> {
        let sent: i64 = self.timestamp.parse().context("webhook-timestamp")?;
        if (now_seconds - sent).abs() > TOLERANCE_SECONDS {
            bail!("{}: its time is {} s off", self.id, now_seconds - sent);
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(secret)?;
        mac.update(format!("{}.{}.{}", self.id, self.timestamp, self.body).as_bytes());
        // One of the signatures must fit; compared in constant time.
        let fits = |signature: &str| {
            let code = signature.strip_prefix("v1,").and_then(|base64| STANDARD.decode(base64).ok());
            code.is_some_and(|code| mac.clone().verify_slice(&code).is_ok())
        };
        if self.signature.split(' ').any(fits) { Ok(()) } else { bail!("{}: no signature fits", self.id) }
    }

    /// What it tells, in a line.
    fn words(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let kind = text("/type").unwrap_or_else(|| "(no type)".to_owned());
        let headline = text("/data/headline").unwrap_or_default();
        let link = text("/data/links/incident").unwrap_or_default();
        format!("{kind}: {headline}  {link}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference implementations.
    fn delivery() -> Delivery {
        Delivery {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(),
            timestamp: "1614265330".into(),
            signature: "v1,other v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".into(),
            body: r#"{"test": 2432232314}"#.into(),
        }
    }
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const THEN: i64 = 1_614_265_330;

    #[test]
    fn a_signature_is_verified_as_the_specification_does() {
        let secret = decode(SECRET).unwrap();
        delivery().verify(&secret, THEN + 5).unwrap();
        let changed = Delivery { body: r#"{"test": 2432232315}"#.into(), ..delivery() };
        assert!(changed.verify(&secret, THEN).unwrap_err().to_string().contains("no signature fits"));
        assert!(delivery().verify(&secret, THEN + 3600).unwrap_err().to_string().contains("3600 s off"));
    }

    #[test]
    fn a_request_is_read_with_its_body() {
        let request = "POST /alerts HTTP/1.1\r\nHost: x\r\nWebhook-Id: m-1\r\nContent-Length: 4\r\n\r\n{}\r\nrest";
        let read = Delivery::read(&mut request.as_bytes()).unwrap();
        assert_eq!((read.id.as_str(), read.body.as_str()), ("m-1", "{}\r\n"));
    }
}
