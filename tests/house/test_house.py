"""The house rules: who may include whom, and how long, how global and how talkative code may be.

Every check takes a tree, a dict of path to text, and returns what it found as a list of lines.
Each is run on the real tree, and on small bad samples that show that it can fail.
"""
import functools
import pathlib
import posixpath
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# From the bottom up. A room may include itself and the rooms below its line; rooms on one line
# don't know each other.
HOUSE = [
    ["base"],
    ["data"],
    ["sql"],
    ["config", "feed", "render", "scratch"],
    ["db"],
    ["pool"],
    ["session"],
    ["command"],
    ["shell"],
    ["batch"],
    ["call"],
    ["copy"],
    ["fan"],
    ["keeper"],
    ["repl"],
    ["main"],
]
ALSO_ALLOWED = {("scratch", "config")}
# db pushes rows into a sink and must not learn what becomes of them.
FORBIDDEN = {("db", "render"), ("db", "scratch")}
# Rooms that hand errors up instead of printing them.
QUIET_ROOMS = {
    "base", "data", "sql", "config", "feed", "render", "scratch", "db", "pool", "session"
}  # fmt: skip

# Files that are one table of data.
TABLE = r"_(table|words)\.c$"

FUNCTION_MAX = 80
FILE_MAX = 599
# (path, name) of file-scope variables that have a good reason to be there.
# readline has its own globals, and its callbacks carry no data.
MUTABLE_ALLOWED = {("src/repl/terminal.c", "terminal")}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)
DRIVER = re.compile(r"(mysql|mariadb)/|(mysql|mysqld|mariadb|ma)(_\w+)?\.h$|errmsg\.h$")
FUNCTION_POINTER = re.compile(r"[^(]*\(\s*\*\s*(const\b)?\s*(\w+)\b(?!\s*\()")
TALK = re.compile(
    r"(?<![.>])\b(?:v?printf|puts|putchar|perror|exit|quick_exit)(?=\s*\()|\bstderr\b"
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
TOKENS = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.S,
)


@functools.cache
def real_tree():
    files = [*ROOT.glob("src/**/*.[ch]"), *ROOT.glob("include/**/*.h")]
    return {str(file.relative_to(ROOT)): file.read_text() for file in sorted(files)}


def without_comments(text, strings=True):
    """The text with comments blanked, and what is in string literals too unless `strings`."""

    def blank(match):
        if match["text"] is not None:
            return match["text"] if strings else match["text"][0] * 2
        return " " + "\n" * match["comment"].count("\n")

    return TOKENS.sub(blank, text)


def room_of(path):
    """src/ROOM/..., include/marsh/ROOM/..., src/main.c; None for what is in no known room."""
    parts = path.split("/")
    if path == "src/main.c":
        return "main"
    room = parts[1] if parts[0] == "src" else parts[2] if parts[:2] == ["include", "marsh"] else ""
    return room if any(room in level for level in HOUSE) else None


def includes(tree, path):
    """Of everything included: the name as written, and its path if it may be a file of the tree."""
    for match in INCLUDE.finditer(without_comments(tree[path])):
        name, place = match[2], ""
        if name.startswith("marsh/"):
            place = "include/" + name
        elif match[1] == '"':
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        yield name, place


def may_include(room, other):
    if room == other or (room, other) in ALSO_ALLOWED:
        return True
    level = {name: i for i, names in enumerate(HOUSE) for name in names}
    return level[other] < level[room] and (room, other) not in FORBIDDEN


def check_arrows(tree):
    found = []
    for path in tree:
        room = room_of(path)
        if room is None:
            found.append(f"{path}: is in no room of the house")
            continue
        for _, place in includes(tree, path):
            if not place:
                continue
            other = room_of(place)
            if other is None or not may_include(room, other):
                found.append(f"{path}: {room} may not include {place}")
            elif place.startswith("src/") and other != room:
                found.append(f"{path}: {place} is another room's own")
    return found


def check_driver(tree):
    return [
        f"{path}: only src/db/ may include {name}"
        for path in tree
        if not path.startswith("src/db/")
        for name, _ in includes(tree, path)
        if not name.startswith("marsh/") and DRIVER.search(name)
    ]


def check_headers(tree):
    """A module has a header of its name, or is the table of one that has, or a part of one that an
    internal header holds together."""
    found = []
    for path in tree:
        folder, name = posixpath.split(path)
        if not re.fullmatch(r"src/[^/]+", folder) or not name.endswith(".c"):
            continue
        if room_of(path) == "main" or name.endswith("_internal.c"):
            continue
        public = f"include/marsh/{folder[4:]}/"
        named = {public + name[:-2] + ".h", public + re.sub(TABLE, ".c", name)[:-2] + ".h"}
        own = any(
            posixpath.dirname(place) == folder and place in tree
            for _, place in includes(tree, path)
        )
        if not own and named.isdisjoint(tree):
            found.append(f"{path}: has no header in {public} and includes no internal header")
    return found


