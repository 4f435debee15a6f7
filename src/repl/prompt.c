#include "prompt.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/text.h"
#include "marsh/config/target.h"
#include "marsh/db/connection.h"
#include "marsh/session/session.h"

enum { PORT_DEFAULT = 3306, WORD_MAX = 256 };

static void add_shown(struct buf *out, const char *text)
{
    text_add_printable(out, text, strlen(text), false);
}

// `machine`: this one's name instead of localhost.
static void add_host(struct buf *out, const struct target *target, bool machine)
{
    char name[WORD_MAX] = "localhost";
    bool local = target->protocol == PROTOCOL_SOCKET || target->host_count == 0;
    if (local && machine && gethostname(name, sizeof(name) - 1) != 0)
        strcpy(name, "localhost");
    add_shown(out, local ? name : target->hosts[0].name);
}

static void add_port(struct buf *out, const struct target *target)
{
    unsigned port = target->port != 0 ? target->port : PORT_DEFAULT;
    if (target->host_count > 0 && target->hosts[0].port != 0)
        port = target->hosts[0].port;
    const char *slash = target->socket == NULL ? NULL : strrchr(target->socket, '/');
    if (target->protocol != PROTOCOL_SOCKET)
        buf_printf(out, "%u", port);
    else
        add_shown(out, slash != NULL ? slash + 1 : target->socket != NULL ? target->socket : "");
}

static void add_server(struct buf *out, const struct session *session, char letter)
{
    struct connection_state state;
    bool known = session_get_state(session, &state) && state.server_version != NULL;
    if (letter == 'v')
        add_shown(out, known ? state.server_version : "not_connected");
    else
        buf_add_text(out, !known                                            ? "unknown"
                          : strstr(state.server_version, "MariaDB") != NULL ? "MariaDB"
                                                                            : "MySQL");
}

// Of the session and its target; false for a letter that is none of these.
static bool add_place(struct buf *out, char letter, const struct session *session)
{
    const struct target *target = session_target(session);
    const char *schema = session_schema(session);
    switch (letter) {
    case 'd':
        add_shown(out, schema[0] == '\0' ? "(none)" : schema);
        return true;
    case 'h':
    case 'H':
        add_host(out, target, letter == 'H');
        return true;
    case 'p':
        add_port(out, target);
        return true;
    case 'U':
    case 'u':
        add_shown(out, target->user);
        if (letter == 'U') {
            buf_add_char(out, '@');
            add_host(out, target, false);
        }
        return true;
    case 'N':
    case 'v':
        add_server(out, session, letter);
        return true;
    default:
        return false;
    }
}

static bool add_time(struct buf *out, char letter, time_t now)
{
    static const struct {
        char letter;
        const char *format;
    } formats[] = {{'D', "%a %b %e %H:%M:%S %Y"},
                   {'R', "%H"},
                   {'r', "%I"},
                   {'m', "%M"},
                   {'s', "%S"},
                   {'Y', "%Y"},
                   {'w', "%a"},
                   {'O', "%b"}};
    struct tm tm;
    char text[WORD_MAX];
    localtime_r(&now, &tm);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].letter != letter)
            continue;
        strftime(text, sizeof(text), formats[i].format, &tm);
        add_shown(out, text);
        return true;
    }
    if (letter == 'o')
        buf_printf(out, "%d", tm.tm_mon + 1);
    else if (letter == 'y')
        buf_printf(out, "%d", tm.tm_year % 100);
    else if (letter == 'P')
        buf_add_text(out, tm.tm_hour < 12 ? "am" : "pm");
    else
        return false;
    return true;
}

static void add_letter(struct buf *out, char letter, const struct prompt_facts *facts)
{
    static const char from[] = "_ ntS\"'\\";
    static const char to[] = "  \n\t;\"'\\";
    const char *plain = strchr(from, letter);
    if (plain != NULL)
        buf_add_char(out, to[plain - from]);
    else if (letter == 'c')
        buf_printf(out, "%u", facts->count);
    else if (letter == 'l')
        add_shown(out, facts->delimiter);
    else if (!add_place(out, letter, facts->session) && !add_time(out, letter, facts->now))
        buf_add_char(out, letter);
}

void prompt_add(struct buf *out, const char *text, const struct prompt_facts *facts)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\\");
        text_add_printable(out, text, len, false);
        text += len;
        if (*text == '\\' && text[1] != '\0') {
            add_letter(out, text[1], facts);
            text += 2;
        } else if (*text == '\\') {
            text++;
        }
    }
}
