//! The schedule in Parameter Store.

use end_to_end::stack::SCHEDULE_PARAMETER;

use crate::operator::Operator;

const SECTION: &str = "A change of schedule";

pub(crate) async fn the_schedule_cannot_be_read(operator: &mut Operator) {
    operator.schedule_changed().await;
    operator.stack.cloud.put_parameter(SCHEDULE_PARAMETER, "every night");
    let rule = operator.schedule_changed().await;
    assert_eq!(rule["ScheduleExpression"], "cron(0 0 * * ? *)", "the rule is as it was before");
    operator.set("EXPRESSION", "every night");

    // the second command says what is wrong with it
    let seen = operator.run("Alarm schedule-errors", 0, 1).await;

    assert_eq!(seen.stdout, "every night\n");
    assert!(seen.stderr.contains("Spring has 6 fields"), "{}", seen.stderr);
}

pub(crate) async fn the_schedule_changes(operator: &mut Operator) {
    operator.set("EXPRESSION", "0 5 0 * * MON-FRI");

    let shown = operator.run(SECTION, 0, 0).await;
    operator.run(SECTION, 1, 0).await;
    let rule = operator.schedule_changed().await;

    assert!(shown.stdout.contains("cron(5 0 ? * MON-FRI *)"), "{}", shown.stdout);
    assert_eq!(
        (&rule["ScheduleExpression"], &rule["State"]),
        (&"cron(5 0 ? * MON-FRI *)".into(), &"ENABLED".into())
    );

    operator.run(SECTION, 2, 0).await;
    assert_eq!(operator.schedule_changed().await["State"], "DISABLED");
    operator.run(SECTION, 1, 0).await;
    assert_eq!(operator.schedule_changed().await["State"], "ENABLED");
}
