//! `gmc-sync setup`: what the live engines need, made where it is missing.

use crate::args::Common;
use crate::error::Error;

/// Makes what is missing in MongoDB and OpenSearch, and tells what differs.
#[cfg(feature = "live")]
pub(crate) async fn run(common: &Common) -> Result<u8, Error> {
    use crate::output::{print, print_json};
    use crate::{DONE, INCOMPLETE};

    let live = crate::live::connect().await?;
    let say = |text: String| if common.json { Ok(()) } else { print(&text) };
    // told one after the other: what was made is known also when the next engine fails
    let database = live.store.setup().await?;
    say(format!("{}\n\n{database}\n", live.shown))?;
    let indexes = live.index.setup().await?;
    say(format!("{indexes}\n"))?;
    if common.json {
        print_json(&shown(&database, &indexes))?;
    }
    Ok(if database.differs() || indexes.differs() { INCOMPLETE } else { DONE })
}

/// Without the feature there is nothing to set up: the data file is made by the first night.
#[cfg(not(feature = "live"))]
#[expect(clippy::unused_async, reason = "it is called as the other one is")]
pub(crate) async fn run(_common: &Common) -> Result<u8, Error> {
    Err(Error::Told(
        "setup is for MongoDB and OpenSearch, which this program was built without: build it with --features live"
            .to_owned(),
    ))
}

#[cfg(feature = "live")]
fn shown(
    database: &store_mongodb::SetupReport,
    indexes: &index_opensearch::SetupReport,
) -> serde_json::Value {
    use index_opensearch::SetupState;
    use serde_json::json;
    use store_mongodb::Finding;

    let items = database.items.iter().map(|item| match &item.finding {
        Finding::Made => json!({"what": item.what, "state": "made"}),
        Finding::Present => json!({"what": item.what, "state": "present"}),
        Finding::Differs(how) => json!({"what": item.what, "state": "differs", "differences": [how]}),
    });
    let found = indexes.indexes.iter().map(|(name, state)| match state {
        SetupState::Made => json!({"what": name, "state": "made"}),
        SetupState::There => json!({"what": name, "state": "present"}),
        SetupState::Differs(points) => json!({"what": name, "state": "differs", "differences": points}),
    });
    json!({
        "database": items.collect::<Vec<_>>(),
        "indexes": found.collect::<Vec<_>>(),
    })
}
