//! The style and the script of every page, and the policy that lets these two through and nothing else.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The style sheet, as it stands in a page.
pub(crate) const STYLE: &str = include_str!("../assets/page.css");
/// The script, as it stands in a page.
pub(crate) const SCRIPT: &str = include_str!("../assets/page.js");

/// The policy as the pages' own `<meta>` has it: no network but, for a page that refreshes itself, its own address.
pub(crate) static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
});

/// The policy for the header `Content-Security-Policy` of whoever serves a page; there it says besides that no other page
/// may frame it.
pub fn content_security_policy() -> String {
    format!("{}; frame-ancestors 'none'", *POLICY)
}

/// A hash source (<https://www.w3.org/TR/CSP3/#grammardef-hash-source>).
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_style_or_script_ends_its_element() {
        for text in [STYLE, SCRIPT] {
            assert!(
                !text.contains("</") && !text.contains("<!--"),
                "it would end early, and not match its hash"
            );
        }
    }

    #[test]
    fn a_hash_is_what_browsers_compute() {
        // the example of the specification, 8.3
        let known = hash("doSomething();");
        assert!(known.starts_with("sha256-") && known.ends_with('='), "{known}");
        assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
