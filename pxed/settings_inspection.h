/* The keys of the sections [inspection], [pci-alias NAME] and [accelerator NAME]. */
#pragma once

#include "lib/config.h"
#include "pxed/inspection/options.h"
#include "pxed/settings_keys.h"

/* Ends with a NULL section. */
extern const struct settings_key settings_inspection_keys[];

/* What no key alone can tell: -EINVAL and *error. */
int settings_inspection_check(const struct inspection_options *options, struct config_error *error);
