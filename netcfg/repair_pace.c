#include "netcfg/repair_pace.h"

#include "lib/macro.h"

#define SPACING_MAX 60
#define CALM_MIN 10
/* An operator at work undoes one repair or two. */
#define FIGHT_REPAIRS 3

unsigned repair_pace_spacing(const struct repair_pace *pace) {
        if (pace->repairs == 0)
                return 0;
        return pace->repairs > 6 ? SPACING_MAX : 1u << (pace->repairs - 1);
}

void repair_pace_count(struct repair_pace *pace, uint64_t now) {
        if (pace->repairs < 7)
                pace->repairs++;
        pace->last = now;
}

uint64_t repair_pace_next(const struct repair_pace *pace) {
        return pace->repairs ? pace->last + repair_pace_spacing(pace) * USEC_PER_SEC : 0;
}

uint64_t repair_pace_forgets(const struct repair_pace *pace) {
        unsigned calm = 2 * repair_pace_spacing(pace);

        return pace->repairs ? pace->last + (calm > CALM_MIN ? calm : CALM_MIN) * USEC_PER_SEC : 0;
}

void repair_pace_settle(struct repair_pace *pace, uint64_t now) {
        if (pace->repairs && now >= repair_pace_forgets(pace))
                *pace = (struct repair_pace) {};
}

bool repair_pace_is_fight(const struct repair_pace *pace) {
        return pace->repairs >= FIGHT_REPAIRS;
}
