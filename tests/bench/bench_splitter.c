// How fast the splitter reads: a script like a dump's, one statement, one string, one word, and
// many short statements, each of 50, 100 and 200 MB, fed in pieces of 64 KiB. Time is linear where
// the MB/s stay the same as the size doubles. Nobody runs this as a test:
//     ninja -C build/release tests/bench/bench_splitter && build/release/tests/bench/bench_splitter
// An argument sets the largest size in MB.
#include <stdbool.h>
#include <string.h>

#include "bench.h"
#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "marsh/command/command.h"
#include "marsh/sql/splitter.h"

enum { PIECE = 64 << 10, MEGABYTE = 1000000 };

struct script {
    const char *name;
    const char *begin;
    const char *unit; // repeated up to the size
    const char *end;
};

// Pieces of the size, all alike but for where they begin in the unit: no memory is needed for more
// than one unit's worth of them.
static size_t run(const struct script *script, size_t bytes, double *seconds)
{
    struct buf text = BUF_INIT;
    size_t unit = strlen(script->unit);
    while (text.len < PIECE + unit)
        buf_add_text(&text, script->unit);
    struct splitter *splitter = splitter_create(command_lookup);
    struct split_item item;
    size_t items = 0;
    double start = bench_seconds();
    splitter_feed(splitter, script->begin, strlen(script->begin));
    bytes -= bytes % unit;
    for (size_t fed = 0; fed < bytes; fed += PIECE) {
        splitter_feed(splitter, text.data + fed % unit, bytes - fed < PIECE ? bytes - fed : PIECE);
        while (splitter_next(splitter, &item) == SPLIT_ITEM)
            items++;
    }
    splitter_feed(splitter, script->end, strlen(script->end));
    splitter_end(splitter);
    while (splitter_next(splitter, &item) == SPLIT_ITEM)
        items++;
    *seconds = bench_seconds() - start;
    splitter_destroy(splitter);
    buf_finish(&text);
    return items;
}

int main(int argc, char **argv)
{
    static const struct script scripts[] = {
        {"dump", "",
         "INSERT INTO `film` VALUES (1,'ACADEMY DINOSAUR','A Epic Drama of a Feminist And a Mad "
         "Scientist who must Battle a Teacher in The Canadian Rockies',2006,NULL,0.99,'it''s'),\n"
         "(2,'ACE \\'GOLDFINGER\\'','A Astounding Epistle of a Database "
         "Administrator',2006,NULL);\n"
         "-- a comment; not a statement\n/*!40000 ALTER TABLE `film` ENABLE KEYS */;\n",
         ""},
        {"one statement", "INSERT INTO t VALUES (0)", ",(1,'a b c','d',2.5,NULL)\n", ";"},
        {"one string", "SELECT '", "all of this is text, with ; and -- in it\n", "';"},
        {"one word", "", "x", ";"},
        {"many short", "", "select 1;\n", ""},
        {"comments", "",
         "-- a comment of a line, as scripts have them to say what comes next\n;\n"
         "/* and one that stands where it likes, with a * and a / in it */ ;\n",
         ""},
    };
    size_t most = bench_size(argc, argv, 200);
    printf("%-14s %8s %9s %9s %12s\n", "script", "MB", "seconds", "MB/s", "statements");
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        for (size_t size = most / 4; size <= most && size > 0; size *= 2) {
            double seconds;
            size_t items = run(&scripts[i], size * MEGABYTE, &seconds);
            printf("%-14s %8zu %9.3f %9.0f %12zu\n", scripts[i].name, size, seconds,
                   (double) size / seconds, items);
        }
    }
    return 0;
}
