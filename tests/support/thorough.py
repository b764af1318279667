"""What a run of all tests leaves to CI: the few that take two fifths of its processor time.

Each goes on for minutes, kills at every moment, looks at every screen or repeats on further servers what the tests
named beside it hold for less; so every promise has a test in every run. Where ``CI`` is set all of them run, and so
does each that is asked for, by its file, a ``-k`` or a ``-m``. docs/decisions/0049 says why.
"""

from __future__ import annotations

import os
from collections.abc import Collection

import pytest

LEFT_OUT = "takes long; CI=true make test runs all tests, make test ARGS='-m thorough' those that were left out"

RECOVERY = "tests/pipeline/clickhouse/test_recovery.py"
REPORTS_API = "tests/end_to_end/test_reports_api.py"
OF_REPORTS_API = (
    "test_a_question_that_makes_no_sense_is_refused_by_the_name_of_its_field",
    "test_a_revoked_token_asks_nothing_more",
    "test_each_format_has_the_figures_of_the_command_line",
    "test_what_the_cms_knows_tells_rows_apart",
)
STARTING = "tests/end_to_end/test_starting.py"
COUNTERS = "tests/end_to_end/test_live_counters.py"

# The beginning of a test's id → the ids of tests that hold the same for less, of which some begin alike.
THOROUGH: dict[str, tuple[str, ...]] = {
    # For minutes, and killed at every moment.
    "tests/attack/test_attack.py::test_no_attack_reaches_an_honest_reader": (
        "tests/pipeline/process/test_connections.py",
        "tests/pipeline/collecting/test_limits.py",
        "tests/pipeline/collecting/test_hostile_input.py",
    ),
    "tests/chaos/test_distributed.py::test_every_acknowledged_view_is_counted_once_whichever_processes_die": (
        "tests/chaos/test_kill_9.py::test_every_acknowledged_view_is_counted_once_however_often_the_process_is_killed",
        "tests/consumers/test_exactly_once.py",
        "tests/end_to_end/test_outages.py::test_nothing_is_lost_while_a_server_is_away",
    ),
    "tests/end_to_end/test_collecting.py::test_a_collector_killed_again_and_again_loses_nothing": (
        "tests/end_to_end/test_collecting.py::test_views_in_doubt_are_settled_after_broker_and_collector_have_died",
        "tests/end_to_end/test_replicas.py::test_a_collector_that_is_killed_takes_none_with_it",
    ),
    "tests/end_to_end/test_editing.py::test_editing_and_uploading_leave_no_memory_taken": (
        "tests/end_to_end/test_editing.py::test_a_picture_that_would_take_a_gigabyte_is_refused_in_words",
        "tests/pipeline/process/test_memory.py::test_freed_memory_goes_back_to_the_machine",
    ),
    "tests/end_to_end/test_lost_log.py::test_one_lost_kilobyte_of_the_log_is_said_and_the_rest_is_saved": (
        "tests/end_to_end/test_lost_log.py::test_no_view_after_a_lost_wal_is_lost",
        "tests/pipeline/brokers/sqlite/test_salvage.py",
    ),
    "tests/end_to_end/test_slow_clients.py::": (
        "tests/pipeline/collecting/test_limits.py",
        "tests/pipeline/process/test_connections.py",
    ),
    "tests/end_to_end/test_commands.py::test_verify_is_right_at_any_moment": (
        "tests/end_to_end/test_commands.py::test_every_command_works_while_views_come_in[verify]",
    ),
    "tests/end_to_end/test_webhooks_of_two_processes.py::": (
        "tests/cms/announcing/test_postgresql.py::test_a_receiver_is_one_process_at_a_time",
        "tests/end_to_end/test_webhooks.py::test_each_event_arrives_though_the_product_is_killed_and_the_receiver_fails",
    ),
    "tests/pipeline/clickhouse/roll_ups/test_rebuild.py::test_a_rebuild_killed_after_any_statement_": (
        "tests/pipeline/clickhouse/roll_ups/test_rebuild.py::test_a_fault_changes_nothing_for_readers",
    ),
    "tests/pipeline/clickhouse/roll_ups/test_retention.py::test_a_run_that_was_killed_anywhere_": (
        "tests/pipeline/operating/commands/test_retention.py",
        "tests/pipeline/clickhouse/roll_ups/test_retention.py::test_months_go_whole_and_no_number_changes",
    ),
    "tests/pipeline/clickhouse/roll_ups/test_year.py::test_every_roll_up_has_what_python_counts_": (
        RECOVERY,
        "tests/pipeline/clickhouse/roll_ups/test_rebuild.py::test_wrong_roll_ups_are_right_again",
        "tests/pipeline/reports/test_answer.py::test_an_answer_is_what_plain_python_finds",
    ),
    **dict.fromkeys(
        (f"{RECOVERY}::test_the_engine_may_be_killed_during_recovery[{seed}]" for seed in range(1, 6)),
        (f"{RECOVERY}::test_the_engine_may_be_killed_during_recovery[0]",),
    ),
    # Every question, screen and template.
    "tests/deploy/test_monitoring.py::test_prometheus_itself_agrees[alerts at work]": (
        "tests/deploy/test_monitoring.py::test_every_alert_is_tried_by_a_test",
        "tests/deploy/test_monitoring.py::test_every_value_that_a_label_is_compared_with_occurs",
    ),
    "tests/pipeline/reports/test_answer.py::test_a_page_of_rows_is_a_part_of_all_in_their_order[sliced]": (
        "tests/pipeline/reports/test_answer.py::test_a_page_of_rows_is_a_part_of_all_in_their_order[whole]",
    ),
    "tests/pipeline/reports/test_answer.py::test_an_answer_is_what_plain_python_finds[sliced]": (
        "tests/pipeline/reports/test_answer.py::test_an_answer_is_what_plain_python_finds[whole]",
        "tests/pipeline/reports/test_answer.py::test_a_question_of_raw_events_tells_how_far_it_is",
    ),
    "tests/cms/locale/test_no_english.py::test_staff_meet_no_english": (
        "tests/cms/locale/test_catalogues.py",
        "tests/cms/core/test_pages.py::test_an_editor_finds_the_admin_in_vietnamese",
    ),
    "tests/end_to_end/test_vietnamese_admin.py::test_scripts_speak_vietnamese": (
        "tests/cms/locale/test_catalogues.py",
    ),
    "tests/end_to_end/test_admin_for_everybody.py::test_axe_finds_nothing_on_the_screens_of_the_roles": (
        "tests/end_to_end/test_admin_for_everybody.py::test_an_author_writes_and_hands_in_by_the_keyboard_alone",
        "tests/end_to_end/test_reports.py::test_axe_finds_nothing_on_any_report[dark-360]",
    ),
    "tests/end_to_end/test_headers.py::test_no_policy_refuses_anything_of_the_screens_of_the_admin": (
        "tests/end_to_end/test_headers.py::test_an_editor_chooses_a_picture_a_day_and_a_link_and_looks_at_the_preview",
        "tests/end_to_end/test_headers.py::test_every_answer_has_the_headers_of_its_kind",
    ),
    "tests/end_to_end/test_layout.py::test_every_template_fits_and_axe_finds_nothing[1280]": (
        "tests/end_to_end/test_layout.py::test_every_template_fits_and_axe_finds_nothing[320]",
    ),
    "tests/end_to_end/test_light_pages.py::test_lighthouse_finds_nothing_to_mend": (
        "tests/end_to_end/test_light_pages.py::test_a_page_takes_at_most_60_kilobytes_beside_its_pictures",
        "tests/end_to_end/test_light_pages.py::test_a_slow_phone_shows_a_page_within_the_states_limits",
        "tests/end_to_end/test_light_pages.py::test_a_slow_phones_main_thread_is_not_blocked",
    ),
    "tests/end_to_end/test_reports.py::test_axe_finds_nothing_on_any_report[light-1280]": (
        "tests/end_to_end/test_reports.py::test_axe_finds_nothing_on_any_report[dark-360]",
    ),
    # On further servers, and through others.
    "tests/cms/test_postgresql.py::test_migrations_pages_publishing_and_balances_work_on_postgresql": (
        "tests/cms/announcing/test_postgresql.py",
        "tests/cms/core/changes/test_noticing.py::test_a_change_is_noticed_once_on_postgresql",
        "tests/cms/test_postgresql.py::test_search_finds_words_of_the_demo_site",
        "tests/cms/test_postgresql.py::test_two_processes_publish_what_is_scheduled_once",
        "tests/cms/web/test_web.py",
    ),
    "tests/cms/test_postgresql.py::test_an_update_sends_what_was_waiting_and_nothing_twice": (
        "tests/cms/statistics/test_opening_balances.py",
    ),
    "tests/deploy/test_kafka_environment.py::": (
        "tests/deploy/test_compose.py",
        "tests/pipeline/brokers/kafka/test_security.py::test_records_go_through_tls_after_signing_in",
    ),
    "tests/end_to_end/test_backup.py::": (
        "tests/cms/core/test_ids.py",
        "tests/deploy/test_backup.py::test_a_backup_comes_back_and_goes_on_counting",
        "tests/pipeline/operating/commands/test_backup.py",
    ),
    "tests/end_to_end/test_commands_on_servers.py::test_holes_are_filled_and_roll_ups_rebuilt": (
        "tests/end_to_end/test_commands_on_servers.py::test_all_is_fine",
        "tests/pipeline/operating/commands/test_replay.py",
    ),
    f"{COUNTERS}::test_a_mistyped_date_stays_for_the_editor_to_correct[distributed]": (
        f"{COUNTERS}::test_a_mistyped_date_stays_for_the_editor_to_correct[embedded]",
    ),
    f"{COUNTERS}::test_an_editor_publishes_and_the_first_visitor_sees_the_second_come[distributed]": (
        f"{COUNTERS}::test_an_editor_publishes_and_the_first_visitor_sees_the_second_come[embedded]",
    ),
    "tests/end_to_end/test_page_memory.py::test_no_reader_gets_a_page_that_is_old_or_not_theirs[postgresql]": (
        "tests/cms/core/changes/test_noticing.py::test_a_change_is_noticed_once_on_postgresql",
        "tests/end_to_end/test_page_memory.py::test_no_reader_gets_a_page_that_is_old_or_not_theirs[sqlite]",
    ),
    f"{COUNTERS}::test_the_numbers_are_the_same_with_and_without_javascript_and_in_the_api[distributed]": (
        f"{COUNTERS}::test_the_numbers_are_the_same_with_and_without_javascript_and_in_the_api[embedded]",
        f"{COUNTERS}::test_the_seeded_page_goes_from_1327_to_1328_while_open[distributed]",
    ),
    **dict.fromkeys(
        (f"{REPORTS_API}::{test}[distributed]" for test in OF_REPORTS_API),
        tuple(f"{REPORTS_API}::{test}[embedded]" for test in OF_REPORTS_API),
    ),
    "tests/end_to_end/test_schedule.py::test_a_scheduled_page_appears_and_goes_by_itself[distributed]": (
        "tests/cms/test_postgresql.py::test_two_processes_publish_what_is_scheduled_once",
        "tests/end_to_end/test_schedule.py::test_a_scheduled_page_appears_and_goes_by_itself[embedded]",
    ),
    "tests/end_to_end/test_servers.py::": (
        f"{COUNTERS}::test_the_seeded_page_goes_from_1327_to_1328_while_open[distributed]",
        "tests/end_to_end/test_outages.py::test_nothing_is_lost_while_a_server_is_away",
    ),
    # The example front end, but for the types of its client.
    **dict.fromkeys(
        (f"tests/end_to_end/test_headless.py::test_{word}_" for word in ("a", "an", "every", "going", "pages")),
        (
            "tests/cms/api/test_pages.py",
            "tests/cms/api/test_preview.py",
            "tests/end_to_end/test_headless.py::test_the_clients_types_are_those_of_the_api",
            "tests/pipeline/collecting/script/test_element.py",
        ),
    ),
    f"{STARTING}::test_the_product_stops_cleanly_with_a_live_reader_and_a_view_just_sent[SIGINT]": (
        f"{STARTING}::test_the_product_stops_cleanly_with_a_live_reader_and_a_view_just_sent[SIGTERM]",
    ),
    "tests/end_to_end/test_stranger_site.py::": ("plugins/emulation/tests/test_editing.py",),
    # Measurements, each taken once for a moment.
    **dict.fromkeys(
        (
            "tests/benchmarks/test_measuring.py::test_each_roll_up_has_a_price",
            "tests/benchmarks/test_measuring.py::test_made_histories_are_stored_whole_and_pass_the_checks_of_verify",
            "tests/benchmarks/test_measuring.py::test_reports_are_compared_with_naive_queries_and_have_a_size_on_disk",
            "tests/benchmarks/test_measuring.py::test_the_consumer_and_each_of_its_parts_have_a_speed",
            "tests/benchmarks/test_pages.py::test_every_template_takes_queries_and_processor_time",
            "tests/benchmarks/test_pages.py::test_the_plain_wagtail_site_has_a_menu_a_title_and_text",
        ),
        (
            "tests/benchmarks/test_measuring.py::test_made_views_are_always_the_same_and_of_the_size_of_the_figures",
            "tests/benchmarks/test_pages.py::test_a_crowd_gets_pages_sends_their_beacons_and_every_view_is_counted",
        ),
    ),
}


# What pytest's options that choose among tests are called in ``config.option``.
CHOOSING = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf")


def is_of_everything(config: pytest.Config) -> bool:
    """Whether this run was asked for no tests in particular."""
    chosen = any(getattr(config.option, name, None) for name in CHOOSING)
    return not chosen and config.args_source is pytest.Config.ArgsSource.TESTPATHS


def are_left_out(config: pytest.Config) -> bool:
    """Whether this run leaves out the tests that are marked as thorough."""
    return is_of_everything(config) and not os.environ.get("CI")


def misnamed(tests: Collection[str]) -> list[str]:
    """What ``THOROUGH`` names that is none of ``tests``, all there are, and what it says is run that it leaves out."""
    run = [test for test in tests if not test.startswith(tuple(THOROUGH))]
    named = {beside for others in THOROUGH.values() for beside in others}
    return [name for name in THOROUGH if not any(test.startswith(name) for test in tests)] + [
        name for name in sorted(named) if not any(test.startswith(name) for test in run)
    ]
