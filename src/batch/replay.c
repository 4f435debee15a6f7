#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/base/text.h"
#include "marsh/command/command.h"
#include "marsh/command/context.h"
#include "marsh/data/sink.h"
#include "marsh/session/session.h"
#include "marsh/session/traces.h"
#include "marsh/sql/effects.h"
#include "marsh/sql/lexer.h"
#include "marsh/sql/settings.h"
#include "marsh/sql/splitter.h"

// More settings for one statement are not expected, nor are more @variables that keep settings.
enum { NEXT_MAX = 16, KEPT_MAX = 1000 };

// SET @old = @@setting
struct kept {
    char *variable;
    char *setting;
};

struct replay {
    struct context *context;
    struct traces *lost; // what can't be made again
    char *use;           // the schema in use, NULL for the target's own
    char *lock;          // the last LOCK TABLES
    char *next[NEXT_MAX];
    size_t next_count;
    struct kept *kept;
    size_t kept_count;
    bool chain; // the last statement has begun a transaction with its COMMIT AND CHAIN
    bool gave;  // LAST_INSERT_ID() and the like may have been given
};

struct replay *replay_create(struct context *context)
{
    struct replay *replay = mem_calloc(1, sizeof(*replay));
    replay->context = context;
    replay->lost = traces_create();
    return replay;
}

static void forget_next(struct replay *replay)
{
    while (replay->next_count > 0)
        free(replay->next[--replay->next_count]);
}

void replay_destroy(struct replay *replay)
{
    if (replay == NULL)
        return;
    traces_destroy(replay->lost);
    free(replay->use);
    free(replay->lock);
    forget_next(replay);
    for (size_t i = 0; i < replay->kept_count; i++) {
        free(replay->kept[i].variable);
        free(replay->kept[i].setting);
    }
    free(replay->kept);
    free(replay);
}

static void lose_unseen(struct replay *replay, const char *verb)
{
    const struct heard heard = {.watched = false};
    struct effects effects = {.flags = EFFECT_CALLS};
    strncpy(effects.verb, verb, sizeof(effects.verb) - 1);
    traces_add_unseen(replay->lost, &effects, &heard);
}

void replay_add_unseen(struct replay *replay)
{
    lose_unseen(replay, "CALL");
}

static bool is_lost(void *data, const char *name)
{
    return traces_have(data, TRACE_VARIABLE, name);
}

// What is set anew is lost no more.
static void take_setting(void *data, const struct trace_change *change)
{
    if (change->what == TRACE_LEFT)
        traces_take(data, change->kind, change->name);
}

// "@@session.name" ends with the name.
static bool is_setting(const struct token *token, size_t *name)
{
    *name = 2;
    for (size_t i = 2; i < token->len; i++)
        *name = token->text[i] == '.' ? i + 1 : *name;
    return token->kind == TOKEN_VARIABLE && token->len > *name && token->text[1] == '@';
}

static void keep(struct replay *replay, const struct token *variable, const struct token *setting)
{
    size_t at;
    if (variable->kind != TOKEN_VARIABLE || variable->len < 2 || variable->text[1] == '@' ||
        !is_setting(setting, &at) || replay->kept_count == KEPT_MAX)
        return;
    struct kept new = {mem_strndup(variable->text, variable->len),
                       mem_strndup(setting->text + at, setting->len - at)};
    for (size_t i = 0; i < replay->kept_count; i++) {
        const struct kept *kept = &replay->kept[i];
        if (!text_equals_nocase(kept->variable, new.variable) ||
            !text_equals_nocase(kept->setting, new.setting))
            continue;
        free(new.variable);
        free(new.setting);
        return;
    }
    size_t size = (replay->kept_count + 1) * sizeof(*replay->kept);
    replay->kept = mem_realloc(replay->kept, size);
    replay->kept[replay->kept_count++] = new;
}

// Which @variables a SET gives the value of a setting.
static void keep_settings(struct replay *replay, const struct split_item *item)
{
    struct lexer lexer;
    struct token variable = {.kind = TOKEN_PUNCTUATION};
    struct token token;
    lexer_init(&lexer, item->text, item->len, session_dialect(replay->context->session));
    while (lexer_next(&lexer, &token)) {
        size_t at;
        if (is_setting(&token, &at))
            keep(replay, &variable, &token);
        else if (token.kind == TOKEN_VARIABLE)
            variable = token;
    }
}

