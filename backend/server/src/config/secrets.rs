//! Secrets that lie in files: read once, when the configuration comes into force, after all of it was found right.

use std::{collections::BTreeMap, path::Path};

use plumbline_model::{ReceiverName, SourceName};

use super::{Config, scalar::Secret};

/// What the configuration names and does not hold itself.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Secrets {
    /// The bearer token that senders to an HTTP source must show.
    pub tokens: BTreeMap<SourceName, Secret>,
    /// The signing secret of a webhook, from wherever it is given.
    pub webhooks: BTreeMap<ReceiverName, Secret>,
}

/// A file that could not be used as a secret.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {file} {reason}")]
pub struct SecretFileError {
    /// `sources.functions.http.token_file`.
    pub key: String,
    pub file: String,
    pub reason: String,
}

/// Reads all of them.
///
/// # Errors
/// The first file that cannot be read, or is empty.
pub fn read(config: &Config) -> Result<Secrets, SecretFileError> {
    let mut secrets = Secrets::default();
    for (name, source) in &config.file.sources {
        if let Some(path) = source.http.as_ref().and_then(|http| http.token_file.as_deref()) {
            let token = read_one(&format!("sources.{name}.http.token_file"), path)?;
            secrets.tokens.insert(SourceName::new(name), token);
        }
    }
    for (name, receiver) in &config.file.alerts.receivers {
        let Some(webhook) = &receiver.webhook else { continue };
        let secret = match (&webhook.secret, &webhook.secret_file) {
            (Some(secret), _) => Some(secret.clone()),
            (None, Some(path)) => Some(read_one(&format!("alerts.receivers.{name}.webhook.secret_file"), path)?),
            (None, None) => None,
        };
        if let Some(secret) = secret {
            secrets.webhooks.insert(ReceiverName::new(name), secret);
        }
    }
    Ok(secrets)
}

fn read_one(key: &str, path: &Path) -> Result<Secret, SecretFileError> {
    let wrong = |reason: String| SecretFileError { key: key.to_owned(), file: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    match text.trim() {
        "" => Err(wrong("is empty".to_owned())),
        secret => Ok(Secret::new(secret)),
    }
}
