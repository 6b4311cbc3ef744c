/* SPDX-License-Identifier: MIT */
/**
 * @file walk.c
 * Which mistakes a marked function can have: a walk over its parse. The rules
 * are in mutate.h.
 *
 * What comes out of a macro's definition has the macro's use as its place in
 * the file (parse_span()). Every rule below therefore asks the text itself
 * for the keyword or the operator that it is about: a macro's use has it in
 * no such place, so nothing is edited there but the use as a whole.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/markers.h"
#include "labs/grader/mutate/parse.h"

/** The walk through one function. */
struct walk {
    const struct parse *parse;
    const char *function;
    struct mutations *to;
    bool large; /**< the larger mistakes, too */
};

static void walk_statement(struct walk *w, CXCursor cursor);

static void add(struct walk *w, enum mutation_kind kind, struct span span,
                const char *with)
{
    mutations_add(w->to, w->parse->source, w->function, kind, span, with);
}

/* --- Constants and bounds ----------------------------------------------- */

static bool is_text(const struct walk *w, struct span span, const char *text)
{
    return span.end - span.start == strlen(text) &&
           !memcmp(w->parse->source + span.start, text, strlen(text));
}

/** One more, and one less. */
static void add_ones(struct walk *w, struct span span, bool inner)
{
    for (unsigned i = 0; i < 2; i++) {
        char *with = must_format(inner ? "((%.*s) %c 1)" : "(%.*s %c 1)",
                                 (int)(span.end - span.start),
                                 w->parse->source + span.start, "+-"[i]);

        add(w, MUTATION_ADD, span, with);
        free(with);
    }
}

/** true + 1 is still true: they change places instead. */
static bool add_boolean(struct walk *w, struct span span)
{
    bool is_true = is_text(w, span, "true");

    if (!is_true && !is_text(w, span, "false"))
        return false;
    add(w, MUTATION_ADD, span, is_true ? "false" : "true");
    return true;
}

/** Can the compiler say what it is worth? */
static bool is_known(CXCursor cursor)
{
    CXEvalResult result = clang_Cursor_Evaluate(cursor);
    bool known = result &&
                 clang_EvalResult_getKind(result) == CXEval_Int;

    if (result)
        clang_EvalResult_dispose(result);
    return known;
}

/** A literal, an enumerator, or a macro's use that is worth a number. */
static bool is_constant(const struct walk *w, CXCursor cursor,
                        struct span span)
{
    enum CXCursorKind kind = clang_getCursorKind(cursor);

    if (!parse_is_integer(cursor))
        return false;
    if (parse_is_macro(w->parse, span))
        return is_known(cursor);
    if (kind == CXCursor_DeclRefExpr)
        return clang_getCursorKind(clang_getCursorReferenced(cursor)) ==
               CXCursor_EnumConstantDecl;
    return kind == CXCursor_IntegerLiteral &&
           isdigit((unsigned char)w->parse->source[span.start]);
}

/** Does it bind less than + and -? Conversions that the language makes by
 *  itself have the place of what they convert. */
static bool is_loose(CXCursor cursor)
{
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    struct children children;
    bool loose;

    if (kind != CXCursor_UnexposedExpr)
        return kind == CXCursor_BinaryOperator ||
               kind == CXCursor_ConditionalOperator;
    children_of(cursor, &children);
    loose = children.nr == 1 && is_loose(children.child[0]);
    children_free(&children);
    return loose;
}

/* --- Conditions --------------------------------------------------------- */

static void negate(struct walk *w, CXCursor cursor)
{
    struct span span;
    char *with;

    if (!parse_span(w->parse, cursor, &span))
        return;
    with = must_format("!(%.*s)", (int)(span.end - span.start),
                       w->parse->source + span.start);
    add(w, MUTATION_NEGATE, span, with);
    free(with);
}

/** The operator between two operands; "" when it is a macro's. */
static void operator_between(const struct walk *w, CXCursor left,
                             CXCursor right, char to[4])
{
    struct span before, after;

    to[0] = 0;
    if (parse_span(w->parse, left, &before) &&
        parse_span(w->parse, right, &after))
        parse_operator(w->parse, before, after, to);
}

static void mutate_binary(struct walk *w, const struct children *operand)
{
    static const char *const relations[] = { "<", "<=", ">", ">=" };
    struct span bound;
    char operator[4];

    if (operand->nr != 2)
        return;
    operator_between(w, operand->child[0], operand->child[1], operator);
    if (!strcmp(operator, "&&") || !strcmp(operator, "||")) {
        negate(w, operand->child[0]);
        negate(w, operand->child[1]);
    }
    for (unsigned i = 0; i < sizeof relations / sizeof relations[0]; i++)
        if (!strcmp(operator, relations[i]) &&
            (parse_is_integer(operand->child[1]) ||
             parse_is_pointer(operand->child[1])) &&
            parse_span(w->parse, operand->child[1], &bound))
            add_ones(w, bound, is_loose(operand->child[1]));
}

/* --- Expressions -------------------------------------------------------- */

