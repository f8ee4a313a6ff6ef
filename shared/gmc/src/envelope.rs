//! The request: the envelope of `GetDoctorsForDB`, and the credentials that go into it.

use std::fmt;

use domain::BodyCode;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// The namespace of every element of the service (WSDL, `targetNamespace`).
pub const GMC_NAMESPACE: &str = "https://webcache.gmc-uk.org/GMCWebServices/";

/// The `SOAPAction` of `GetDoctorsForDB`, with the quotation marks that SOAP 1.1 wants around it.
pub const SOAP_ACTION: &str = "\"https://webcache.gmc-uk.org/GMCWebServices/GetDoctorsForDB\"";

/// Who asks. Both secrets and names stay out of `Debug`.
#[derive(Clone)]
pub struct Credentials {
    username: String,
    password: SecretString,
    internal_user: String,
}

/// Why credentials cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCredentials {
    /// The service answers an empty user name with return code 99.
    #[error("the gmc user name is empty")]
    NoUsername,
    /// The service answers an empty internal user with return code 110.
    #[error("the gmc internal user is empty")]
    NoInternalUser,
    /// XML has no way of writing this character.
    #[error("the gmc {0} holds a control character")]
    Character(&'static str),
}

/// A request as it goes over the wire. It holds the password, so `Debug` shows only its length.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestEnvelope(String);

/// The envelope that asks for the doctors of a designated body: SOAP 1.1, UTF-8, elements in the WSDL's order.
pub fn request_envelope(credentials: &Credentials, body: &BodyCode, request_id: Uuid) -> RequestEnvelope {
    let body = escape(body.as_str());
    let internal_user = escape(&credentials.internal_user);
    let username = escape(&credentials.username);
    let password = escape(credentials.password.expose_secret());
    RequestEnvelope(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <GetDoctorsForDB xmlns=\"{GMC_NAMESPACE}\">\
         <request><DesignatedBodyCode>{body}</DesignatedBodyCode>\
         <ClientRequestID>{request_id}</ClientRequestID>\
         <InternalUser>{internal_user}</InternalUser></request>\
         <Username>{username}</Username><Password>{password}</Password>\
         </GetDoctorsForDB></soap:Body></soap:Envelope>"
    ))
}

impl Credentials {
    /// Refuses what the service would refuse every time: an empty user name or internal user.
    pub fn new(
        username: impl Into<String>,
        password: SecretString,
        internal_user: impl Into<String>,
    ) -> Result<Self, InvalidCredentials> {
        let (username, internal_user) = (username.into(), internal_user.into());
        if username.trim().is_empty() {
            return Err(InvalidCredentials::NoUsername);
        }
        if internal_user.trim().is_empty() {
            return Err(InvalidCredentials::NoInternalUser);
        }
        for (name, value) in [
            ("user name", username.as_str()),
            ("password", password.expose_secret()),
            ("internal user", &internal_user),
        ] {
            if !value.chars().all(crate::xml::is_char) {
                return Err(InvalidCredentials::Character(name));
            }
        }
        Ok(Self { username, password, internal_user })
    }

    /// A text of the service without anything of ours: it may quote the request that it did not like.
    pub(crate) fn conceal(&self, text: &str) -> String {
        let mut concealed = text.to_owned();
        for secret in [self.password.expose_secret(), &self.username, &self.internal_user] {
            for form in [secret, escape(secret).as_str()] {
                if !form.is_empty() && concealed.contains(form) {
                    concealed = concealed.replace(form, "[hidden]");
                }
            }
        }
        concealed
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

impl RequestEnvelope {
    /// The text for the wire: never to be logged.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The bytes for the wire: never to be logged.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

impl fmt::Debug for RequestEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestEnvelope({} bytes, hidden)", self.0.len())
    }
}

/// Text as element content. A carriage return is written as a reference, or the reader's line ends would eat it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST_ID: Uuid = Uuid::from_u128(0x3f0c_6f0e_6d1c_4c55_8d0e_1f6f_3f7b_9a10);

    fn credentials(username: &str, password: &str, internal_user: &str) -> Credentials {
        Credentials::new(username, password.into(), internal_user).unwrap()
    }

    fn envelope(credentials: &Credentials) -> String {
        request_envelope(credentials, &BodyCode::parse("1-1RUZUSF").unwrap(), REQUEST_ID).expose().to_owned()
    }

    #[test]
    fn the_elements_stand_in_the_order_of_the_wsdl() {
        let text = envelope(&credentials("hee", "secret", "admin"));

        let document = roxmltree::Document::parse(&text).unwrap();
        let said: Vec<(&str, Option<&str>)> = document
            .descendants()
            .filter(roxmltree::Node::is_element)
            .map(|node| {
                let gmc = node.tag_name().namespace() == Some(GMC_NAMESPACE);
                assert!(gmc || ["Envelope", "Body"].contains(&node.tag_name().name()));
                (node.tag_name().name(), node.text())
            })
            .collect();
        assert_eq!(
            said,
            [
                ("Envelope", None),
                ("Body", None),
                ("GetDoctorsForDB", None),
                ("request", None),
                ("DesignatedBodyCode", Some("1-1RUZUSF")),
                ("ClientRequestID", Some("3f0c6f0e-6d1c-4c55-8d0e-1f6f3f7b9a10")),
                ("InternalUser", Some("admin")),
                ("Username", Some("hee")),
                ("Password", Some("secret")),
            ]
        );
    }

    #[test]
    fn every_character_of_a_password_arrives_as_it_is() {
        let password = "p<a>&s]]>\"'é\r\n\t€😀&amp;";
        let text = envelope(&credentials("hee", password, "admin"));

        let document = roxmltree::Document::parse(&text).unwrap();
        let sent = document.descendants().find(|node| node.has_tag_name((GMC_NAMESPACE, "Password")));
        assert_eq!(sent.unwrap().text(), Some(password));
    }

    #[test]
    fn what_the_service_would_always_refuse_is_refused_here() {
        let refused = |username: &str, password: &str, internal_user: &str| {
            Credentials::new(username, password.into(), internal_user).unwrap_err()
        };

        assert_eq!(refused(" ", "p", "admin"), InvalidCredentials::NoUsername);
        assert_eq!(refused("hee", "p", ""), InvalidCredentials::NoInternalUser);
        assert_eq!(refused("hee", "p\0", "admin"), InvalidCredentials::Character("password"));
    }

    #[test]
    fn debug_shows_no_credentials() {
        let credentials = credentials("the-user", "the-password", "the-internal-user");
        let request = request_envelope(&credentials, &BodyCode::parse("1-X").unwrap(), REQUEST_ID);

        let shown = format!("{credentials:?} {request:?}");
        for hidden in ["the-user", "the-password", "the-internal-user"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }

    #[test]
    fn what_the_service_quotes_of_the_request_is_concealed() {
        let credentials = credentials("the-user", "a<b", "me@hee");

        let told = credentials.conceal("cannot read <Password>a&lt;b</Password> of the-user (a<b), me@hee");

        assert_eq!(told, "cannot read <Password>[hidden]</Password> of [hidden] ([hidden]), [hidden]");
    }

    #[test]
    fn the_soap_action_is_quoted() {
        assert_eq!(SOAP_ACTION, format!("\"{GMC_NAMESPACE}GetDoctorsForDB\""));
    }
}
