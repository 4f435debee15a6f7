select 1;
source x.sql
go
select 'open