#include "cli/completion.h"

#include <string.h>

/* What a value is, told by the word that help shows for it. */
static bool is_file(const struct option_row *o)
{
    return o->argument && strstr(o->argument, "FILE") != NULL;
}

static bool is_folder(const struct option_row *o)
{
    return o->argument && strncmp(o->argument, "DIR", 3) == 0;
}

/* "last" of "DIR|last"; NULL when nothing else may stand there. */
static const char *word_of(const struct option_row *o)
{
    const char *bar = o->argument ? strchr(o->argument, '|') : NULL;
    return bar ? bar + 1 : NULL;
}

/* The user's themes are files in his folder, which the shell can list. */
static bool is_theme(const struct option_row *o)
{
    return o->argument && strcmp(o->argument, "THEME") == 0;
}

static bool takes_folder(const struct command_row *c)
{
    return c->operand && !c->operands && strcmp(c->operand, "DIR") == 0;
}

/* "[NAME] | --lint FILE...": as many as there are, wherever they stand. */
static bool takes_files(const struct command_row *c)
{
    return c->operand && !c->operands && strstr(c->operand, "FILE") != NULL;
}

/* An entry of the journal: they are asked for when somebody completes one. */
static bool takes_id(const struct command_row *c)
{
    return c->operand && strcmp(c->operand, "[ID]") == 0;
}

static void put_list(struct buf *out, const char *const *(*choices)(size_t *count))
{
    size_t count = 0;
    const char *const *names = choices(&count);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s%s", i ? " " : "", names[i]);
    }
}

/* Inside single quotes. fish knows a backslash there, the others end the quotes for a moment. */
static void put_quoted(struct buf *out, enum completion_shell shell, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            buf_puts(out, shell == SHELL_FISH ? "\\'" : "'\\''");
        } else if (*text == '\\' && shell == SHELL_FISH) {
            buf_puts(out, "\\\\");
        } else if (shell == SHELL_ZSH && strchr("[]:\\", *text)) { /* of _arguments and _describe */
            buf_printf(out, "\\%c", *text);
        } else {
            buf_putc(out, *text);
        }
    }
}

static void put_head(struct buf *out, const char *shell, const char *mark)
{
    buf_printf(out, "%s# Completes tunetop in %s. Made by `tunetop completion %s`.\n", mark, shell,
               shell);
}

/* ---- bash: 3.2 and later, with or without the bash-completion package ---- */

static void bash_options_of(struct buf *out, int command)
{
    size_t count = 0;
    const struct option_row *rows = option_rows(&count);
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].commands & COMMAND_BIT(command)) {
            buf_printf(out, "%s--%s", first ? "" : " ", rows[i].name);
            first = false;
        }
    }
}

/* "--name|-n" */
static void bash_pattern(struct buf *out, const struct option_row *o)
{
    buf_printf(out, "--%s", o->name);
    if (o->letter) {
        buf_printf(out, "|-%c", o->letter);
    }
}

static void bash_values(struct buf *out)
{
    size_t count = 0;
    const struct option_row *rows = option_rows(&count);
    buf_puts(out, "    case $before in\n");
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].argument) {
            continue;
        }
        buf_puts(out, "    ");
        bash_pattern(out, &rows[i]);
        buf_puts(out, ") ");
        if (rows[i].choices) {
            buf_puts(out, "_tunetop_add -W '");
            put_list(out, rows[i].choices);
            buf_puts(out, "' -- \"$now\"; ");
            buf_puts(out, is_theme(&rows[i]) ? "_tunetop_themes; " : "");
        } else if (is_file(&rows[i]) || is_folder(&rows[i])) {
            if (word_of(&rows[i])) {
                buf_printf(out, "_tunetop_add -W %s -- \"$now\"; ", word_of(&rows[i]));
            }
            buf_printf(out, "_tunetop_files -%c; ", is_file(&rows[i]) ? 'f' : 'd');
        }
        buf_puts(out, "return ;;\n");
    }
    buf_puts(out, "    esac\n");
}

