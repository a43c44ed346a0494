#include "lib/worker_batch.h"

#include <stdio.h>

/* After so many each of the batch goes by itself. */
#define LOSSES_SPLIT 2
#define LOSSES_MAX 10

bool worker_batch_add_durable(struct worker_batch *batch, char *text, size_t size, void (*done)(int result, void *data), void *data) {
        struct worker_item *item = malloc(sizeof(*item));

        if (!item)
                return false;
        *item = (struct worker_item) { .text = text, .text_size = size, .done = done, .data = data };
        batch->durables.max = SIZE_MAX;
        return worker_queue_add(&batch->durables, item);
}

void worker_batch_fill(struct worker_batch *batch) {
        struct worker_item **end = &batch->first;
        size_t bytes = 0;

        if (batch->first)
                return;
        /* Neither holds up the other. */
        batch->durable = batch->durables.first && (!batch->queue.first || !batch->durable);
        struct worker_queue *queue = batch->durable ? &batch->durables : &batch->queue;
        while (queue->first && batch->size < WORKER_BATCH_MAX && (bytes == 0 || bytes + queue->first->text_size <= WORKER_BATCH_BYTES)) {
                *end = worker_queue_take(queue);
                bytes += (*end)->text_size;
                end = &(*end)->next;
                batch->size++;
        }
        batch->at_once = batch->size;
        batch->losses = 0;
        batch->number++;
}

char *worker_batch_write(const struct worker_batch *batch, const json_t *head, size_t *ret_size) {
        const struct worker_item *item = batch->first;
        char *text = NULL;
        FILE *stream = open_memstream(&text, ret_size);

        if (!stream)
                return NULL;
        fprintf(stream, "{\"method\":\"org.pxed.Worker.Report\",\"parameters\":{\"batch\":%llu,\"observations\":[", (unsigned long long) batch->number);
        for (size_t i = 0; i < batch->at_once; i++, item = item->next) {
                if (i > 0)
                        putc(',', stream);
                if (item->text)
                        fwrite(item->text, 1, item->text_size, stream);
                else
                        json_dumpf(item->value, stream, JSON_COMPACT);
        }
        fputs("],", stream);
        json_dumpf(head, stream, JSON_COMPACT | JSON_EMBED);
        fputs("}}", stream);
        putc('\0', stream);
        bool failed = ferror(stream);
        if (fclose(stream) == 0 && !failed)
                return text;
        free(text);
        return NULL;
}

void worker_batch_settle(struct worker_batch *batch, int result) {
        batch->losses = 0;
        for (size_t count = batch->at_once; count > 0; count--) {
                struct worker_item *item = batch->first;
                batch->first = item->next;
                batch->size--;
                if (item->done)
                        item->done(result, item->data);
                worker_item_free(item);
        }
        /* What is left goes on under a number of its own. */
        if (batch->first)
                batch->number++;
        else
                batch->at_once = 0;
}

bool worker_batch_split(struct worker_batch *batch) {
        if (!batch->durable || batch->at_once < 2)
                return false;
        batch->at_once = 1;
        batch->losses = 0;
        batch->number++;
        return true;
}

bool worker_batch_lost(struct worker_batch *batch) {
        if (!batch->first)
                return true;
        batch->losses++;
        if (batch->losses == LOSSES_SPLIT && worker_batch_split(batch))
                return true;
        return batch->losses < LOSSES_MAX;
}

void worker_batch_clear(struct worker_batch *batch, int result) {
        batch->at_once = batch->size;
        worker_batch_settle(batch, result);
        worker_queue_clear(&batch->queue);
        worker_queue_clear(&batch->durables);
}
