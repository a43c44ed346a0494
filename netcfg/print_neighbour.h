/* LLDP and CDP as JSON, for print.c. Pure. */
#pragma once

#include "lib/json.h"
#include "lib/lldp.h"
#include "netcfg/cdp.h"

/* Each a new reference; NULL without memory. */
json_t *print_lldp(const struct lldp *lldp);
json_t *print_cdp(const struct cdp *cdp);