/* Finds the command among the words before the one to complete, past the values of options. */
static void bash_find(struct buf *out)
{
    size_t count = 0;
    const struct option_row *rows = option_rows(&count);
    bool first = true;
    buf_puts(out, "    while [ \"$i\" -lt \"$COMP_CWORD\" ]; do\n"
                  "        word=${COMP_WORDS[i]}\n"
                  "        case $word in\n        ");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].argument) {
            buf_puts(out, first ? "" : "|");
            bash_pattern(out, &rows[i]);
            first = false;
        }
    }
    buf_puts(out, ") [ \"${COMP_WORDS[i + 1]-}\" != = ] || i=$((i + 1)); i=$((i + 1)) ;;\n"
                  "        -*) ;;\n"
                  "        *) [ -z \"$command\" ] || operands=$((operands + 1))\n"
                  "           command=${command:-$word} ;;\n"
                  "        esac\n"
                  "        i=$((i + 1))\n"
                  "    done\n");
}

static void bash_script(struct buf *out)
{
    size_t count = 0;
    const struct command_row *commands = command_rows(&count);
    put_head(out, "bash", "");
    buf_puts(out,
             "_tunetop_add() {\n"
             "    local line\n"
             "    while IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen \"$@\")\n"
             "}\n"
             "_tunetop_files() {\n"
             "    compopt -o filenames 2>/dev/null\n"
             "    _tunetop_add \"$1\" -- \"$now\"\n"
             "}\n"
             "# Names are compared, never expanded: they are whatever somebody called a file.\n"
             "_tunetop_themes() {\n"
             "    local file folder=${XDG_CONFIG_HOME:-$HOME/.config}/tunetop/themes\n"
             "    for file in \"$folder\"/*.yaml \"$folder\"/*.theme; do\n"
             "        [ -f \"$file\" ] || continue\n"
             "        file=${file##*/}\n"
             "        file=${file%.*}\n"
             "        case $file in \"$now\"*) COMPREPLY+=(\"$file\") ;; esac\n"
             "    done\n"
             "}\n"
             "_tunetop_ids() {\n"
             "    \"${COMP_WORDS[0]}\" journal 2>/dev/null | sed -n 's/^\\(20[-0-9]*\\) .*/\\1/p'\n"
             "}\n"
             "_tunetop() {\n"
             "    local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
             "    local word command= operands=0 i=1\n"
             "    COMPREPLY=()\n"
             "    # bash makes three words of --name=value.\n"
             "    if [ \"$now\" = = ]; then\n"
             "        now=\n"
             "    elif [ \"$before\" = = ] && [ \"$COMP_CWORD\" -gt 1 ]; then\n"
             "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
             "    fi\n");
    bash_values(out);
    bash_find(out);
    buf_puts(out, "    case $command:$now in\n");
    for (size_t c = 0; c < count; c++) {
        buf_printf(out, "    %s:-*) _tunetop_add -W '", commands[c].name);
        bash_options_of(out, (int)c);
        buf_puts(out, "' -- \"$now\" ;;\n");
    }
    buf_puts(out, "    :*) _tunetop_add -W '");
    for (size_t c = COMMAND_DASHBOARD + 1; c < count; c++) {
        buf_printf(out, "%s%s", c > COMMAND_DASHBOARD + 1 ? " " : "", commands[c].name);
    }
    buf_puts(out, "' -- \"$now\" ;;\n");
    for (size_t c = 0; c < count; c++) {
        if (commands[c].operands) {
            buf_printf(out, "    %s:*) [ \"$operands\" -gt 0 ] || _tunetop_add -W '",
                       commands[c].name);
            put_list(out, commands[c].operands);
            buf_puts(out, "' -- \"$now\" ;;\n");
        } else if (takes_folder(&commands[c])) {
            buf_printf(out, "    %s:*) [ \"$operands\" -gt 0 ] || _tunetop_files -d ;;\n",
                       commands[c].name);
        } else if (takes_files(&commands[c])) {
            buf_printf(out, "    %s:*) _tunetop_files -f ;;\n", commands[c].name);
        } else if (takes_id(&commands[c])) {
            buf_printf(out,
                       "    %s:*) [ \"$operands\" -gt 0 ] || "
                       "_tunetop_add -W \"$(_tunetop_ids)\" -- \"$now\" ;;\n",
                       commands[c].name);
        }
    }
    buf_puts(out, "    esac\n}\ncomplete -F _tunetop tunetop\n");
}

/* ---- zsh ---- */

