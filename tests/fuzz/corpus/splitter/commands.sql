delimiter $$
create procedure p()
begin
  select 1;
end$$
delimiter ;
call p()\G
select 2\g \c \N x\
