#include "marsh/sql/keyword.h"

#include "marsh/base/text.h"

static const char *const words[] = {
    "ADD",          "AFTER",         "ALL",
    "ALTER",        "ANALYZE",       "AND",
    "AS",           "ASC",           "AUTO_INCREMENT",
    "BEFORE",       "BEGIN",         "BETWEEN",
    "BIGINT",       "BINARY",        "BLOB",
    "BOOLEAN",      "BOTH",          "BY",
    "CALL",         "CASCADE",       "CASE",
    "CHANGE",       "CHAR",          "CHARACTER",
    "CHECK",        "COALESCE",      "COLLATE",
    "COLUMN",       "COLUMNS",       "COMMENT",
    "COMMIT",       "CONCAT",        "CONDITION",
    "CONSTRAINT",   "CONTINUE",      "CONVERT",
    "COUNT",        "CREATE",        "CROSS",
    "CURDATE",      "CURRENT_DATE",  "CURRENT_TIMESTAMP",
    "CURRENT_USER", "CURSOR",        "DATABASE",
    "DATABASES",    "DATE",          "DATETIME",
    "DECIMAL",      "DECLARE",       "DEFAULT",
    "DEFINER",      "DELETE",        "DESC",
    "DESCRIBE",     "DETERMINISTIC", "DISTINCT",
    "DO",           "DOUBLE",        "DROP",
    "DUPLICATE",    "EACH",          "ELSE",
    "ELSEIF",       "END",           "ENGINE",
    "ENUM",         "ESCAPE",        "EVENT",
    "EVENTS",       "EXCEPT",        "EXISTS",
    "EXIT",         "EXPLAIN",       "FALSE",
    "FETCH",        "FIRST",         "FLOAT",
    "FLUSH",        "FOR",           "FORCE",
    "FOREIGN",      "FROM",          "FULL",
    "FULLTEXT",     "FUNCTION",      "GENERATED",
    "GLOBAL",       "GRANT",         "GRANTS",
    "GROUP",        "GROUP_CONCAT",  "HANDLER",
    "HAVING",       "IDENTIFIED",    "IF",
    "IFNULL",       "IGNORE",        "IN",
    "INDEX",        "INDEXES",       "INFILE",
    "INNER",        "INOUT",         "INSERT",
    "INT",          "INTEGER",       "INTERSECT",
    "INTERVAL",     "INTO",          "IS",
    "ISOLATION",    "ITERATE",       "JOIN",
    "JSON",         "KEY",           "KEYS",
    "KILL",         "LEAVE",         "LEFT",
    "LEVEL",        "LIKE",          "LIMIT",
    "LOAD",         "LOCAL",         "LOCK",
    "LONGTEXT",     "LOOP",          "MAX",
    "MEDIUMTEXT",   "MIN",           "MODIFY",
    "NATURAL",      "NOT",           "NOW",
    "NULL",         "NULLIF",        "OFFSET",
    "ON",           "OPTIMIZE",      "OR",
    "ORDER",        "OUT",           "OUTER",
    "OUTFILE",      "OVER",          "PARTITION",
    "PRIMARY",      "PRIVILEGES",    "PROCEDURE",
    "PROCESSLIST",  "RECURSIVE",     "REFERENCES",
    "REGEXP",       "RENAME",        "REPEAT",
    "REPLACE",      "RESIGNAL",      "RETURN",
    "RETURNING",    "RETURNS",       "REVOKE",
    "RIGHT",        "ROLLBACK",      "ROW",
    "ROWS",         "SAVEPOINT",     "SCHEMA",
    "SCHEMAS",      "SELECT",        "SEQUENCE",
    "SESSION",      "SET",           "SHOW",
    "SIGNAL",       "SMALLINT",      "SQLSTATE",
    "START",        "STATUS",        "SUM",
    "TABLE",        "TABLES",        "TEMPORARY",
    "TEXT",         "THEN",          "TIME",
    "TIMESTAMP",    "TINYINT",       "TO",
    "TRANSACTION",  "TRIGGER",       "TRIGGERS",
    "TRUE",         "TRUNCATE",      "UNION",
    "UNIQUE",       "UNLOCK",        "UNSIGNED",
    "UNTIL",        "UPDATE",        "USE",
    "USER",         "USING",         "VALUES",
    "VARBINARY",    "VARCHAR",       "VARIABLES",
    "VIEW",         "WARNINGS",      "WHEN",
    "WHERE",        "WHILE",         "WINDOW",
    "WITH",         "WORK",
};

const char *keyword_at(size_t index)
{
    return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

bool keyword_is(const char *word)
{
    size_t low = 0;
    size_t high = sizeof(words) / sizeof(words[0]);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = text_compare_nocase(word, words[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}