// A setting that is no session's own had another value before SET GLOBAL than it has now.
static void lose_kept(struct replay *replay, const struct split_item *item)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, item->text, item->len, session_dialect(replay->context->session));
    while (lexer_next(&lexer, &token)) {
        size_t at;
        bool setting = is_setting(&token, &at);
        at = setting ? at : 0;
        for (size_t i = 0; i < replay->kept_count; i++) {
            const struct kept *kept = &replay->kept[i];
            if ((!setting && token.kind != TOKEN_WORD) || strlen(kept->setting) != token.len - at ||
                !text_same_start_nocase(kept->setting, token.text + at, token.len - at))
                continue;
            CLEANUP(mem_free_at) char *text = mem_printf("SET %s = 1", kept->variable);
            struct effects effects;
            traces_read(replay->lost, text, strlen(text), NULL, "", &effects);
            traces_settle(replay->lost, true);
        }
    }
}

// A SET, which may be run again where that sets the same.
static bool take_set(struct replay *replay, const struct split_item *item, enum settings settings)
{
    const struct dialect *dialect = session_dialect(replay->context->session);
    struct effects effects;
    size_t before = traces_count(replay->lost);
    switch (settings) {
    case SETTINGS_SAME:
        effects_read(item->text, item->len, dialect, &effects, take_setting, replay->lost);
        keep_settings(replay, item);
        return true;
    case SETTINGS_NEXT:
        if (replay->next_count < NEXT_MAX)
            replay->next[replay->next_count++] = mem_strndup(item->text, item->len);
        else
            lose_unseen(replay, "SET");
        break;
    case SETTINGS_OTHER:
        traces_settle(replay->lost, true);
        if (traces_count(replay->lost) == before)
            lose_unseen(replay, "SET");
        break;
    case SETTINGS_GLOBAL:
        lose_kept(replay, item);
        break;
    case SETTINGS_NONE:
        break;
    }
    return false;
}

// The last name in a statement: of DROP DATABASE, of USE.
static char *last_name(const struct replay *replay, const struct split_item *item)
{
    struct lexer lexer;
    struct token token;
    char *name = NULL;
    lexer_init(&lexer, item->text, item->len, session_dialect(replay->context->session));
    while (lexer_next(&lexer, &token)) {
        if (!token_is_name(&token))
            continue;
        free(name);
        name = token_name(&token);
    }
    return name;
}

bool replay_is_chain(const struct context *context, const struct split_item *item)
{
    struct lexer lexer;
    struct token token;
    bool no = false;
    lexer_init(&lexer, item->text, item->len, session_dialect(context->session));
    while (lexer_next(&lexer, &token)) {
        if (token_is(&token, "chain"))
            return !no;
        no = token_is(&token, "no");
    }
    return false;
}

static void take_verb(struct replay *replay, const struct split_item *item, const char *verb)
{
    bool drops = strcmp(verb, "DROP DATABASE") == 0 || strcmp(verb, "DROP SCHEMA") == 0;
    if (strcmp(verb, "USE") == 0) {
        free(replay->use);
        replay->use = last_name(replay, item);
    } else if (drops && replay->use != NULL) {
        CLEANUP(mem_free_at) char *name = last_name(replay, item);
        if (name != NULL && text_equals_nocase(name, replay->use))
            mem_replace(&replay->use, NULL);
    } else if (strncmp(verb, "LOCK TABLE", strlen("LOCK TABLE")) == 0) {
        free(replay->lock);
        replay->lock = mem_strndup(item->text, item->len);
    }
}

