/* Where in a JSON text something is, so that a complaint about a value can name the line. Pure. */
#pragma once

/*
 * The line (from 1) of the value that a place names: "[2].conditions[1].args.value", as pxed names it in what it refuses. Of one that is not there, that of the
 * nearest value around it. `text` has been parsed as JSON before.
 */
unsigned json_place_line(const char *text, const char *place);
