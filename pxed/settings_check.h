/* What no single key can say: whether the settings fit together. */
#pragma once

#include "pxed/settings.h"

/* 0, or -EINVAL with the place and the reason. */
int settings_check(const struct settings *settings, const struct config *config, struct config_error *error);
