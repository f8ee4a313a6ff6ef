//! Every block of docs/runbook.md, run as it stands in the situation that its section is about: one story on one stack.
//! What it is held against is what it is for, not only its exit status.
//!
//! Statements for `mongosh` are read and carried out by the driver: `mongosh` itself needs more than the server here has.
//! A query of Logs Insights is held against the lines that the functions have written.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test, in helpers as well")]

mod document;
mod nights;
mod operator;
mod queries;
mod queues;
mod restoring;
mod schedule;
mod statement;

use crate::operator::Operator;

/// The body to which something happens.
const X: &str = "1-1RUZUSF";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_the_runbook_does_what_it_is_for() {
    let mut operator = Operator::begin().await;
    operator.set("BODY", X);

    nights::the_password_was_changed(&mut operator).await;
    nights::a_night_did_not_run(&mut operator).await;
    nights::no_night_has_succeeded(&mut operator).await;
    nights::a_body_failed(&mut operator).await;
    nights::a_body_is_held(&mut operator).await;
    nights::documents_would_not_agree(&mut operator).await;
    nights::a_run_does_not_end(&mut operator).await;
    nights::a_night_was_killed(&mut operator).await;
    nights::the_list_of_bodies_has_changed(&mut operator).await;
    schedule::the_schedule_cannot_be_read(&mut operator).await;
    schedule::the_schedule_changes(&mut operator).await;
    queues::dead_letters_are_looked_at_and_thrown_away(&mut operator).await;
    queues::dead_letters_are_given_back(&mut operator).await;
    restoring::one_doctor(&mut operator).await;
    restoring::one_body(&mut operator).await;
    restoring::the_worst_case(&mut operator).await;
    queries::ask_for_what_the_functions_write(&mut operator).await;

    operator.runbook.assert_used();
    operator.stack.stop().await.unwrap();
}
