//! Who has signed a request (`SigV4`): the signature is made again with the secret that the key's owner has, and compared.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::http::request::Parts;

use crate::queues::REGION;

/// The secret of both callers, so that a test can look for it where it must not be.
pub const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY-of-the-tests";

/// A signature is good for so long.
const FRESH: Duration = Duration::from_mins(5);

/// Whose access keys the account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// May invoke the API.
    Operator,
    /// Is somebody, and may not.
    Stranger,
}

impl Caller {
    /// The id of the access key.
    pub fn access_key(self) -> &'static str {
        match self {
            Self::Operator => "AKIAOPERATOR",
            Self::Stranger => "AKIASTRANGER",
        }
    }
}

/// Who has signed; the error is API Gateway's own message.
pub(super) fn check(head: &Parts, body: &[u8]) -> Result<Caller, &'static str> {
    const INVALID: &str = "The security token included in the request is invalid.";
    const WRONG: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                         Access Key and signing method. Consult the service documentation for details.";
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization").ok_or("Missing Authentication Token")?;
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("Missing Authentication Token")?;
    let field = |name: &str| {
        fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('=')).ok_or(INVALID)
    };
    let (scope, signed, signature) = (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
    let scope: Vec<&str> = scope.split('/').collect();
    let [key, day, region, service, "aws4_request"] = scope.as_slice() else {
        return Err(INVALID);
    };
    let caller = [Caller::Operator, Caller::Stranger].into_iter().find(|caller| caller.access_key() == *key);
    let caller = caller.ok_or(INVALID)?;
    if (*region, *service) != (REGION, "execute-api") {
        return Err("Credential should be scoped to a valid region and to execute-api.");
    }
    let date = header("x-amz-date").ok_or(INVALID)?;
    let time = time(date).filter(|_| date.starts_with(day)).ok_or(INVALID)?;
    let signed: Vec<&str> = signed.split(';').collect();
    if !["host", "x-amz-date"].iter().all(|needed| signed.contains(needed)) {
        return Err(WRONG);
    }
    let token = header("x-amz-security-token");
    if token.is_some() && !signed.contains(&"x-amz-security-token") {
        return Err(WRONG);
    }
    let made_by_signing = ["x-amz-date", "x-amz-security-token"];
    let headers = signed.iter().filter(|name| !made_by_signing.contains(name));
    let headers: Option<Vec<(&str, &str)>> = headers.map(|name| Some((*name, header(name)?))).collect();
    let url = format!("http://{}{}", header("host").ok_or(INVALID)?, head.uri);
    let again = sign_again(head.method.as_str(), &url, headers.ok_or(WRONG)?, body, key, token, time);
    if again.ok_or(WRONG)? != signature {
        return Err(WRONG);
    }
    let age = SystemTime::now().duration_since(time).unwrap_or_else(|error| error.duration());
    if age > FRESH { Err("Signature expired") } else { Ok(caller) }
}

fn sign_again(
    method: &str,
    url: &str,
    headers: Vec<(&str, &str)>,
    body: &[u8],
    key: &str,
    token: Option<&str>,
    time: SystemTime,
) -> Option<String> {
    let identity = Credentials::new(key, SECRET_KEY, token.map(str::to_owned), None, "the account").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("execute-api")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let request = SignableRequest::new(method, url, headers.into_iter(), SignableBody::Bytes(body)).ok()?;
    Some(sign(request, &params).ok()?.signature().to_owned())
}

/// `20261126T000500Z`.
fn time(date: &str) -> Option<SystemTime> {
    let parsed = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", date).ok()?;
    let moment = jiff::tz::TimeZone::UTC.to_timestamp(parsed.to_datetime().ok()?).ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(moment.as_millisecond()).ok()?))
}
