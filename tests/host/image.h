/* SPDX-License-Identifier: MIT */
/*
 * An image in memory for tests and fuzzers: bytes in a heap block of exactly their size, behind an
 * image_source, and a loader that does what the kernel's does, to the heap.
 */
#ifndef TESTS_HOST_IMAGE_H
#define TESTS_HOST_IMAGE_H

#include "kernel/lib/types.h"
#include "loader/elf64.h"

struct image {
    u8 *bytes;
    u64 size;
};

struct image image_read(const char *path); /* a file, which must be there */
struct image image_copy(const void *bytes, u64 size);
void image_free(struct image *image);

/* A source that aborts when a read leaves the image; valid as long as `image`. */
struct image_source image_source(const struct image *image);

/* elf64_plan, into a plan that was full of garbage before. */
int image_plan(const struct image *image, struct elf64_plan *plan, const char **why);

/*
 * Plans the image, aborts when the plan breaks a promise of elf64.h, copies the segments to the
 * heap and relocates them there. 0 or what the checker answered, with its phrase copied to `why`.
 */
int image_load(const struct image *image, char *why, size_t why_size);

#endif
