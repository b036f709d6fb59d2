create table s(a integer primary key, b text);
insert into s(b) values ('x'), ('y'), (null);
.mode quote
select * from s;
.mode list
select count(b), quote(b) from s group by b;
