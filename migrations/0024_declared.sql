-- What is declared of other channels is in the log like other words of people, and so is that it was wrong: two entries.
alter table channel_report add column log_position bigint;
create unique index channel_report_in_log on channel_report (log_position);
alter table channel_report add column withdrawn_position bigint;
create unique index channel_report_withdrawn_in_log on channel_report (withdrawn_position);

-- What was there before that, and switches of policy that the log was not told of, go in at its end.
update log_head set is_begun = false where id = 'log';