/** One more than what is returned or assigned; a constant has that
 *  already. */
static void mutate_value(struct walk *w, CXCursor cursor)
{
    struct span span;
    char *with;

    if (!w->large || !clang_isExpression(clang_getCursorKind(cursor)) ||
        !parse_is_integer(cursor) || is_known(cursor) ||
        !parse_span(w->parse, cursor, &span))
        return;
    with = must_format(parse_is_boolean(cursor) ? "!(%.*s)" : "((%.*s) + 1)",
                       (int)(span.end - span.start),
                       w->parse->source + span.start);
    add(w, MUTATION_ADD, span, with);
    free(with);
}

/** A macro's use is one expression, of the type that the outermost cursor in
 *  its place has: what its definition is made of is in the same place, too,
 *  and is no constant of the file. `outer` is the place of the parent. */
static void mutate_constant(struct walk *w, CXCursor cursor,
                            struct span span, struct span outer)
{
    bool decided = span.start == outer.start && span.end == outer.end &&
                   parse_is_macro(w->parse, span);

    if (!decided && is_constant(w, cursor, span) && !add_boolean(w, span))
        add_ones(w, span, false);
}

static void walk_expression(struct walk *w, CXCursor cursor,
                            struct span outer)
{
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    struct children children;
    struct span span;
    char operator[4];

    /* sizeof: what it is asked of is not evaluated. */
    if (kind == CXCursor_UnaryExpr || !parse_span(w->parse, cursor, &span))
        return;
    if (kind == CXCursor_CompoundStmt) {
        walk_statement(w, cursor);
        return;
    }
    mutate_constant(w, cursor, span, outer);
    children_of(cursor, &children);
    if (kind == CXCursor_VarDecl && children.nr)
        mutate_value(w, children.child[children.nr - 1]);
    if (kind == CXCursor_BinaryOperator) {
        mutate_binary(w, &children);
        operator[0] = 0;
        if (children.nr == 2)
            operator_between(w, children.child[0], children.child[1],
                             operator);
        if (!strcmp(operator, "="))
            mutate_value(w, children.child[1]);
    }
    if (kind == CXCursor_ConditionalOperator && children.nr == 3) {
        operator_between(w, children.child[0], children.child[1], operator);
        if (!strcmp(operator, "?"))
            negate(w, children.child[0]);
    }
    for (unsigned i = 0; i < children.nr; i++)
        walk_expression(w, children.child[i], span);
    children_free(&children);
}

/* --- Statements --------------------------------------------------------- */

/** After the semicolon that ends it, or as a lone one where it ended in a
 *  brace, nothing is left of a statement. */
static void delete_statement(struct walk *w, CXCursor cursor)
{
    struct span span;

    if (parse_span(w->parse, cursor, &span))
        add(w, MUTATION_DELETE, span,
            w->parse->source[span.end - 1] == '}' ||
            w->parse->source[span.end - 1] == ';' ? ";" : "");
}

/** The condition of a `for`: between the semicolons in its parentheses. Any
 *  of its parts may be missing, and the parse does not say which. */
static bool is_for_condition(const struct walk *w, struct span loop,
                             struct span part)
{
    unsigned depth = 0, semicolons = 0;

    for (size_t at = loop.start; at < part.start; at++) {
        depth += w->parse->source[at] == '(';
        depth -= w->parse->source[at] == ')';
        semicolons += depth == 1 && w->parse->source[at] == ';';
    }
    return depth >= 1 && semicolons == 1;
}

/** The last of a loop's children is its body, the first of an if is its
 *  condition: conditions, then statements. */
static void walk_for(struct walk *w, CXCursor cursor,
                     const struct children *children, struct span outer)
{
    struct span loop, part;

    if (!parse_span(w->parse, cursor, &loop))
        return;
    for (unsigned i = 0; i + 1 < children->nr; i++) {
        if (parse_span(w->parse, children->child[i], &part) &&
            parse_word_at(w->parse, loop.start, "for") &&
            is_for_condition(w, loop, part))
            negate(w, children->child[i]);
        walk_expression(w, children->child[i], outer);
    }
    if (children->nr)
        walk_statement(w, children->child[children->nr - 1]);
}

/** if, while, do and switch: one child is the condition, the others are
 *  statements. */
static void walk_condition(struct walk *w, CXCursor cursor,
                           const struct children *children,
                           struct span outer)
{
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    unsigned at = kind == CXCursor_DoStmt ? children->nr - 1 : 0;
    const char *word = kind == CXCursor_IfStmt      ? "if"
                       : kind == CXCursor_WhileStmt ? "while"
                                                    : "do";
    struct span span;

    for (unsigned i = 0; i < children->nr; i++) {
        if (i != at) {
            walk_statement(w, children->child[i]);
            continue;
        }
        if (kind != CXCursor_SwitchStmt &&
            parse_span(w->parse, cursor, &span) &&
            parse_word_at(w->parse, span.start, word))
            negate(w, children->child[i]);
        walk_expression(w, children->child[i], outer);
    }
}

