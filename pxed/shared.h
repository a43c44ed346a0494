/*
 * Texts that many objects have in common (a manufacturer, the name of a network interface), kept once and counted. For one thread.
 */
#pragma once

#include <stddef.h>

/* Lets *field refer to the text `value` (NULL: to none), cut to `max` bytes as text_set_max does, and gives up what it referred to.
 * What it points to must not be changed. -ENOMEM leaves *field as it was. */
int shared_set(const char **field, const char *value, size_t max);
/* As shared_set with NULL. */
void shared_clear(const char **field);
/* Another reference to a text that was set by shared_set; NULL for NULL. */
const char *shared_ref(const char *text);
