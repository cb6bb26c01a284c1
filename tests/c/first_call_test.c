/* SPDX-License-Identifier: MIT */
/* The first call of a program, by many threads at the same time: all see one instruction set, and all succeed. */
#include <rlhf/c/rlhf.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { threads = 16 };

static pthread_barrier_t start;
static const char* seen[threads];
static double means[threads];

static void* first_call(void* self) {
    const size_t i = (size_t)((const char**)self - seen);
    const double x[4] = {1, 2, 3, 6};
    const rlhf_in values = rlhf_read(x, RLHF_FLOAT64, 4);
    rlhf_batch b = RLHF_BATCH;
    rlhf_moments m = RLHF_MOMENTS;
    b.steps = 4, b.every_token = 1, b.denominator = RLHF_COUNTED_HERE;
    pthread_barrier_wait(&start);
    if (rlhf_moments_of(&b, &values, NULL, &m, NULL) == RLHF_OK) means[i] = m.mean;
    seen[i] = rlhf_isa();
    return NULL;
}

int main(void) {
    pthread_t thread[threads];
    int failures = 0, i;
    pthread_barrier_init(&start, NULL, threads);
    for (i = 0; i < threads; ++i) pthread_create(&thread[i], NULL, first_call, &seen[i]);
    for (i = 0; i < threads; ++i) pthread_join(thread[i], NULL);
    for (i = 0; i < threads; ++i)
        if (means[i] != 3 || seen[i] == NULL || seen[i] != seen[0]) failures++, printf("thread %d\n", i);
    printf("%d threads, %s\n", threads, seen[0]);
    return failures;
}
