//! The Parameter Store: credentials, and the cron expression.

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;
use secrecy::SecretString;
use sync::ports::{PortError, PortResult};

use crate::error::port_error;

/// Reads parameters. Nothing is kept: a parameter that was changed is read as it is now.
#[derive(Clone, Debug)]
pub struct Parameters {
    client: Client,
}

impl Parameters {
    /// A reader; nothing is sent yet.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The value of a parameter, decrypted. That there is no such parameter is a permanent error, and so is every
    /// refusal.
    pub async fn get(&self, path: &str) -> PortResult<SecretString> {
        match self.get_text(path).await? {
            Some(value) => Ok(value.into()),
            None => Err(PortError::permanent(format!(
                "could not read parameter {path}: there is no such parameter"
            ))),
        }
    }

    /// The value of a parameter that is no secret; `None` when there is no such parameter.
    pub async fn get_text(&self, path: &str) -> PortResult<Option<String>> {
        match self.client.get_parameter().name(path).with_decryption(true).send().await {
            Ok(output) => Ok(output.parameter.and_then(|parameter| parameter.value)),
            Err(error) => match error.as_service_error() {
                Some(refusal)
                    if refusal.is_parameter_not_found() || refusal.is_parameter_version_not_found() =>
                {
                    Ok(None)
                }
                _ => Err(port_error(&format!("read parameter {path}"), &error)),
            },
        }
    }
}
