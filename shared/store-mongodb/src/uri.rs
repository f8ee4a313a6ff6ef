//! Reading the URI, which has a password in it, without ever showing it.

use mongodb::options::ClientOptions;
use secrecy::{ExposeSecret as _, SecretString};

use crate::settings::MongoError;

/// Reads the URI. What an error says of it is only ever taken from what comes after the user and the password.
pub(crate) async fn parse(uri: &SecretString) -> Result<ClientOptions, MongoError> {
    let text = uri.expose_secret().trim();
    match ClientOptions::parse(text).await {
        Ok(options) => Ok(options),
        Err(_) => Err(MongoError::Uri(reason(text).await)),
    }
}

/// Why a URI that cannot be read cannot be read.
///
/// The driver's own reason quotes the part that it stumbled upon, which is a piece of the password if that holds a
/// `/`, `?` or `@`. So the driver is asked again with another user and password: what it then says is about the rest.
async fn reason(uri: &str) -> String {
    const EXPECTED: &str = "expected mongodb://user:password@host:port/?options";
    let Some(rest) = uri.strip_prefix("mongodb://") else {
        if uri.starts_with("mongodb+srv://") {
            return "mongodb+srv:// is not supported, name the hosts with mongodb://".to_owned();
        }
        return format!("it does not begin with mongodb://; {EXPECTED}");
    };
    if rest.to_ascii_lowercase().contains("password=") {
        return format!("{EXPECTED}; it is not shown, because its options hold a password");
    }
    let Some((_, without_user)) = rest.rsplit_once('@') else {
        // `user:secret` alone looks like a host with a port
        return format!("{EXPECTED}; it is not shown, because it may hold a password");
    };
    match ClientOptions::parse(format!("mongodb://user:password@{without_user}")).await {
        Ok(_) => "its user or password has a character that must be percent-encoded: one of : / ? # [ ] @ %"
            .to_owned(),
        Err(error) => match *error.kind {
            mongodb::error::ErrorKind::InvalidArgument { message, .. } => message,
            _ => EXPECTED.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn error(uri: &str) -> String {
        parse(&uri.to_owned().into()).await.map(|_| ()).unwrap_err().to_string()
    }

    #[tokio::test]
    async fn no_piece_of_a_password_is_shown() {
        for password in
            ["s3cr3t/t0ken", "s3cr3t?t0ken", "s3cr3t@t0ken", "s3cr3t%t0ken", "s3cr3t:t0ken", "s3cr3t#[t0ken"]
        {
            for uri in [
                format!("mongodb://user:{password}@localhost:27017/?retryWrites=false"),
                format!("mongodb://user:{password}@localhost:27017"),
                format!("mongodb://user:{password}@localhost:99999/?w=1"),
                format!("mongodb://user:{password}@localhost/?noSuchOption=1&w=x"),
                format!("mongodb://user:{password}"),
                format!("mongodb://{password}"),
                format!("mongodb+srv://user:{password}@localhost"),
                password.to_owned(),
                format!("postgres://user:{password}@localhost"),
                format!("mongodb://localhost:99999/?tlsCertificateKeyFilePassword={password}"),
            ] {
                if let Err(error) = parse(&uri.clone().into()).await {
                    let told = error.to_string();
                    assert!(!told.contains("s3cr3t") && !told.contains("t0ken"), "{uri}: {told}");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_wrong_beside_the_password_is_told() {
        let port = error("mongodb://user:secret@localhost:99999/").await;
        assert!(port.contains("99999"), "{port}");
        let option = error("mongodb://user:secret@localhost/?readPreference=sometimes").await;
        assert!(option.contains("sometimes") && option.contains("read preference"), "{option}");
        let encoded = error("mongodb://user:sec/ret@localhost/").await;
        assert!(encoded.contains("percent-encoded"), "{encoded}");
        let scheme = error("mongodb+srv://localhost").await;
        assert!(scheme.contains("mongodb+srv"), "{scheme}");
    }
}
