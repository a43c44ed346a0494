/* What no single key can say: what follows from several, and whether the settings fit together. */
#pragma once

#include "pxed/settings.h"

/* Names the interfaces of tagged networks and fills in the defaults that depend on other keys. Goes before the check. */
int settings_complete(struct settings *settings, const struct config *config, struct config_error *error);
/* 0, or -EINVAL with the place and the reason. */
int settings_check(const struct settings *settings, const struct config *config, struct config_error *error);
