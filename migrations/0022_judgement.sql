-- How airings are judged is counted as a whole, here and in the program: what was kept by another count is worked out anew.
-- A day is kept only once the state of each of its airings is.
delete from judged_day;
alter table judged_day drop column version;
insert into edition (id, number) values ('judgement', 1);
