/*
 * Colour roles: what a cell means. Views use roles only; a theme maps them to colours and
 * attributes. The letter is the one of screens' role maps and of our goldens.
 */
#ifndef TUI_ROLE_H
#define TUI_ROLE_H

/* ROLE(id, letter, meaning) */
#define ROLE_TABLE(ROLE)                                                                           \
    ROLE(TEXT, 't', "values and names")                                                            \
    ROLE(DIM, 'd', "units, heads, rules, words of keys, stale values")                             \
    ROLE(TITLE, 'T', "titles of parts, labels of rows, keys")                                      \
    ROLE(OK, 'o', "up, nominal, normal, ok")                                                       \
    ROLE(WARN, 'w', "the sentence, drift, restart, rolled back")                                   \
    ROLE(CRIT, 'c', "stuck, failed")                                                               \
    ROLE(GRAPH_1, '1', "speed and progress")                                                       \
    ROLE(GRAPH_2, '2', "waiting")                                                                  \
    ROLE(GRAPH_3, '3', "load: GPU, CPU")                                                           \
    ROLE(GRAPH_4, '4', "levels: memory, heat, power")                                              \
    ROLE(SELECTION, 's', "active tab, selected row, cursor")                                       \
    ROLE(CHANGED, 'x', "the value a profile wants, added lines")

enum role {
#define ROLE(id, letter, meaning) ROLE_##id,
    ROLE_TABLE(ROLE)
#undef ROLE
        ROLE_COUNT
};

char role_letter(enum role role);

#endif