def check_lengths(tree):
    found = []
    for path, text in tree.items():
        lines = text.splitlines()
        if len(lines) > FILE_MAX and not re.search(TABLE, path):
            found.append(f"{path}: {len(lines)} lines")
        start = None
        # A function's braces, and only they, stand alone in column 0.
        for number, line in enumerate(lines, 1):
            if line.rstrip() == "{":
                if start is not None:
                    found.append(f"{path}:{start}: a function without an end in column 0")
                start = number
            elif line.rstrip() == "}" and start is not None:
                if number - start + 1 > FUNCTION_MAX:
                    found.append(f"{path}:{start}: a function of {number - start + 1} lines")
                start = None
        if start is not None:
            found.append(f"{path}:{start}: a function without an end in column 0")
    return found


def declarations(text):
    """(line, head, rest) of each definition or declaration outside functions: head is what stands
    before its first { or =, rest what follows the closing }, such as a variable's name."""
    code = without_comments(text, strings=False)
    code = DIRECTIVE.sub(lambda match: "\n" * match[0].count("\n"), code)
    depth, head, rest, started, seen_body, seen_value = 0, "", "", 0, False, False
    line = 1
    for char in code:
        line += char == "\n"
        if char == "{":
            depth += 1
            seen_body = True
        elif char == "}":
            depth -= 1
        elif depth == 0 and char == "=":
            seen_value = True
        elif depth == 0 and char != ";":
            if not head.strip() and not char.isspace():
                started = line
            if seen_body:
                rest += char
            elif not seen_value:
                head += char
        function = seen_body and not seen_value and "(" in plain_head(head)
        if depth == 0 and (char == ";" or (char == "}" and function)):
            if head.strip():
                yield started, plain_head(head), rest.strip()
            head, rest, seen_body, seen_value = "", "", False, False


def plain_head(head):
    """Without attributes, array sizes, and macros that stand before it with no semicolon."""
    head = re.sub(r"__attribute__\s*\(\(.*?\)\)", " ", head, flags=re.S)
    head = re.sub(r"\[[^\]]*\]", " ", head)
    head = re.sub(r"^\s*(?:[A-Z][A-Z0-9_]+\s*\([^()]*\)\s*)+(?=\w)", "", head)
    return " ".join(head.split())


def is_mutable(head, rest):
    if re.match(r"(typedef|extern)\b", head) or "_Static_assert" in head:
        return False
    pointer = FUNCTION_POINTER.match(head)
    if pointer:
        return not pointer[1]
    if "(" in head:
        return False
    if re.match(r"(?:\w+\s+)*(struct|union|enum)(\s+\w+)?$", head) and not rest:
        return False
    return "const" not in (head + " " + rest).rsplit("*", 1)[-1].split()


def check_globals(tree):
    found = []
    for path, text in tree.items():
        if not path.startswith("src/"):
            continue
        for line, head, rest in declarations(text):
            pointer = FUNCTION_POINTER.match(head)
            name = pointer[2] if pointer else re.findall(r"\w+", rest or head)[-1]
            if is_mutable(head, rest) and (path, name) not in MUTABLE_ALLOWED:
                found.append(f"{path}:{line}: `{name}` is a global that can change")
    return found


def check_quiet(tree):
    found = []
    for path, text in tree.items():
        if room_of(path) not in QUIET_ROOMS:
            continue
        for number, line in enumerate(without_comments(text, strings=False).split("\n"), 1):
            for match in TALK.finditer(line):
                found.append(f"{path}:{number}: {match[0]}: errors are for the front ends to print")
    return found


LOCALE = re.compile(
    r"\b(?:strn?casecmp|to(?:lower|upper)|"
    r"is(?:alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit))\s*\("
)


def check_letters(tree):
    """What is a letter, and what its other case is, depends on no locale: base/text.h knows."""
    found = []
    for path, text in tree.items():
        for number, line in enumerate(without_comments(text, strings=False).split("\n"), 1):
            for match in LOCALE.finditer(line):
                found.append(f"{path}:{number}: {match[0]}: is of the locale; base/text.h has ASCII's")
    return found


CHECKS = [check_arrows, check_driver, check_headers, check_lengths, check_globals, check_quiet, check_letters]


