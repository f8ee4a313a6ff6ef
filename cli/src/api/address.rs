//! Where the API is, and whether requests to it are signed.

use std::fmt;

use settings::{Env, is_this_machine};
use url::Url;

use crate::args::ApiArgs;

/// The address of `v1/admin`.
#[derive(Clone, Debug)]
pub(super) struct Address {
    base: Url,
    /// For which region requests are signed; `None`: they are not.
    pub(super) region: Option<String>,
    /// What a command must say to have the same.
    option: String,
}

impl Address {
    /// Reads it; the error completes the sentence that begins with the address.
    pub(super) fn parse(text: &str, args: &ApiArgs) -> Result<Self, String> {
        let mut base = Url::parse(text).map_err(|error| format!("no address: {error}"))?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err("no user and no password are expected in it".to_owned());
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err("it is expected to end with v1/admin".to_owned());
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&if path.ends_with("/v1/admin") { path } else { format!("{path}/v1/admin") });
        let region = match base.scheme() {
            "http" if is_this_machine(&base) => args.region.clone(),
            "http" => return Err("https is expected; http is only for this machine".to_owned()),
            "https" if args.unsigned => None,
            "https" => Some(region(&base, args).ok_or(
                "no region is in it to sign requests for: give --region, or AWS_REGION; or --unsigned",
            )?),
            _ => return Err("https is expected".to_owned()),
        };
        Ok(Self { base, region, option: option(text, args) })
    }

    /// Whether nothing leaves the machine.
    pub(super) fn is_this_machine(&self) -> bool {
        is_this_machine(&self.base)
    }

    /// The address of something below; `path` begins with a slash, or with the query's question mark.
    pub(super) fn join(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let (below, query) = path.split_once('?').map_or((path, None), |(below, query)| (below, Some(query)));
        url.set_path(&format!("{}{below}", self.base.path()));
        url.set_query(query);
        url
    }

    /// What a command must say to ask the same API; nothing where the environment says it.
    pub(super) fn option(&self) -> String {
        self.option.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.base.fmt(f)
    }
}

/// Of API Gateway's own addresses it is the part after `execute-api`, and a VPC endpoint's are alike.
fn region(url: &Url, args: &ApiArgs) -> Option<String> {
    let in_host = || {
        let parts: Vec<&str> = url.host_str()?.split('.').collect();
        let place = parts.iter().position(|part| *part == "execute-api")?;
        parts.get(place + 1).map(|region| (*region).to_owned())
    };
    let in_environment =
        || ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| Env::process().optional(name));
    args.region.clone().or_else(in_host).or_else(in_environment).filter(|region| !region.is_empty())
}

fn option(text: &str, args: &ApiArgs) -> String {
    let is_known = Env::process().optional("GMC_SYNC_API").is_some_and(|known| known == text);
    let mut option = if is_known { String::new() } else { format!(" --api {text}") };
    if let Some(region) = &args.region {
        option = option + " --region " + region;
    }
    if args.unsigned {
        option += " --unsigned";
    }
    option
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(region: Option<&str>, unsigned: bool) -> ApiArgs {
        ApiArgs { url: None, region: region.map(str::to_owned), unsigned }
    }

    fn parse(text: &str) -> Result<Address, String> {
        Address::parse(text, &args(None, false))
    }

    #[test]
    fn the_stacks_output_is_taken_as_it_is_and_its_stage_alone_as_well() {
        let expected = "https://a1.execute-api.eu-west-2.amazonaws.com/prod/v1/admin";
        for text in [expected, &format!("{expected}/"), expected.trim_end_matches("/v1/admin")] {
            let address = parse(text).unwrap();
            assert_eq!(
                (address.to_string().as_str(), address.region.as_deref()),
                (expected, Some("eu-west-2"))
            );
        }
        let address = parse(expected).unwrap();
        assert_eq!(address.join("/12/abort").as_str(), format!("{expected}/12/abort"));
        assert_eq!(address.join("?last=1").as_str(), format!("{expected}?last=1"));
    }

    #[test]
    fn this_machine_is_not_signed_for_unless_a_region_is_given() {
        assert_eq!(parse("http://127.0.0.1:3000/v1/admin").unwrap().region, None);
        let signed = Address::parse("http://localhost:3000", &args(Some("eu-west-1"), false)).unwrap();
        assert_eq!((signed.region.as_deref(), signed.is_this_machine()), (Some("eu-west-1"), true));
    }

    #[test]
    fn a_domain_of_ones_own_has_the_region_that_is_given_or_none() {
        let own = "https://sync.example.org/reval";
        let signed = Address::parse(own, &args(Some("eu-west-2"), false)).unwrap();
        assert_eq!(signed.region.as_deref(), Some("eu-west-2"));
        assert_eq!(Address::parse(own, &args(None, true)).unwrap().region, None);
        assert_eq!(signed.option(), " --api https://sync.example.org/reval --region eu-west-2");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (text, told) in [
            ("http://sync.example.org/v1/admin", "https is expected"),
            ("ftp://127.0.0.1/", "https is expected"),
            ("https://user:secret@example.org/v1/admin", "no password"),
            ("https://a.execute-api.eu-west-2.amazonaws.com/v1/admin?last=3", "end with v1/admin"),
            ("a word", "no address"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
