#include "pxed/node_page.h"

#include "lib/clock.h"
#include "lib/json.h"

void node_page_begin(struct registry *registry, const char *after, size_t limit, struct node_page *ret) {
        struct node_page page = { .until = monotonic_us() + NODE_PAGE_USEC };
        page.nodes = registry_sorted(registry, &page.count);
        page.at = registry_sorted_after(page.nodes, page.count, after);
        page.end = limit < page.count - page.at ? page.at + limit : page.count;
        *ret = page;
}

const struct node *node_page_next(struct node_page *page) {
        if (page->at == page->end || (page->begun && (page->bytes >= NODE_PAGE_BYTES || monotonic_us() >= page->until)))
                return NULL;
        page->begun = true;
        return page->nodes[page->at++];
}

json_t *node_page_rest(const struct node_page *page) {
        return json_text(page->begun && page->at < page->count ? page->nodes[page->at - 1]->name : NULL);
}
