#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "marsh/base/mem.h"

// readline's callbacks carry no data, and it is one in a process; so is this.
static struct {
    int wake_fd;
    terminal_completer completer;
    terminal_wants_file wants_file;
    terminal_hint hint;
    void *data;
    bool ending; // asked to, while no line was being read
    bool done;   // a line, or the end of input, was read
    char *line;
    char **matches;
    int idle_seconds;
    int (*idle)(void *data);
    void *idle_data;
    char *(*notice)(void *data);
    void *notice_data;
} terminal;

static void take_line(char *line)
{
    terminal.line = line;
    terminal.done = true;
    rl_callback_handler_remove();
}

static char *next_match(const char *text, int state)
{
    (void) text;
    return terminal.matches == NULL ? NULL : terminal.matches[state];
}

// A line of its own, as a list of completions has it; the line that is typed is drawn anew below.
static void show_hint(const char *line)
{
    char *hint = terminal.hint(terminal.data, line);
    if (hint == NULL)
        return;
    rl_crlf();
    fprintf(rl_outstream, "%s\n", hint);
    fflush(rl_outstream);
    rl_on_new_line();
    free(hint);
}

static int insert_with_hint(int count, int key)
{
    rl_insert(count, key);
    if (rl_point == rl_end)
        show_hint(rl_line_buffer);
    return 0;
}

// The word at the line's end is completed as a whole, with a space behind it.
static void show_hint_of(const char *completed, int start)
{
    CLEANUP(mem_free_at)
    char *line = mem_printf("%.*s%s ", start, rl_line_buffer, completed);
    show_hint(line);
}

static char **complete(const char *text, int start, int end)
{
    bool file = terminal.wants_file(rl_line_buffer);
    rl_attempted_completion_over = file ? 0 : 1; // file names only where they are meant
    if (file)
        return NULL;
    terminal.matches = terminal.completer(terminal.data, rl_line_buffer, (size_t) start,
                                          (size_t) end);
    char **found = rl_completion_matches(text, next_match);
    // Behind "name=" comes its value.
    size_t len = found == NULL ? 0 : strlen(found[0]);
    rl_completion_suppress_append = len > 0 && found[0][len - 1] == '=';
    if (len > 0 && found[1] == NULL && end == rl_end)
        show_hint_of(found[0], start);
    free(terminal.matches); // its texts went to readline
    terminal.matches = NULL;
    return found;
}

static char *word_breaks(void)
{
    static char of_files[] = " \t\n";
    static char of_sql[] = " \t\n\"'`@><=;|&{}(),.+-*/!%";
    return terminal.wants_file(rl_line_buffer) ? of_files : of_sql;
}

void terminal_begin(int wake_fd, terminal_completer completer, terminal_wants_file wants_file,
                    terminal_hint hint, void *data)
{
    terminal.wake_fd = wake_fd;
    terminal.completer = completer;
    terminal.wants_file = wants_file;
    terminal.hint = hint;
    terminal.data = data;
    rl_readline_name = "marsh";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0; // it would set LINES and COLUMNS for our children
    rl_attempted_completion_function = complete;
    rl_completion_word_break_hook = word_breaks;
    rl_completer_quote_characters = "";
    rl_initialize();
    rl_bind_key(' ', insert_with_hint);
    rl_bind_key('(', insert_with_hint);
}

void terminal_end(void)
{
    terminal.completer = NULL;
    terminal.data = NULL;
    rl_callback_handler_remove();
}

void terminal_forget_signals(void)
{
    char letters[64];
    struct pollfd wake = {.fd = terminal.wake_fd, .events = POLLIN};
    while (poll(&wake, 1, 0) > 0) {
        ssize_t got = read(terminal.wake_fd, letters, sizeof(letters));
        if (got <= 0)
            break;
        // To be asked to end is not forgotten.
        terminal.ending = terminal.ending || memchr(letters, 'T', (size_t) got) != NULL;
    }
}

size_t terminal_columns(void)
{
    int rows = 0;
    int columns = 0;
    rl_reset_screen_size();
    rl_get_screen_size(&rows, &columns);
    return columns > 0 ? (size_t) columns : 0;
}

static void suspend(void)
{
    rl_deprep_terminal();
    kill(getpid(), SIGSTOP);
    rl_prep_terminal(1);
    rl_forced_update_display();
}

// Above the line that is being typed, which is drawn anew.
static void show_notice(void)
{
    char *text = terminal.notice == NULL ? NULL : terminal.notice(terminal.notice_data);
    if (text == NULL)
        return;
    rl_clear_visible_line();
    fputs(text, rl_outstream);
    fflush(rl_outstream);
    rl_on_new_line();
    rl_redisplay();
    free(text);
}

// One letter of the thread that owns signals. True: stop reading, *event says why.
static bool take_signal(char letter, enum terminal_event *event)
{
    switch (letter) {
    case 'W':
        rl_resize_terminal();
        return false;
    case 'Z':
        suspend();
        return false;
    case 'J':
        show_notice();
        return false;
    case 'I':
        *event = TERMINAL_INTERRUPT;
        return true;
    default:
        *event = TERMINAL_END;
        return true;
    }
}

static void leave_line(const char *mark)
{
    // Behind what is typed; removing the handler moves the cursor to the line's start.
    rl_point = rl_end;
    rl_redisplay();
    fputs(mark, rl_outstream);
    fflush(rl_outstream);
    rl_free_line_state();
    rl_callback_sigcleanup();
    rl_callback_handler_remove();
    fputs("\n", rl_outstream);
    fflush(rl_outstream);
}

void terminal_on_notice(char *(*notice)(void *data), void *data)
{
    terminal.notice = notice;
    terminal.notice_data = data;
}

void terminal_on_idle(int seconds, int (*idle)(void *data), void *data)
{
    terminal.idle_seconds = seconds;
    terminal.idle = idle;
    terminal.idle_data = data;
}

enum terminal_event terminal_read(const char *prompt, char **line)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = terminal.wake_fd, .events = POLLIN}};
    if (terminal.ending)
        return TERMINAL_END;
    terminal.done = false;
    terminal.line = NULL;
    rl_callback_handler_install(prompt, take_line);
    while (!terminal.done) {
        int ready = poll(fds, 2, terminal.idle_seconds < 0 ? -1 : terminal.idle_seconds * 1000);
        if (ready < 0 && errno != EINTR)
            break;
        if (ready == 0) {
            terminal.idle_seconds = terminal.idle(terminal.idle_data);
            continue;
        }
        char letter;
        enum terminal_event event;
        if ((fds[1].revents & POLLIN) != 0 && read(terminal.wake_fd, &letter, 1) == 1 &&
            take_signal(letter, &event)) {
            leave_line(event == TERMINAL_INTERRUPT ? "^C" : "");
            return event;
        }
        if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            rl_callback_read_char();
    }
    if (terminal.line == NULL) {
        leave_line("");
        return TERMINAL_EOF;
    }
    *line = mem_strdup(terminal.line);
    free(terminal.line);
    return TERMINAL_LINE;
}