static bool is_deletable(enum CXCursorKind kind)
{
    switch (kind) {
    case CXCursor_CompoundStmt:
    case CXCursor_DeclStmt:
    case CXCursor_NullStmt:
    case CXCursor_CaseStmt:
    case CXCursor_DefaultStmt:
    case CXCursor_LabelStmt:
        return false;
    default:
        return true;
    }
}

static void walk_statement(struct walk *w, CXCursor cursor)
{
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    struct span outer = { 0 };
    struct children children;

    /* A statement that is a macro's use hides all of its constants. */
    if (!parse_span(w->parse, cursor, &outer) ||
        !parse_is_macro(w->parse, outer))
        outer = (struct span){ 0 };
    if (is_deletable(kind))
        delete_statement(w, cursor);
    children_of(cursor, &children);
    switch (kind) {
    case CXCursor_CompoundStmt:
        for (unsigned i = 0; i < children.nr; i++)
            walk_statement(w, children.child[i]);
        break;
    case CXCursor_ForStmt:
        walk_for(w, cursor, &children, outer);
        break;
    case CXCursor_IfStmt:
    case CXCursor_WhileStmt:
    case CXCursor_DoStmt:
    case CXCursor_SwitchStmt:
        walk_condition(w, cursor, &children, outer);
        break;
    case CXCursor_CaseStmt:
    case CXCursor_DefaultStmt:
    case CXCursor_LabelStmt:
        /* The last child is the statement; a label's number stays. */
        if (children.nr)
            walk_statement(w, children.child[children.nr - 1]);
        break;
    case CXCursor_ReturnStmt:
        if (children.nr)
            mutate_value(w, children.child[0]);
        /* fall through */
    case CXCursor_DeclStmt:
        for (unsigned i = 0; i < children.nr; i++)
            walk_expression(w, children.child[i], outer);
        break;
    case CXCursor_BreakStmt:
    case CXCursor_ContinueStmt:
    case CXCursor_GotoStmt:
    case CXCursor_NullStmt:
    case CXCursor_AsmStmt:
        break;
    default:
        walk_expression(w, cursor, outer);
    }
    children_free(&children);
}

/* --- Functions ---------------------------------------------------------- */

static unsigned line_of(const char *source, size_t at)
{
    unsigned line = 1;

    for (size_t i = 0; i < at; i++)
        line += source[i] == '\n';
    return line;
}

/** Is the body in this file and, unless all are wanted (NULL), between
 *  markers? */
static bool is_wanted(const struct parse *p, const struct markers *markers,
                      CXCursor body)
{
    struct span span;

    if (!parse_span(p, body, &span))
        return false;
    if (!markers)
        return true;
    for (unsigned i = 0; i < markers->nr; i++)
        if (line_of(p->source, span.start) > markers->marked[i].line &&
            line_of(p->source, span.end) < markers->marked[i].last_line)
            return true;
    return false;
}

/** Nothing is done, and success or failure told. */
static void empty(struct walk *w, CXCursor function, CXCursor body)
{
    CXType type = clang_getCanonicalType(clang_getCursorResultType(function));
    struct span span;

    if (!w->large || !parse_span(w->parse, body, &span))
        return;
    if (type.kind == CXType_Void) {
        add(w, MUTATION_EMPTY, span, "{}");
    } else if (type.kind != CXType_Record) {
        add(w, MUTATION_EMPTY, span, "{ return 0; }");
        if (type.kind != CXType_Pointer)
            add(w, MUTATION_EMPTY, span, "{ return 1; }");
    }
}

static void walk_function(const struct parse *p, const struct markers *found,
                          CXCursor cursor, struct mutations *to)
{
    CXString name = clang_getCursorSpelling(cursor);
    struct walk w = { p, clang_getCString(name), to, !found };
    struct children children;

    children_of(cursor, &children);
    for (unsigned i = 0; i < children.nr; i++) {
        CXCursor body = children.child[i];

        if (clang_getCursorKind(body) != CXCursor_CompoundStmt ||
            !is_wanted(p, found, body))
            continue;
        empty(&w, cursor, body);
        walk_statement(&w, body);
    }
    children_free(&children);
    clang_disposeString(name);
}

bool mutations_find(const char *path, bool all, const char *source,
                    const char *const *flags, unsigned nr_flags,
                    struct mutations *to, char **problem)
{
    struct children top;
    struct markers found;
    struct parse parse;

    *to = (struct mutations){ 0 };
    if (!markers_read(path, source, &found, NULL, problem) ||
        !parse_start(&parse, path, source, flags, nr_flags, problem))
        return false;
    children_of(clang_getTranslationUnitCursor(parse.unit), &top);
    for (unsigned i = 0; i < top.nr; i++)
        if (clang_getCursorKind(top.child[i]) == CXCursor_FunctionDecl)
            walk_function(&parse, all ? NULL : &found, top.child[i], to);
    children_free(&top);
    mutations_name(to, source);
    parse_stop(&parse);
    return true;
}
