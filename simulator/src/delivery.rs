//! How the bytes of an answer go out: at once, compressed, drop by drop, or cut off by a reset.

use std::convert::Infallible;
use std::io::{self, Write};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt, stream};

use crate::answer::Pieces;
use crate::connection::ResetSwitch;
use crate::server::Stopped;

/// What a drop of `drip` holds.
const DROP_BYTES: usize = 64;

/// So long the half answer has to arrive: a reset takes with it what the other side has not received.
const BEFORE_RESET: Duration = Duration::from_millis(100);

/// The pieces of an answer, compressed if asked for.
pub(crate) fn pieces(pieces: Pieces, gzip: bool) -> Box<dyn Iterator<Item = Bytes> + Send> {
    if gzip {
        let encoder = GzEncoder::new(Vec::new(), Compression::fast());
        Box::new(Gzip { pieces, encoder: Some(encoder) })
    } else {
        Box::new(pieces)
    }
}

/// As fast as the client takes it.
pub(crate) fn whole(pieces: Box<dyn Iterator<Item = Bytes> + Send>) -> Body {
    Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)))
}

/// A few bytes at a time with a pause before each, until the end or until the simulator stops.
pub(crate) fn drop_by_drop(
    pieces: Box<dyn Iterator<Item = Bytes> + Send>,
    pause: Duration,
    stopped: Stopped,
) -> Body {
    let drops = pieces.flat_map(|piece| {
        (0..piece.len().div_ceil(DROP_BYTES)).map(move |drop| {
            let start = drop * DROP_BYTES;
            piece.slice(start..piece.len().min(start + DROP_BYTES))
        })
    });
    let dripping = stream::unfold((drops, stopped), move |(mut drops, mut stopped)| async move {
        let next = drops.next()?;
        let stop = stopped.within(pause).await;
        let item = if stop { Err(io::Error::other("the simulator stops")) } else { Ok(next) };
        Some((item, (drops, stopped)))
    });
    Body::from_stream(dripping)
}

/// All pieces, and then the connection is reset.
pub(crate) fn then_reset(pieces: Box<dyn Iterator<Item = Bytes> + Send>, switch: ResetSwitch) -> Body {
    let end = stream::once(async move {
        tokio::time::sleep(BEFORE_RESET).await;
        switch.reset();
        // an error here is how hyper is told to give the connection up
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(stream::iter(pieces.map(Ok)).chain(end))
}

struct Gzip {
    pieces: Pieces,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl Iterator for Gzip {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        loop {
            let encoder = self.encoder.as_mut()?;
            let Some(piece) = self.pieces.next() else {
                let rest = self.encoder.take()?.finish();
                return rest.ok().map(Bytes::from);
            };
            encoder.write_all(&piece).ok()?;
            let ready = std::mem::take(encoder.get_mut());
            if !ready.is_empty() {
                return Some(ready.into());
            }
        }
    }
}
