//! From checks to tests. Every check must be in its list; a test below sees to it.

/// One test a check; the suites use it.
#[doc(hidden)]
#[macro_export]
macro_rules! suite {
    ($module:ident, $make:path, $options:tt, $($check:ident)+) => {
        $($crate::suite!(@test $module, $make, $options, $check);)+
    };
    (@test $module:ident, $make:path, ($($option:tt)*), $check:ident) => {
        #[tokio::test($($option)*)]
        async fn $check() {
            $crate::$module::$check(&$make().await).await;
        }
    };
}

/// Makes a test of every check of the port `Doctors`.
#[macro_export]
macro_rules! doctors_suite {
    ($make:path $(, $($option:tt)*)?) => {
        $crate::suite!(doctors, $make, ($($($option)*)?),
            a_whole_document_is_read_as_it_stands
            null_and_absent_fields_are_read_as_absent
            who_has_no_document_is_missing
            a_new_doctor_is_inserted_whole
            an_insert_leaves_an_existing_document_as_it_is
            of_two_inserts_at_once_one_is_written
            an_update_keeps_every_field_that_it_does_not_name
            a_field_that_is_removed_is_absent
            a_write_misses_when_the_code_has_moved
            a_write_misses_when_the_moment_of_the_code_has_moved
            a_write_misses_when_the_status_has_moved
            a_write_misses_when_under_notice_has_moved
            what_was_seen_as_absent_matches_null_and_absent
            an_update_never_makes_a_document
            a_write_that_misses_does_not_stop_the_others
            of_two_updates_that_saw_the_same_one_is_written
            a_moment_keeps_its_milliseconds
            visible_are_those_with_exactly_the_plain_code
            hidden_are_those_with_the_prefix
            hiding_changes_the_plain_code_of_that_body_and_nothing_else
            hiding_twice_never_doubles_the_prefix
            hiding_leaves_who_is_dated_after_the_run_was_opened
            doctors_are_counted_by_code_as_it_stands
            a_document_without_a_gmc_number_is_left_out
            the_latest_recommendation_has_the_greatest_date
            a_recommendation_without_a_date_counts_only_alone
            an_unknown_outcome_is_no_outcome
            a_connection_is_logged_once
            connection_logs_are_read_oldest_first
            the_oddest_codes_are_codes_like_any_other
            texts_that_look_like_more_are_texts
        );
    };
}

/// Makes a test of every check of the port `Ledger`.
#[macro_export]
macro_rules! ledger_suite {
    ($make:path $(, $($option:tt)*)?) => {
        $crate::suite!(ledger, $make, ($($($option)*)?),
            the_lock_is_changed_by_one_of_two
            a_run_is_kept_whole
            a_number_is_used_by_one_run
            a_key_is_used_by_one_run
            a_run_is_changed_by_one_of_two
            a_run_that_moved_on_is_not_changed
            the_latest_runs_come_first
            open_are_runs_that_are_not_closed_or_not_looked_at_twice
            a_body_is_added_once
            bodies_come_in_the_order_of_their_codes
            a_body_is_changed_by_one_of_two
            a_roll_is_read_by_its_id_only
            an_empty_roll_is_empty
            a_roll_stored_twice_is_not_doubled
            a_chunk_is_recorded_once
            a_chunk_recorded_by_two_at_once_is_recorded_by_one
            applied_chunks_are_counted_for_one_fetch
            recorded_chunks_are_read_without_their_numbers
            each_moment_of_asking_is_read_once
            whom_a_fetch_named_is_read_by_position
            a_look_is_acknowledged_once
            the_oddest_codes_are_codes_like_any_other
            texts_that_look_like_more_are_texts
        );
    };
}

/// Makes a test of every check of the port `Index`.
#[macro_export]
macro_rules! index_suite {
    ($make:path $(, $($option:tt)*)?) => {
        $crate::suite!(index, $make, ($($($option)*)?),
            a_document_under_the_gmc_number_is_read_at_once
            values_keep_their_types
            values_of_any_kind_are_read
            values_of_any_kind_are_copied_unchanged
            a_value_of_any_kind_is_replaced_whole
            nobody_has_no_documents
            creating_conflicts_with_what_is_there
            of_two_creations_at_once_one_is_done
            an_update_keeps_every_field_that_it_does_not_name
            an_update_empties_a_field
            an_update_conflicts_with_a_newer_version
            an_update_conflicts_with_a_whole_save_in_between
            of_two_updates_of_one_version_one_is_done
            an_update_of_what_is_gone_conflicts
            a_document_is_deleted
            deleting_conflicts_with_a_newer_version
            deleting_what_is_gone_conflicts
            a_document_made_anew_is_another_version
            every_document_of_a_doctor_is_read
            a_document_with_a_generated_id_is_updated_under_it
            the_indexes_are_apart
            outcomes_are_in_the_order_of_the_writes
            the_oddest_codes_and_texts_are_kept_as_they_stand
            a_document_with_the_oddest_id_is_updated_and_deleted_under_it
        );
    };
}

/// Makes a test of every check of the ports `Outbox` and `Inbox`.
#[macro_export]
macro_rules! queue_suite {
    ($make:path $(, $($option:tt)*)?) => {
        $crate::suite!(queue, $make, ($($($option)*)?),
            a_message_arrives_as_it_was_sent
            a_message_is_nobody_elses_while_it_is_in_flight
            a_message_that_is_not_deleted_comes_again_and_is_counted
            a_message_that_is_deleted_never_comes_again
            a_late_receipt_deletes_nothing
            a_visibility_can_be_made_longer
            a_delayed_message_waits
            a_delay_of_more_than_a_quarter_of_an_hour_is_refused
            a_message_of_the_greatest_size_is_taken_and_a_larger_one_refused
            more_than_ten_messages_are_sent_in_one_call_and_received_ten_at_most
            a_receiver_waits_for_a_message
            a_receiver_gives_up_after_its_wait
            the_queues_are_apart
            a_message_received_too_often_is_a_dead_letter
        );
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_check_is_in_its_list() {
        let lists = include_str!("suite.rs");
        let sources = [
            ("doctors", include_str!("doctors.rs")),
            ("doctors", include_str!("doctors/hostile.rs")),
            ("doctors", include_str!("doctors/writes.rs")),
            ("ledger", include_str!("ledger.rs")),
            ("ledger", include_str!("ledger/hostile.rs")),
            ("ledger", include_str!("ledger/lists.rs")),
            ("index", include_str!("index.rs")),
            ("index", include_str!("index/conflicts.rs")),
            ("index", include_str!("index/hostile.rs")),
            ("index", include_str!("index/kinds.rs")),
            ("queue", include_str!("queue.rs")),
        ];
        for (suite, source) in sources {
            let start = lists.find(&format!("$crate::suite!({suite},")).unwrap();
            let list = &lists[start..start + lists[start..].find(");\n").unwrap()];
            for line in source.lines() {
                let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
                let name = rest.split(['(', '<']).next().unwrap();
                assert!(
                    list.split_whitespace().any(|listed| listed == name),
                    "{name} is not in {suite}_suite"
                );
            }
        }
    }
}
