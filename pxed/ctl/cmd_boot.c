#include "lib/address.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

#define PAGE 200 /* the most that one List gives */

/* A MAC is asked for as one: it need not be a node's. */
static void add_machine(json_t *request, const char *reference) {
        struct mac mac;
        if (reference)
                json_object_set_new(request, mac_parse(reference, &mac) >= 0 ? "mac" : "node", json_string(reference));
}

/* The newest `limit` boots, page by page. Takes over `request`. */
static int list_boots(struct ctl *ctl, json_t *request, int64_t limit, json_t **ret) {
        _cleanup_json_ json_t *asked = request, *all = json_array();
        while ((int64_t) json_array_size(all) < limit) {
                _cleanup_json_ json_t *reply = NULL;
                int64_t left = limit - (int64_t) json_array_size(all), wanted = left < PAGE ? left : PAGE;
                json_object_set_new(asked, "limit", json_integer(wanted));
                int status = ctl_call(ctl, "org.pxed.Boot.List", json_deep_copy(asked), &reply);
                if (status != 0)
                        return status;
                const json_t *page = json_get_array(reply, "boots");
                size_t n = json_array_size(page);
                json_array_extend(all, (json_t *) page);
                if ((int64_t) n < wanted)
                        break;
                json_object_set_new(asked, "before", json_integer(json_get_int(json_array_get(page, n - 1), "id", 0)));
        }
        *ret = json_pack("{s:O}", "boots", all);
        return 0;
}

int cmd_boot_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_object(), *options = json_object(), *reply = NULL;
        add_machine(request, arguments_word(arguments, 0));
        request_text(request, "mac", arguments, "mac");
        int status = request_number(ctl, options, "limit", arguments, "limit", 1, 1000000);
        if (status == 0)
                status = list_boots(ctl, TAKE_POINTER(request), json_get_int(options, "limit", 50), &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else if (json_array_size(json_get_array(reply, "boots")) == 0)
                ctl_note(ctl, "No boots: nothing has asked for one yet ('pxectl sighting list' shows what was seen at all).");
        else
                show_boots(json_get_array(reply, "boots"), &ctl->look, ctl->out);
        return 0;
}

/* The boot with an id is the newest before the next id. */
static int find_boot(struct ctl *ctl, const char *reference, json_t **ret) {
        _cleanup_json_ json_t *request = json_object(), *reply = NULL;
        int64_t id = -1;
        if (reference && parse_number(reference, 0, INT64_MAX - 1, &id) >= 0)
                json_object_set_new(request, "before", json_integer(id + 1));
        else
                add_machine(request, reference);
        int status = list_boots(ctl, TAKE_POINTER(request), 1, &reply);
        if (status != 0)
                return status;
        json_t *boot = json_array_get(json_get_array(reply, "boots"), 0);
        if (!boot && !reference)
                return ctl_fail(ctl, EXIT_NOT_FOUND, "nothing has booted yet");
        if (!boot || (id >= 0 && json_get_int(boot, "id", -1) != id))
                return ctl_fail(ctl, EXIT_NOT_FOUND, "there is no boot '%s': 'pxectl boot list' shows those there are", reference);
        *ret = json_incref(boot);
        return 0;
}

int cmd_boot_show(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *boot = NULL;
        int status = find_boot(ctl, arguments_word(arguments, 0), &boot);
        if (status != 0)
                return status;
        if (ctl->json) {
                _cleanup_json_ json_t *reply = json_pack("{s:O}", "boot", boot);
                ctl_print_json(ctl, reply);
        } else if (arguments_given(arguments, "all"))
                show_boot_all(boot, &ctl->look, ctl->out);
        else
                show_boot(boot, &ctl->look, ctl->out);
        return 0;
}

int cmd_diagnose(struct ctl *ctl, const struct arguments *arguments) {
        const char *reference = arguments_word(arguments, 0);
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Boot.Diagnose", json_pack("{s:s}", "node", reference), &reply);
        if (status != 0)
                return status;
        const json_t *boot = json_get_object(reply, "boot"), *diagnosis = json_get_object(reply, "diagnosis");
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else if (boot)
                show_boot(boot, &ctl->look, ctl->out);
        else if (diagnosis) {
                fprintf(ctl->out, "%s: no boot to show\n", reference);
                show_diagnosis(diagnosis, &ctl->look, ctl->out);
        }
        if (!ctl->json && !diagnosis)
                ctl_note(ctl, "Nothing is wrong that pxed knows of.");
        return 0;
}
