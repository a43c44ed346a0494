#include "pxed/ctl/cmd.h"
#include "pxed/ctl/map.h"

/* pxed puts nothing together: what it knows of nodes, networks and sightings is asked for, one after the other. */
static int ask(struct ctl *ctl, const char *network, json_t **ret_nodes, json_t **ret_networks, json_t **ret_sightings) {
        json_t *filter = json_object();
        if (network)
                json_object_set_new(filter, "network", json_string(network));
        /* First, for it is what a network that does not exist is refused by. */
        int status = ctl_call_pages(ctl, "org.pxed.Network.ListSightings", filter, "sightings", ret_sightings);
        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Network.List", json_object(), ret_networks);
        if (status == 0)
                status = ctl_call_pages(ctl, "org.pxed.Node.List", NULL, "nodes", ret_nodes);
        return status;
}

int cmd_map(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *nodes = NULL, *networks = NULL, *sightings = NULL, *map = NULL;
        const char *network = arguments_word(arguments, 0);
        int status = ask(ctl, network, &nodes, &networks, &sightings);
        if (status != 0)
                return status;
        map = map_build(json_get_array(nodes, "nodes"), json_get_array(networks, "networks"), json_get_array(sightings, "sightings"), network);
        if (!map)
                return ctl_fail(ctl, EXIT_REFUSED, "out of memory");
        if (ctl->json)
                ctl_print_json(ctl, map);
        else if (json_array_size(json_get_array(map, "networks")) == 0)
                ctl_note(ctl, "Nothing to show: there are no networks and no nodes.");
        else
                return map_show(map, &ctl->look, ctl->out) < 0 ? EXIT_REFUSED : 0;
        return 0;
}
