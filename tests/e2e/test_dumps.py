"""Dumps of everything that a schema can have, loaded by marsh and by the mariadb client: the same
schema both times. Written as mariadb-dump and MySQL 8's mysqldump write them, and worse."""
import pytest

from support.run import REFERENCE, succeeded
from support.server import Schema

pytestmark = pytest.mark.skipif(REFERENCE is None, reason="the mariadb client is not installed")

MARIADB = r"""/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19-11  Distrib 10.11.19-MariaDB
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;

CREATE TABLE `zero` (`id` int NOT NULL AUTO_INCREMENT, `v` varchar(90), PRIMARY KEY (`id`)) COMMENT='t;c -- ''#';
LOCK TABLES `zero` WRITE;
/*!40000 ALTER TABLE `zero` DISABLE KEYS */;
INSERT INTO `zero` VALUES (0,'zero'),(1,'line\nline\r\n\t\\ \' \" ` \0 \Z'),
(2,'-- no\n# no\n/* no\nDELIMITER ;;\n\\g \\G \\q'),(3,'😀\\'),(4,'\\\''),(5,'use mysql;
quit
'),(6,''';'''),(7,"it's;\"");
/*!40000 ALTER TABLE `zero` ENABLE KEYS */;
UNLOCK TABLES;
CREATE TABLE `bytes` (`id` int PRIMARY KEY, `b` binary(16), `v` varbinary(90), `l` longblob, `bt` bit(64), `g` geometry,
  `j` longtext CHECK (json_valid(`j`)), `u` uuid, `i` inet6, `e` enum('a','b''c','d;e','ö'), `s` set('x','y'));
INSERT INTO `bytes` VALUES (1,0x000102030405060708090A0B0C0D0E0F,0x00270022005C000A000D001A00,_binary '\0\\\'\"\n\r;\Z',
  0x8000000000000001,0x000000000101000000000000000000F03F0000000000000040,'{"a":"\\"b\\\\ü"}',
  '123e4567-e89b-12d3-a456-426655440000','::1','d;e','x,y'),(2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE `made` (`a` int, `b` int GENERATED ALWAYS AS (`a` * 2) VIRTUAL, `c` int GENERATED ALWAYS AS (`a` + 1) STORED,
  `d` int INVISIBLE DEFAULT 7, `f` varchar(50) DEFAULT concat('x;','y''z','\\'), KEY `c` (`c`),
  CONSTRAINT `odd ``c` CHECK (`f` <> 'x;;--'));
INSERT INTO `made` (`a`, `d`) VALUES (1,2),(3,4);
CREATE TABLE `parts` (`id` int PRIMARY KEY, `n` varchar(9))
 PARTITION BY RANGE (`id`)
(PARTITION `p0` VALUES LESS THAN (10) COMMENT = 'c;',
 PARTITION `p``1` VALUES LESS THAN MAXVALUE);
INSERT INTO `parts` VALUES (1,'a'),(20,'b');
CREATE TABLE `odd``name
x` (`col``a
b` int PRIMARY KEY COMMENT 'new
line', `select` int, `ü漢x` int, `semi;colon` int);
INSERT INTO `odd``name
x` VALUES (1,2,3,4);
CREATE TABLE `fa` (`id` int PRIMARY KEY, `b` int, CONSTRAINT `f2` FOREIGN KEY (`b`) REFERENCES `fb` (`id`) ON DELETE CASCADE);
CREATE TABLE `fb` (`id` int PRIMARY KEY, `a` int, CONSTRAINT `f1` FOREIGN KEY (`a`) REFERENCES `fa` (`id`));
INSERT INTO `fa` VALUES (1,1);
INSERT INTO `fb` VALUES (1,1);
CREATE SEQUENCE `sq` start with 5 minvalue 1 maxvalue 99 increment by 3 nocache nocycle;
DO SETVAL(`sq`, 11, 0);
SET @saved_cs_client     = @@character_set_client;
SET character_set_client = utf8mb4;
/*!50001 CREATE VIEW `v1` AS SELECT
 1 AS `id`,
  1 AS `v` */;
SET character_set_client = @saved_cs_client;
/*!50003 SET @saved_sql_mode = @@sql_mode */ ;
/*!50003 SET sql_mode        = 'STRICT_TRANS_TABLES' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `t1` BEFORE INSERT ON `zero` FOR EACH ROW BEGIN
  -- c;;x
  IF NEW.v = ';;' THEN SET NEW.v = "';"; END IF; # hash ' ;
END */;;
DELIMITER ;
DELIMITER $$
CREATE DEFINER=`root`@`localhost` FUNCTION `f1`(a INT, `b``c` VARCHAR(10) CHARSET latin1) RETURNS text DETERMINISTIC COMMENT 'c;''-- x'
BEGIN
  -- a comment; with ' quote
  /* block ; `
     quote */
  DECLARE x VARCHAR(99) DEFAULT ';//;;';
  IF a > 1 THEN SET x = CONCAT(x, '$', "dq;'", `b``c`); END IF;
  /*!50000 SET x = CONCAT(x, '!') */;
  RETURN x; -- tail
END $$
DELIMITER ;
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' ;
DELIMITER //
CREATE PROCEDURE p4() BEGIN SELECT "id", 'a\', 'b;' FROM "zero"; END //
DELIMITER ;
SET sql_mode = 'ORACLE' ;
DELIMITER ;;
CREATE PACKAGE pk AS FUNCTION f(a NUMBER) RETURN NUMBER; PROCEDURE pp; END ;;
CREATE PACKAGE BODY pk AS x NUMBER := 1; FUNCTION f(a NUMBER) RETURN NUMBER AS BEGIN RETURN a + x; END;
PROCEDURE pp AS BEGIN SELECT 1; END; BEGIN x := 2; END ;;
DELIMITER ;
SET sql_mode = @saved_sql_mode ;
DELIMITER //
CREATE AGGREGATE FUNCTION ag(x INT) RETURNS INT BEGIN DECLARE s INT DEFAULT 0;
DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END //
/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`localhost`*/ /*!50106 EVENT `e``1` ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'ev;' DO begin
delete from zero where id = 99; -- x;
end */ //
DELIMITER ;
/*!50001 DROP VIEW IF EXISTS `v1`*/;
/*!50001 CREATE ALGORITHM=MERGE */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY INVOKER */
/*!50001 VIEW `v1` AS select `zero`.`id` AS `a;b`,';' AS `c``d` from `zero` where `zero`.`v` like '%;%' */
/*!50002 WITH CASCADED CHECK OPTION */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
-- Dump completed on 2024-01-01  0:00:00
"""

