#include "pxed/access.h"

#include "lib/varlink_server.h"

static bool is_owner(const struct access_users *users, uid_t uid) {
        return uid == 0 || uid == users->own;
}

bool access_role(const struct access_users *users, uid_t uid, enum role role) {
        return uid != (uid_t) -1 && (is_owner(users, uid) || users->workers[role] == uid);
}

bool access_method(const struct access_users *users, enum listener listener, uid_t uid, unsigned flags) {
        bool worker = false;

        if (uid == (uid_t) -1)
                return false;
        if (listener == LISTENER_MONITOR)
                return (flags & VARLINK_READ) && !(flags & VARLINK_WORKER);
        if (is_owner(users, uid))
                return true;
        for (int role = 0; role < ROLE_COUNT; role++)
                worker = worker || users->workers[role] == uid;
        if (worker && (flags & VARLINK_GATEWAY) && users->workers[ROLE_INTROSPECT] == uid)
                return true;
        return worker == ((flags & VARLINK_WORKER) != 0);
}
