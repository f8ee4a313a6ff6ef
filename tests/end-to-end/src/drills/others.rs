//! What other services write to the same documents, and must find again whatever the night went through.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use night_tests::Snapshot;
use serde_json::{Value, json};
use simulator::Population;

use crate::failure::{Result, Told as _};
use crate::stack::Stack;

/// How many doctors TIS knows.
const OF_TIS: usize = 40;

/// How many documents they write in the middle of the night.
const IN_THE_NIGHT: usize = 30;

/// What they have written, and nobody else writes.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// The admin, by GMC number.
    admins: BTreeMap<String, String>,
    /// The programme, by the id of a master document.
    programmes: BTreeMap<String, String>,
    /// Whose master document it is.
    whose: BTreeMap<String, String>,
}

impl Others {
    /// TIS has indexed some doctors before the first night, under ids that nobody can know.
    pub(super) async fn index_some(stack: &Stack, gmc: &Population) -> Result<Self> {
        let mut others = Self::default();
        let numbers: Vec<String> =
            gmc.doctors().map(|doctor| doctor.number).step_by(7).take(OF_TIS).collect();
        let mut masters = Vec::new();
        for (place, number) in numbers.iter().enumerate() {
            let id = format!("generated-{place}");
            let is_visitor = place % 2 == 0;
            let master = json!({
                "gmcReferenceNumber": number,
                "tcsPersonId": 1_000 + place,
                "programmeName": "General practice",
                "membershipType": if is_visitor { "Visitor" } else { "Substantive" },
                "membershipEndDate": "2999-12-31",
                "connectionStatus": "No",
            });
            masters.push((id.clone(), master));
            others.programmes.insert(id.clone(), "General practice".to_owned());
            others.whose.insert(id, number.clone());
        }
        stack.indexes.save("masterdoctorindex", &masters).await?;
        Ok(others)
    }

    /// Everybody gets an admin.
    pub(super) async fn assign_admins(&mut self, stack: &Stack) -> Result<()> {
        let doctors: Collection<Document> = stack.database.collection("doctorsForDB");
        let admin = "admin@example.org";
        let set = doc! { "$set": { "admin": admin, "notes": "of another service" } };
        doctors.update_many(doc! {}, set).await.told("assigning admins")?;
        let everyone: Vec<Document> =
            doctors.find(doc! {}).await.told("all doctors")?.try_collect().await.told("all doctors")?;
        let numbers = everyone.iter().filter_map(|doctor| doctor.get_str("_id").ok());
        self.admins = numbers.map(|number| (number.to_owned(), admin.to_owned())).collect();
        Ok(())
    }

    /// Some doctors get another admin, and some another programme, field by field; copies follow with the sync's next look.
    pub(super) async fn write_some(&mut self, stack: &Stack) -> Result<()> {
        let doctors: Collection<Document> = stack.database.collection("doctorsForDB");
        let step = (self.admins.len() / IN_THE_NIGHT).max(1);
        for (number, admin) in self.admins.iter_mut().step_by(step) {
            "in.the.night@example.org".clone_into(admin);
            let set = doc! { "$set": { "admin": admin.as_str() } };
            doctors.update_one(doc! { "_id": number }, set).await.told("another admin")?;
        }
        for (id, programme) in self.programmes.iter_mut().step_by(3) {
            "Surgery".clone_into(programme);
            stack.indexes.change("masterdoctorindex", id, &json!({ "programmeName": programme })).await?;
        }
        Ok(())
    }

    /// What is not as they have written it.
    pub(super) fn missing(&self, now: &Snapshot) -> Vec<String> {
        let mut missing = Vec::new();
        for (number, admin) in &self.admins {
            let stored = now.doctors.get(number);
            let field = |name: &str| stored.and_then(|doctor| doctor.get(name)).and_then(Value::as_str);
            if (field("admin"), field("notes")) != (Some(admin.as_str()), Some("of another service")) {
                missing.push(format!("{number} has the admin {:?} and not {admin}", field("admin")));
            }
        }
        for (id, programme) in &self.programmes {
            let master = self.whose.get(id).and_then(|number| now.indexes[0].get(number)?.get(id));
            let found = master.and_then(|master| master.get("programmeName")).and_then(Value::as_str);
            if found != Some(programme) || !master.is_some_and(|master| master.contains_key("tcsPersonId")) {
                missing.push(format!("{id} has the programme {found:?} and not {programme}"));
            }
        }
        missing
    }
}
