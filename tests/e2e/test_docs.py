"""The man pages, the completions and the help agree with the tables they tell of."""
import os
import re
import shutil
import subprocess

import pytest

from support.run import REFERENCE, ROOT, Client, succeeded

MAN = ROOT / "man" / "marsh.1.scd"
COMPLETIONS = ROOT / "completions"


def section(name):
    text = MAN.read_text()
    return re.search(rf"^# {name}\n(.*?)(?=^# |\Z)", text, re.S | re.M)[1]


def plain(text):
    """Without scdoc's marks."""
    return re.sub(r"\\(.)", "\0\\1", text).replace("*", "").replace("_", "").replace("\0", "")


def described_options(*names):
    entries = {}
    for name in names:
        for line in section(name).splitlines():
            if not line.startswith("*-"):
                continue
            line = line.removesuffix("++")
            for part in line.split(", *--") if line.count("--") > 1 else [line]:
                words = plain(part if part.startswith("*") else "--" + part)
                match = re.fullmatch(r"(?:-(\S), )?--([a-z-]+)(\[=[A-Z]+\]| [A-Za-z|=]+)?", words)
                assert match, line
                entries[match[2]] = (match[1], match[3])
    return entries


def listed_options(home):
    lines = succeeded(home.marsh("--help")).lines
    entries = {}
    for line in lines:
        match = re.match(r"  (?:-(\S), |    )--([a-z-]+)(\[=[A-Z]+\]| [A-Za-z|=]+)?  ", line)
        if match:
            entries[match[2]] = (match[1], match[3])
        else:
            assert not line.startswith("  -") and not line.startswith("      -"), line
    return entries


def test_man_page_has_every_option(home):
    listed = listed_options(home)
    assert len(listed) > 40
    sections = ["OPTIONS", "CALL OPTIONS", "TARGET OPTIONS", "IGNORED OPTIONS"]
    assert described_options(*sections) == listed



def clients_options():
    """Of the man page's table: what is said of each name, and its letters."""
    rows = re.findall(r"^\|  (.*)\n:  (.*)\n:  ?(.*)$", section("THE MARIADB CLIENT'S OPTIONS"), re.M)
    found = {}
    for options, like, _ in rows:
        *letters, name = options.split(", ")
        assert name not in found
        found[name.removeprefix("--")] = ({letter[1:] for letter in letters}, like)
    return found


def reference_options(home):
    """Of the mariadb client's own help: the letters of each name."""
    text = succeeded(Client(REFERENCE, home.env)("--no-defaults", "--help")).text
    assert "10.11" in text
    text = text.partition("\nVariables (--")[0]
    found = {}
    for letter, name in re.findall(r"^(?:  )?(?:-(\S), )?--([a-z-]+)", text, re.M):
        found.setdefault(name, set()).update({letter} - {""})
    return found


@pytest.mark.skipif(REFERENCE is None, reason="the mariadb client is not installed")
def test_the_table_has_every_option_of_the_mariadb_client(home):
    table = clients_options()
    reference = reference_options(home)
    assert len(reference) > 70
    assert set(reference) - set(table) == set()
    assert set(table) - set(reference) == set()
    for name, letters in reference.items():
        # Two share -U there, and a letter is one option's here.
        if name != "i-am-a-dummy":
            assert letters <= table[name][0], name


def test_the_table_says_of_each_option_what_it_does(home):
    listed = listed_options(home)
    table = clients_options()
    assert {like for _, like in table.values()} == {"same", "better", "ignored"}
    ignored = described_options("IGNORED OPTIONS")
    assert {name for name, (_, like) in table.items() if like == "ignored"} == set(ignored)
    for name, (letters, _) in table.items():
        # Two are called --batch.
        assert name == "batch" or (listed[name][0] or "") == "".join(letters)[:1] or name == "help"


def commands_of_help(home):
    lines = succeeded(home.marsh("--no-defaults", "-e", "\\help")).lines
    rows = [line for line in lines if line.startswith("  \\")]
    found = []
    for row in rows:
        name, usage, letters = re.match(
            r"  \\(\w+) (.*?) *  ((?:\\\S )*) *\S.*", row
        ).groups()
        about = succeeded(home.marsh("--no-defaults", "-e", f"\\help {name}")).text
        word = "Also as" in about
        found.append((name, letters.split(), word, usage))
    return found