/* One option for _arguments: '(-n --count)'{-n+,--count=}'[help]:N:_files' */
static void zsh_option(struct buf *out, const struct option_row *o)
{
    buf_puts(out, "        ");
    if (o->type == OPTION_COUNT_) {
        buf_puts(out, "'*'");
    } else if (o->letter) {
        buf_printf(out, "'(-%c --%s)'", o->letter, o->name);
    }
    if (o->letter) {
        buf_printf(out, o->argument ? "{-%c+,--%s=}" : "{-%c,--%s}", o->letter, o->name);
        buf_putc(out, '\'');
    } else {
        buf_printf(out, "'--%s%s", o->name, o->argument ? "=" : "");
    }
    buf_putc(out, '[');
    put_quoted(out, SHELL_ZSH, o->help);
    buf_putc(out, ']');
    if (o->argument) {
        buf_printf(out, ":%s:", o->argument);
        if (is_theme(o)) {
            buf_puts(out, "{compadd -- ");
            put_list(out, o->choices);
            buf_puts(out, " ${XDG_CONFIG_HOME:-$HOME/.config}/tunetop/themes/"
                          "*.(yaml|theme)(N\\:t\\:r)}");
        } else if (o->choices) {
            buf_putc(out, '(');
            put_list(out, o->choices);
            buf_putc(out, ')');
        } else if (is_file(o)) {
            buf_puts(out, "_files");
        } else if (is_folder(o) && word_of(o)) {
            buf_printf(out, "{_files -/; compadd -- %s}", word_of(o));
        } else if (is_folder(o)) {
            buf_puts(out, "_files -/");
        } else {
            buf_putc(out, ' ');
        }
    }
    buf_puts(out, "'\n");
}

static void zsh_options_of(struct buf *out, int command)
{
    size_t count = 0;
    const struct option_row *rows = option_rows(&count);
    for (size_t i = 0; i < count; i++) {
        const bool global = rows[i].commands == COMMAND_ALL;
        if (command < 0 ? global : !global && (rows[i].commands & COMMAND_BIT(command))) {
            zsh_option(out, &rows[i]);
        }
    }
}

static void zsh_script(struct buf *out)
{
    size_t count = 0;
    const struct command_row *commands = command_rows(&count);
    put_head(out, "zsh", "#compdef tunetop\n");
    buf_puts(out, "_tunetop_ids() {\n"
                  "    compadd -- ${(f)\"$(_call_program ids tunetop journal 2>/dev/null | "
                  "sed -n 's/^\\(20[-0-9]*\\) .*/\\1/p')\"}\n"
                  "}\n"
                  "_tunetop() {\n"
                  "    local curcontext=$curcontext state line ret=1\n"
                  "    local -a every own commands\n"
                  "    typeset -A opt_args\n"
                  "    every=(\n");
    zsh_options_of(out, -1);
    buf_puts(out, "    )\n    own=(\n");
    zsh_options_of(out, COMMAND_DASHBOARD);
    buf_puts(out, "    )\n    commands=(\n");
    for (size_t c = COMMAND_DASHBOARD + 1; c < count; c++) {
        buf_printf(out, "        '%s:", commands[c].name);
        put_quoted(out, SHELL_ZSH, commands[c].title);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "    )\n"
                  "    _arguments -C -S $every $own '1: :->command' '*:: :->rest' && ret=0\n"
                  "    case $state in\n"
                  "    command) _describe -t commands command commands && ret=0 ;;\n"
                  "    rest)\n"
                  "        case $words[1] in\n");
    for (size_t c = COMMAND_DASHBOARD + 1; c < count; c++) {
        buf_printf(out, "        %s)\n            own=(\n", commands[c].name);
        zsh_options_of(out, (int)c);
        if (commands[c].operands) {
            buf_printf(out, "        '1:%s:(", commands[c].operand);
            put_list(out, commands[c].operands);
            buf_puts(out, ")'\n");
        } else if (takes_folder(&commands[c])) {
            buf_puts(out, "        '1:DIR:_files -/'\n");
        } else if (takes_files(&commands[c])) {
            buf_puts(out, "        '*:FILE:_files'\n");
        } else if (takes_id(&commands[c])) {
            buf_puts(out, "        '1:ID:_tunetop_ids'\n");
        }
        buf_puts(out, "            )\n            ;;\n");
    }
    buf_puts(out, "        *) return 1 ;;\n"
                  "        esac\n"
                  "        _arguments -S $every $own && ret=0\n"
                  "        ;;\n"
                  "    esac\n"
                  "    return ret\n"
                  "}\n"
                  "if [[ $funcstack[1] == _tunetop ]]; then\n"
                  "    _tunetop \"$@\"\n"
                  "else\n"
                  "    compdef _tunetop tunetop\n"
                  "fi\n");
}

