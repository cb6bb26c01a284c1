/* SPDX-License-Identifier: MIT */
/* Real text for the hosts, C and C++: sentences of the demo's data, letter by letter. */
#ifndef RLHF_HOSTS_TEXT_H
#define RLHF_HOSTS_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int letters = 27; /* a to z, and 0 for all other characters */

static inline int is_vowel(int token) { return token > 0 && strchr("aeiou", 'a' + token - 1) != NULL; }

/* Fills tokens [sentences, length] with the beginnings of the first sentences that have at least `length` letters. The
 * file RLHF_HOSTS_FILE has lines of a topic, a tab and a sentence. */
static inline void read_sentences(int* tokens, int sentences, int length) {
    char line[4096];
    FILE* file = fopen(RLHF_HOSTS_FILE, "r");
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", RLHF_HOSTS_FILE);
        exit(1);
    }
    while (sentences > 0 && fgets(line, sizeof line, file) != NULL) {
        const char* text = strchr(line, '\t');
        if (text == NULL || strcspn(++text, "\n") < (size_t)length) continue;
        for (int i = 0; i < length; ++i) *tokens++ = text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 1 : 0;
        --sentences;
    }
    fclose(file);
    if (sentences > 0) {
        fprintf(stderr, "%s has not enough sentences of %d characters\n", RLHF_HOSTS_FILE, length);
        exit(1);
    }
}

#endif