def commands_of_man():
    found = []
    for line in section("COMMANDS").splitlines():
        if not line.startswith("*\\"):
            continue
        # Escaped for scdoc: a star that is one, and backslashes.
        text = line.replace("\\*", "\1").replace("\\\\", "\\")
        text = text.replace("*", "").replace("_", "").replace("\1", "*")
        match = re.fullmatch(r"\\(\w+)(?: \(([^)]*)\))?( \*)?(?: (\S.*))?", text)
        assert match, line
        letters = (match[2] or "").split()
        found.append((match[1], letters, match[3] is not None, match[4] or ""))
    return found


def test_commands_are_sorted_and_in_the_man_page(home):
    commands = commands_of_help(home)
    names = [command[0] for command in commands]
    assert len(names) > 15
    assert names == sorted(names)
    assert commands_of_man() == commands


def test_a_letter_is_one_commands(home):
    letters = [letter for command in commands_of_help(home) for letter in command[1]]
    assert len(letters) == len(set(letters))


def test_man_pages_are_valid():
    if shutil.which("scdoc") is None:
        pytest.skip("scdoc is not installed")
    for path in (ROOT / "man").glob("*.scd"):
        page = subprocess.run(["scdoc"], stdin=path.open(), capture_output=True, check=False)
        assert (page.returncode, page.stderr) == (0, b""), path
        assert page.stdout.startswith(b".\\\" Generated by scdoc")


def test_completions_are_made_of_the_help(home):
    done = subprocess.run(
        [ROOT / "tools" / "completions", "--check", home.marsh.program],
        env=home.env, capture_output=True, text=True, check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def bash_completes(home, line):
    """What bash would offer, its way of cutting words imitated."""
    script = """
        source "$1"
        COMP_LINE=$2 COMP_POINT=${#2}
        read -ra COMP_WORDS <<<"$(sed 's/[=:@]/ & /g' <<<"$2")"
        [[ $2 != *' ' ]] || COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _marsh
        [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' "${COMPREPLY[@]}"
    """
    folder = os.path.dirname(home.marsh.program)
    done = subprocess.run(
        ["bash", "-c", script, "bash", COMPLETIONS / "marsh.bash", line],
        env={**home.env, "PATH": f"{folder}:{home.env['PATH']}"},
        capture_output=True, text=True, check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


BINDS = "[bind.prod]\nhost = db1\n [bind.preview]\nhost = db2\n[other]\n"


@pytest.mark.parametrize(
    "line,offered",
    [
        ("marsh --for", ["--force", "--format"]),
        ("marsh --format ", ["table", "vertical", "tsv", "csv", "json", "jsonl", "html", "xml", "env"]),
        ("marsh --format js", ["json", "jsonl"]),
        ("marsh --format=js", ["json", "jsonl"]),
        ("marsh -f --ssl-mode verify", ["verify_ca", "verify_identity"]),
        ("marsh @pr", ["prod", "preview"]),
        ("marsh -t @", ["prod", "preview"]),
        ("marsh ", ["call", "copy", "keeper", "run", "scratch", "table"]),
        ("marsh scratch st", ["start", "stop"]),
        ("marsh keeper st", ["start", "status", "stop"]),
        ("marsh -D ", []),
    ],
)
def test_bash_completion(home, line, offered):
    home.config.write_text(BINDS)
    assert bash_completes(home, line) == offered


def test_bash_completes_files(home):
    path = home.write("script.sql", "")
    home.write("scribble", "")
    start = str(path).removesuffix("ript.sql")
    assert sorted(bash_completes(home, f"marsh run {start}")) == [
        str(home.path / "scribble"), str(path)
    ]
    assert bash_completes(home, f"marsh --tee {start}ript.s") == [str(path)]


def test_fish_completion(home):
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    home.config.write_text(BINDS)

    def offered(line):
        folder = os.path.dirname(home.marsh.program)
        done = subprocess.run(
            ["fish", "-c", f"source {COMPLETIONS}/marsh.fish; complete -C '{line}'"],
            env={**home.env, "PATH": f"{folder}:{home.env['PATH']}"},
            capture_output=True, text=True, check=False,
        )
        assert done.stderr == ""
        return [row.split("\t")[0] for row in done.stdout.splitlines()]

    assert offered("marsh --for") == ["--force", "--format"]
    assert offered("marsh --format js") == ["json", "jsonl"]
    assert offered("marsh @pr") == ["@preview", "@prod"]
    assert offered("marsh scratch st") == ["start", "stop"]


def test_zsh_completion_can_be_read():
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    done = subprocess.run(
        ["zsh", "-n", COMPLETIONS / "_marsh"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