def test_there_is_a_tree():
    assert any(path.startswith("src/base/") for path in real_tree())
    assert any(path.startswith("include/marsh/base/") for path in real_tree())


@pytest.mark.parametrize("check", CHECKS)
def test_house(check):
    found = check(real_tree())
    assert not found, "\n".join(["", *found])


def include(*names):
    return "".join(f"#include {name}\n" for name in names)


@pytest.mark.parametrize(
    "path, name, good",
    [
        ("src/base/a.c", '"marsh/base/a.h"', True),
        ("src/base/a.c", '"marsh/data/row.h"', False),
        ("include/marsh/base/a.h", '"marsh/sql/lexer.h"', False),
        ("src/sql/a.c", '"marsh/data/row.h"', True),
        ("src/config/a.c", '"marsh/render/a.h"', False),
        ("src/render/a.c", '"marsh/config/a.h"', False),
        ("src/render/a.c", '"marsh/scratch/a.h"', False),
        ("src/render/a.c", '"marsh/feed/a.h"', False),
        ("src/feed/a.c", '"marsh/data/a.h"', True),
        ("src/feed/a.c", '"marsh/db/a.h"', False),
        ("src/scratch/a.c", '"marsh/config/a.h"', True),
        ("src/config/a.c", '"marsh/scratch/a.h"', False),
        ("src/db/a.c", '"marsh/config/a.h"', True),
        ("src/db/a.c", '"marsh/render/a.h"', False),
        ("src/db/a.c", '"../render/a.h"', False),
        ("src/db/a.c", '"marsh/pool/a.h"', False),
        ("src/pool/a.c", '"marsh/db/a.h"', True),
        ("src/pool/a.c", '"../db/a_internal.h"', False),
        ("src/pool/a.c", '"a_internal.h"', True),
        ("src/command/a.c", '"marsh/shell/a.h"', False),
        ("src/batch/a.c", '"marsh/call/a.h"', False),
        ("src/call/a.c", '"marsh/batch/a.h"', True),
        ("src/call/a.c", '"marsh/repl/a.h"', False),
        ("src/repl/a.c", '"marsh/call/a.h"', True),
        ("src/repl/a.c", '"marsh/main/a.h"', False),
        ("src/main.c", '"marsh/repl/a.h"', True),
        ("src/main/a.c", "<marsh/repl/a.h>", True),
        ("src/base/a.c", "<marsh/repl/a.h>", False),
        ("src/base/a.c", '"marsh/attic/a.h"', False),
        ("src/attic/a.c", "<stdio.h>", False),
        ("src/base/a.c", "<stdio.h>", True),
    ],
)
def test_arrows_can_fail(path, name, good):
    assert (check_arrows({path: include(name)}) == []) == good


def test_a_commented_include_is_none():
    code = '// #include "marsh/db/a.h"\n/*\n#include "../db/a.h"\n*/\n'
    assert check_arrows({"src/base/a.c": code}) == []


@pytest.mark.parametrize(
    "name",
    ["<mysql.h>", "<mariadb/mysql.h>", "<mysql/mysql.h>", "<errmsg.h>", "<mysqld_error.h>",
     "<mariadb_rpl.h>", "<ma_common.h>", '"mysql.h"'],
)  # fmt: skip
def test_driver_can_fail(name):
    assert check_driver({"src/pool/a.c": include(name)})
    assert check_driver({"include/marsh/db/a.h": include(name)})
    assert not check_driver({"src/db/a.c": include(name)})


def test_driver_knows_other_headers():
    others = include('"marsh/db/mysql.h"', "<string.h>", "<map.h>")
    assert not check_driver({"src/pool/a.c": others})


def test_headers_can_fail():
    assert check_headers({"src/sql/a.c": ""})
    assert check_headers({"src/sql/a.c": "", "include/marsh/data/a.h": ""})
    assert check_headers({"src/sql/a.c": include('"gone_internal.h"')})
    assert check_headers({"src/sql/a_table.c": "", "src/sql/b_words.c": ""})
    assert not check_headers({"src/sql/a_table.c": "", "include/marsh/sql/a.h": ""})
    assert not check_headers({"src/sql/a.c": "", "include/marsh/sql/a.h": ""})
    assert not check_headers({"src/sql/a.c": include('"b.h"'), "src/sql/b.h": ""})
    assert not check_headers({"src/sql/a_internal.c": "", "src/main.c": "", "src/main/a.c": ""})


def function(lines):
    return "int f(void)\n{\n" + "    x++;\n" * (lines - 2) + "}\n"


