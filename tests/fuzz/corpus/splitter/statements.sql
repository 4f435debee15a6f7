select 1;
use test
insert into t values ('a;b', "c''d", `e`);
-- c
# d
/* ; */ /*!40101 set x=1 */;
