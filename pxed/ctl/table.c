#include "pxed/ctl/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/ctl/text.h"

#define GAP 2 /* columns between two cells */
#define LEAST 6 /* what a column that shrinks keeps */

struct cell {
        char *text;
        size_t width;
        enum style style;
};

struct table {
        const struct table_column *columns;
        size_t n_columns;
        struct cell *cells;
        size_t n_cells, allocated;
        bool failed;
};

struct table *table_new(const struct table_column *columns) {
        struct table *table = calloc(1, sizeof *table);
        if (!table)
                return NULL;
        table->columns = columns;
        while (columns[table->n_columns].title)
                table->n_columns++;
        return table;
}

struct table *table_free(struct table *table) {
        if (!table)
                return NULL;
        for (size_t i = 0; i < table->n_cells; i++)
                free(table->cells[i].text);
        free(table->cells);
        free(table);
        return NULL;
}

static bool reserve(struct table *table) {
        if (table->n_cells < table->allocated)
                return true;
        size_t allocated = table->allocated > 0 ? table->allocated * 2 : 64;
        struct cell *cells = reallocarray(table->cells, allocated, sizeof *cells);
        if (!cells)
                return false;
        table->cells = cells;
        table->allocated = allocated;
        return true;
}

void table_add(struct table *table, enum style style, const char *text) {
        if (!table || table->failed)
                return;
        char *copy = text_escape(text && *text ? text : "-");
        if (!copy || !reserve(table)) {
                free(copy);
                table->failed = true;
                return;
        }
        table->cells[table->n_cells++] = (struct cell){ .text = copy, .width = text_width(copy), .style = style };
}

void table_addf(struct table *table, enum style style, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list arguments;
        va_start(arguments, format);
        int r = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (r >= 0)
                table_add(table, style, text);
        else {
                text = NULL;
                if (table)
                        table->failed = true;
        }
}

size_t table_rows(const struct table *table) {
        return table ? table->n_cells / table->n_columns : 0;
}

/* The column to take a unit of width from: the widest of those that shrink and have some left. */
static size_t *widest(const struct table *table, size_t *widths) {
        size_t *found = NULL;
        for (size_t i = 0; i < table->n_columns; i++)
                if (table->columns[i].shrinks && widths[i] > LEAST && (!found || widths[i] > *found))
                        found = &widths[i];
        return found;
}

static void measure(const struct table *table, unsigned room, size_t *widths) {
        size_t total = (table->n_columns - 1) * GAP;
        for (size_t i = 0; i < table->n_columns; i++)
                widths[i] = text_width(table->columns[i].title);
        for (size_t i = 0; i < table->n_cells; i++) {
                size_t *width = &widths[i % table->n_columns];
                *width = table->cells[i].width > *width ? table->cells[i].width : *width;
        }
        for (size_t i = 0; i < table->n_columns; i++)
                total += widths[i];

        size_t *width;
        for (; room > 0 && total > room && (width = widest(table, widths)); total--)
                --*width;
}

struct line {
        const struct look *look;
        FILE *out;
        size_t room; /* columns left on the line */
};

static void put_spaces(struct line *line, size_t n) {
        n = n < line->room ? n : line->room;
        fprintf(line->out, "%*s", (int) n, "");
        line->room -= n;
}

/* Text in a column of `width`, cut with an ellipsis; not filled up after the last column's text. */
static void put_cell(struct line *line, const char *text, size_t text_columns, size_t width, bool right, bool last, enum style style) {
        const char *ellipsis = line->look->unicode ? "…" : "~";
        size_t room = width < line->room ? width : line->room;
        bool cut = text_columns > room;
        size_t columns = text_columns, bytes = strlen(text);
        if (cut)
                bytes = text_fit(text, room > 0 ? room - 1 : 0, &columns);
        size_t fill = room - columns - (cut && room > 0);

        if (right)
                put_spaces(line, fill);
        fprintf(line->out, "%s%.*s%s%s", look_on(line->look, style), (int) bytes, text, cut && room > 0 ? ellipsis : "", look_off(line->look, style));
        line->room -= columns + (cut && room > 0);
        if (!right && !last)
                put_spaces(line, fill);
}

static void print_row(const struct table *table, const struct look *look, unsigned indent, const size_t *widths, const struct cell *row, FILE *out) {
        struct line line = { .look = look, .out = out, .room = look->width > 0 ? look->width : SIZE_MAX };
        put_spaces(&line, indent);
        for (size_t i = 0; i < table->n_columns; i++) {
                const struct table_column *column = &table->columns[i];
                bool last = i + 1 == table->n_columns;
                if (row)
                        put_cell(&line, row[i].text, row[i].width, widths[i], column->right, last, row[i].style);
                else
                        put_cell(&line, column->title, text_width(column->title), widths[i], column->right, last, STYLE_TITLE);
                if (!last)
                        put_spaces(&line, GAP);
                if (line.room == 0)
                        break;
        }
        fputc('\n', out);
}

int table_print(const struct table *table, const struct look *look, unsigned indent, FILE *out) {
        if (!table || table->failed)
                return -ENOMEM;
        size_t widths[table->n_columns];
        unsigned room = look->width > indent ? look->width - indent : look->width;
        measure(table, room, widths);

        print_row(table, look, indent, widths, NULL, out);
        for (size_t row = 0; row < table_rows(table); row++)
                print_row(table, look, indent, widths, table->cells + row * table->n_columns, out);
        return 0;
}