def test_lengths_can_fail():
    assert not check_lengths({"src/sql/a.c": function(80) * 2})
    assert check_lengths({"src/sql/a.c": function(81)})
    assert check_lengths({"src/sql/a.c": "int f(void)\n{\n" + function(3)})
    assert check_lengths({"src/sql/a.c": "int f(void)\n{\n"})
    assert not check_lengths({"src/sql/a.c": "//\n" * 599})
    assert check_lengths({"src/sql/a.c": "//\n" * 600})
    assert check_lengths({"include/marsh/sql/a.h": "//\n" * 600})
    assert not check_lengths({"src/sql/a_table.c": "//\n" * 600, "src/sql/a_words.c": "//\n" * 900})
    assert check_lengths({"src/sql/a_table.c": function(81)})


@pytest.mark.parametrize(
    "code",
    [
        "static int count;",
        "static int count = 0;",
        "static const char *count = NULL;",
        "static struct point count = {1, 2};",
        "static struct point count[] = {{1, 2}};",
        "static struct { int x; } count;",
        "static char count[sizeof(int)];",
        "static void (*count)(int);",
        "static _Thread_local int count;",
        "static int count __attribute__((unused));",
        "int count;",
        "volatile sig_atomic_t count = 0;",
        "static int f(int x)\n{\n    return x;\n}\n\nstatic int count;",
        'static const char name[] = "}";\nstatic int count;',
        "DEFINE_CLEANUP(struct a, a_free)\nstatic int count;",
        "#define X(a) \\\n    a {\nstatic int count;",
    ],
)
def test_globals_can_fail(code):
    found = check_globals({"src/sql/a.c": code + "\n"})
    assert len(found) == 1 and "`count`" in found[0]


def test_globals_can_be_allowed(monkeypatch):
    monkeypatch.setitem(globals(), "MUTABLE_ALLOWED", {("src/sql/a.c", "count")})
    assert not check_globals({"src/sql/a.c": "static int count;\n"})
    assert check_globals({"src/sql/b.c": "static int count;\n"})


@pytest.mark.parametrize(
    "code",
    [
        "static const int count = 0;",
        "static int const count = 0;",
        "static const char *const count[] = {\"a\", \"b\"};",
        "static const struct point count = {.x = 1};",
        "static void (*const count)(int) = f;",
        "static int count(void);",
        "static const char *count(int x);",
        "void count(void (*each)(int), int x)\n{\n    each(x);\n}",
        "static void (*count(void))(int);",
        "static inline int count(int x)\n{\n    static int y = 1;\n    return x + y;\n}",
        "static struct point *count(struct point *x)\n{\n    return x;\n}",
        "struct point {\n    int x;\n};",
        "struct point;",
        "enum { COUNT = 1 };",
        "enum count { COUNT };",
        "typedef int count;",
        "extern int count;",
        "// static int count;",
        "/*\nstatic int count;\n*/",
        "#define COUNT \\\n    static int count;",
        "_Static_assert(sizeof(int) == 4, \"x\");",
        "DEFINE_CLEANUP(struct a, a_free)\nstatic const int count = 1;",
    ],
)
def test_globals_can_pass(code):
    assert check_globals({"src/sql/a.c": code + "\n"}) == []


def test_letters_can_fail():
    assert check_letters({"src/sql/a.c": "if (strcasecmp(a, b) == 0)"})
    assert check_letters({"include/marsh/sql/a.h": "c = toupper (c);"})
    assert check_letters({"src/sql/a.c": "while (isspace(*c) || isalnum(*c))"})
    assert not check_letters({"src/sql/a.c": '// tolower(c)\ntext_lower(c); f("toupper(c)");'})


@pytest.mark.parametrize(
    "code",
    ['printf("x");', "vprintf(f, a);", 'fprintf(stderr, "x");', "exit(1);", 'perror("x");',
     'puts ("x");', 'fputs("x", stderr);', 'f(); exit (2);'],
)  # fmt: skip
def test_quiet_can_fail(code):
    for room in sorted(QUIET_ROOMS):
        assert check_quiet({f"src/{room}/a.c": code})
    assert not check_quiet({"src/repl/a.c": code, "src/main.c": code, "src/command/a.c": code})


@pytest.mark.parametrize(
    "code",
    ['buf_printf(b, "x");', 'snprintf(b, 2, "x");', "_exit(1);", 'fprintf(file, "printf(x)");',
     "// printf(x)", "/* exit(1) */", "__attribute__((format(printf, 1, 2)))", "self->exit(1);"],
)  # fmt: skip
def test_quiet_can_pass(code):
    assert check_quiet({"src/db/a.c": code}) == []