MYSQL = r"""-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
-- ------------------------------------------------------
/*!50503 SET NAMES utf8mb4 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;
SET @@SESSION.SQL_LOG_BIN= 0;
/*!80000 SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5'*/;

DROP TABLE IF EXISTS `t`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `t` (
  `id` int NOT NULL AUTO_INCREMENT,
  `b` varbinary(20) DEFAULT NULL,
  `v` varchar(20) /*!80023 INVISIBLE */ DEFAULT 'x;',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 /*!80016 DEFAULT ENCRYPTION='N' */;
LOCK TABLES `t` WRITE;
INSERT INTO `t` (`id`,`b`,`v`) VALUES (0,_binary '\0\\\'\"\n\r\Z','a;b'),(1,NULL,'-- x'),(2,0xFF00,'/* ; */');
UNLOCK TABLES;
DELIMITER ;;
CREATE DEFINER=`root`@`localhost` PROCEDURE `pp`(x INT)
BEGIN
  /* multi
     line ; */
  # hash ;;no
  SELECT 'a' ';;', x;
END ;;
DELIMITER ;
SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
"""

DUMPS = {
    "mariadb": MARIADB,
    "mysql": MYSQL,
    "crlf": MYSQL.replace("\n", "\r\n"),
    "mark": "\ufeff" + MYSQL,
    "cut": MARIADB[: MARIADB.index("END $$") + 3],
}


PARTS = """
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1;
SELECT trigger_name, action_statement, sql_mode FROM information_schema.triggers
    WHERE trigger_schema = DATABASE() ORDER BY 1;
SELECT name, type, param_list, returns, body, sql_mode, comment FROM mysql.proc WHERE db = DATABASE() ORDER BY 1, 2;
SELECT event_name, event_definition, event_comment, status FROM information_schema.events
    WHERE event_schema = DATABASE() ORDER BY 1;
SELECT table_name, view_definition, check_option, security_type FROM information_schema.views
    WHERE table_schema = DATABASE() ORDER BY 1;
"""
TABLES = """SELECT CONCAT('SHOW CREATE TABLE `', REPLACE(table_name, '`', '``'), '`; SELECT * FROM `',
    REPLACE(table_name, '`', '``'), '`;') FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type <> 'VIEW' ORDER BY 1"""


def everything(schema):
    """What of a schema comes back as text: definitions, rows, and where a sequence stands."""
    client = schema.reference.using("--default-character-set=utf8mb4", "--binary-as-hex", "-N", "-r")
    tables = succeeded(client("-e", TABLES)).text
    return succeeded(client(stdin=PARTS + tables)).text


@pytest.mark.parametrize("dump", DUMPS)
@pytest.mark.parametrize("options", ["-N", "-f", "-t", "-v", "--skip-comments", "--binary-mode"])
def test_a_dump_makes_the_same_schema(server, dump, options):
    """With comments, which marsh sends by itself."""
    if dump == "crlf" and options == "--binary-mode":
        pytest.skip("CR is text there")
    found = []
    theirs = [] if options == "--skip-comments" else ["--comments"]
    for client, own in (server.marsh, []), (server.reference, theirs):
        server.sql("CREATE DATABASE dumped")
        try:
            result = client(*own, options, "dumped", stdin=DUMPS[dump])
            assert dump == "cut" or succeeded(result)
            found.append((result.status, everything(Schema(server, "dumped"))))
        finally:
            server.sql("DROP DATABASE dumped")
    assert found[0] == found[1]
    assert ("odd ``c" if dump in ("mariadb", "cut") else "/* ; */") in found[0][1]