static bool take_statement(struct replay *replay, const struct split_item *item)
{
    const unsigned gives = EFFECT_MAY_FIRE | EFFECT_CALLS | EFFECT_MAY_CALL | EFFECT_TAKES_NUMBER;
    const unsigned ends = EFFECT_COMMITS | EFFECT_ROLLS_BACK;
    const struct dialect *dialect = session_dialect(replay->context->session);
    struct effects effects;
    // In which schema a temporary table is does not matter where all are lost.
    traces_read(replay->lost, item->text, item->len, dialect, "", &effects);
    enum settings settings = SETTINGS_NONE;
    replay->chain = (effects.flags & ends) != 0 && replay_is_chain(replay->context, item);
    if (strncmp(effects.verb, "SET", 3) == 0)
        settings = settings_read(item->text, item->len, dialect, is_lost, replay->lost);
    if (settings != SETTINGS_NONE)
        return take_set(replay, item, settings);
    traces_settle(replay->lost, true);
    forget_next(replay);
    take_verb(replay, item, effects.verb);
    replay->gave = replay->gave || (effects.flags & gives) != 0;
    if (item->end == SPLIT_END_SET)
        lose_unseen(replay, "\\gset");
    return false;
}

// The connection was given up there, and with it what was left on it.
static void start_over(struct replay *replay)
{
    traces_clear(replay->lost);
    mem_replace(&replay->lock, NULL);
    forget_next(replay);
    replay->gave = replay->chain = false;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

// What sets how scripts are read and shown is run again, and so is what gives a connection up; what
// shows or does something is not.
static bool take_command(struct replay *replay, const struct split_item *item)
{
    static const char *const anew[] = {"connect", "reconnect", "release", "reset", NULL};
    static const char *const again[] = {
        "charset", "connect", "exit",   "format", "nopager",   "notee",    "nowarning",
        "pager",   "prompt",  "quit",   "raw",    "reconnect", "release",  "reset",
        "sandbox", "set",     "source", "tee",    "unset",     "warnings", NULL};
    const struct command *command = command_find(item->text, item->len, item->backslash);
    if (command == NULL)
        return true; // which it says itself
    if (strcmp(command->name, "use") == 0) {
        const struct split_item name = {.text = item->args, .len = item->args_len};
        free(replay->use);
        replay->use = last_name(replay, &name);
        if (replay->use == NULL)
            replay->use = mem_strndup(item->args, item->args_len);
        return false;
    }
    if (is_one_of(command->name, anew))
        start_over(replay);
    if (strcmp(command->name, "connect") == 0 && item->args_len > 0)
        mem_replace(&replay->use, NULL);
    replay->gave = replay->gave || strcmp(command->name, "call") == 0;
    return is_one_of(command->name, again);
}

bool replay_take(struct replay *replay, const struct split_item *item)
{
    return item->command ? take_command(replay, item) : take_statement(replay, item);
}

static bool run(struct replay *replay, const char *text, struct error *err)
{
    return session_run(replay->context->session, text, strlen(text), sink_discard(), err);
}

static bool use(struct replay *replay, struct error *err)
{
    if (replay->use == NULL)
        return true;
    struct buf quoted = BUF_INIT;
    buf_add_char(&quoted, '`');
    for (const char *c = replay->use; *c != '\0'; c++) {
        if (*c == '`')
            buf_add_char(&quoted, '`');
        buf_add_char(&quoted, *c);
    }
    buf_add_char(&quoted, '`');
    const struct split_item item = {
        .command = true, .text = "use", .len = 3, .args = quoted.data, .args_len = quoted.len};
    bool ok = command_dispatch(replay->context, &item, err);
    buf_finish(&quoted);
    return ok;
}

bool replay_put_back(struct replay *replay, struct error *err)
{
    bool locks = traces_take(replay->lost, TRACE_TABLE_LOCK, "LOCK TABLES");
    struct buf lost = BUF_INIT;
    traces_list(replay->lost, &lost);
    bool ok = lost.len == 0 ||
              error_set(err, ERROR_USAGE,
                        "can't go on here: the statements that are done had left on their "
                        "connection what can't be made again: %s",
                        buf_cstr(&lost));
    buf_finish(&lost);
    ok = ok && use(replay, err);
    if (ok && locks && replay->lock != NULL)
        ok = run(replay, replay->lock, err);
    for (size_t i = 0; ok && i < replay->next_count; i++)
        ok = run(replay, replay->next[i], err);
    if (ok && replay->chain)
        ok = run(replay, "START TRANSACTION", err);
    if (ok && replay->gave)
        session_miss_answers(replay->context->session);
    return ok;
}
