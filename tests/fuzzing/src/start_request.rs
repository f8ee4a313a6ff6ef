//! The body of `POST v1/admin`.

use sync::start_request::StartRequest;

use crate::told::assert_one_plain_line;

/// Whatever a caller sends is a request that means the same when it is written again, or is refused with one line.
pub fn start_request(data: &[u8]) {
    match StartRequest::read(data) {
        Ok(request) => {
            let written = serde_json::to_vec(&request).unwrap_or_default();
            assert_eq!(StartRequest::read(&written).as_ref(), Ok(&request));
            // whatever begins a night is an object, or is nothing
            let begin = data.trim_ascii();
            assert!(matches!(begin, b"" | b"null" | [b'{', ..]), "{begin:?}");
        }
        Err(reason) => assert_one_plain_line(&reason, 500),
    }
}