/* ---- fish ---- */

static void fish_condition(struct buf *out, unsigned mask)
{
    size_t count = 0;
    const struct command_row *commands = command_rows(&count);
    if (mask == COMMAND_ALL) {
        return;
    }
    buf_puts(out, " -n '");
    if (mask & COMMAND_BIT(COMMAND_DASHBOARD)) { /* or none of the commands, but for those */
        buf_puts(out, "not __fish_seen_subcommand_from");
    } else {
        buf_puts(out, "__fish_seen_subcommand_from");
    }
    for (size_t c = COMMAND_DASHBOARD + 1; c < count; c++) {
        const bool has = mask & COMMAND_BIT(c);
        if (has != ((mask & COMMAND_BIT(COMMAND_DASHBOARD)) != 0)) {
            buf_printf(out, " %s", commands[c].name);
        }
    }
    buf_putc(out, '\'');
}

static void fish_option(struct buf *out, const struct option_row *o)
{
    buf_puts(out, "complete -c tunetop");
    fish_condition(out, o->commands);
    if (o->letter) {
        buf_printf(out, " -s %c", o->letter);
    }
    buf_printf(out, " -l %s", o->name);
    if (o->choices) {
        buf_puts(out, " -x -a '");
        put_list(out, o->choices);
        if (is_theme(o)) {
            buf_puts(out, " (set -l d $HOME/.config; set -q XDG_CONFIG_HOME; "
                          "and set d $XDG_CONFIG_HOME; for f in $d/tunetop/themes/*.{yaml,theme}; "
                          "string replace -r \"^.*/(.*)\\\\..*\\$\" \"\\$1\" $f; end)");
        }
        buf_putc(out, '\'');
    } else if (is_file(o)) {
        buf_puts(out, " -r -F");
    } else if (is_folder(o)) {
        buf_printf(out, " -x -a '(__fish_complete_directories)%s%s'", word_of(o) ? " " : "",
                   word_of(o) ? word_of(o) : "");
    } else if (o->argument) {
        buf_puts(out, " -x");
    }
    buf_puts(out, " -d '");
    put_quoted(out, SHELL_FISH, o->help);
    buf_puts(out, "'\n");
}

static void fish_script(struct buf *out)
{
    size_t command_count = 0, option_count = 0;
    const struct command_row *commands = command_rows(&command_count);
    const struct option_row *options = option_rows(&option_count);
    put_head(out, "fish", "");
    buf_puts(out, "complete -c tunetop -f\n");
    for (size_t c = COMMAND_DASHBOARD + 1; c < command_count; c++) {
        buf_printf(out, "complete -c tunetop -n __fish_use_subcommand -a %s -d '",
                   commands[c].name);
        put_quoted(out, SHELL_FISH, commands[c].title);
        buf_puts(out, "'\n");
        if (commands[c].operands) {
            buf_printf(out, "complete -c tunetop -n '__fish_seen_subcommand_from %s' -a '",
                       commands[c].name);
            put_list(out, commands[c].operands);
            buf_puts(out, "'\n");
        } else if (takes_folder(&commands[c])) {
            buf_printf(out,
                       "complete -c tunetop -n '__fish_seen_subcommand_from %s' -a "
                       "'(__fish_complete_directories)'\n",
                       commands[c].name);
        } else if (takes_files(&commands[c])) {
            buf_printf(out, "complete -c tunetop -n '__fish_seen_subcommand_from %s' -F\n",
                       commands[c].name);
        } else if (takes_id(&commands[c])) {
            buf_printf(out,
                       "complete -c tunetop -n '__fish_seen_subcommand_from %s' -a "
                       "'(tunetop journal 2>/dev/null | string match -r \"^20[-0-9]+\")'\n",
                       commands[c].name);
        }
    }
    for (size_t i = 0; i < option_count; i++) {
        fish_option(out, &options[i]);
    }
}

void completion_script(enum completion_shell shell, struct buf *out)
{
    switch (shell) {
    case SHELL_BASH:
        bash_script(out);
        break;
    case SHELL_ZSH:
        zsh_script(out);
        break;
    case SHELL_FISH:
        fish_script(out);
        break;
    }
}
