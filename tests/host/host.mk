# SPDX-License-Identifier: MIT
#
# `make test-host`: the kernel's pure parts, compiled for this machine with the address and the
# undefined-behaviour sanitizer and tested by cmocka.
#
# Every tests/host/test_*.c is one program. The kernel's files that it needs come from an archive
# of all pure ones, and the fakes beside it, tests/host/fake_*.c, too: the linker takes what is
# used. A new pure file is added to HOST_PURE; everything in kernel/lib is pure. A test that hangs
# has failed after two minutes.

HOST_CC     ?= gcc
HOST_PURE   := $(filter-out kernel/lib/string.c,$(wildcard kernel/lib/*.c)) \
               $(wildcard boot/boot_fill.c boot/memory_map.c boot/multiboot2.c boot/pvh.c) \
               $(wildcard kernel/core/cmdline.c loader/elf64.c loader/elf64_relative.c) \
               $(wildcard loader/unwind*.c) loader/debug_image.c \
               $(wildcard drivers/acpi/acpi.c drivers/acpi/acpi_s5.c drivers/keyboard.c mm/page.c) \
               $(wildcard kernel/dev/vt*.c)
HOST_FLAGS  := -std=gnu17 -O1 -g -I. -Wall -Wextra -Werror -fno-strict-aliasing \
               -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_TESTS  := $(patsubst tests/host/%.c,build/host/%,$(wildcard tests/host/test_*.c))
HOST_OBJS   := $(HOST_PURE:%.c=build/host/%.o) \
               $(patsubst %.c,build/host/%.o,$(wildcard tests/host/fake_*.c))

# As the kernel compiles them: freestanding, with the compiler's own headers.
$(filter-out build/host/tests/%,$(HOST_OBJS)): private HOST_MORE := -ffreestanding

build/host/%.o: %.c
	$(show) HOSTCC $<
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) $(HOST_FLAGS) $(HOST_MORE) -MMD -MP -c $< -o $@

build/host/libpure.a: $(HOST_OBJS)
	$(show) AR $@
	$(Q)rm -f $@ && ar rcs $@ $^

$(HOST_TESTS): build/host/%: build/host/tests/host/%.o build/host/libpure.a
	$(show) LINK $@
	$(Q)$(HOST_CC) $(HOST_FLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka

# The kernel's memcpy and kin, under other names: they must not replace the C library's.
HOST_RENAME := $(foreach f,memcpy memmove memset memcmp strlen strnlen strcmp strncmp strchr strrchr, \
                 --redefine-sym $(f)=kernel_$(f))
build/host/string_renamed.o: kernel/lib/string.c
	$(show) HOSTCC $<
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) $(HOST_FLAGS) -ffreestanding -MMD -MP -c $< -o $@
	$(Q)objcopy $(HOST_RENAME) $@
build/host/test_string: build/host/string_renamed.o

build/corpus/index.tsv: tests/corpus/make_corpus.py
	$(show) CORPUS $(@D)
	$(Q)/usr/bin/python3 $< $(@D) > /dev/null

.PHONY: test-host
test-host: $(HOST_TESTS) build/corpus/index.tsv
	$(Q)status=0; for test in $(HOST_TESTS); do timeout 120 $$test || status=1; done; \
	    exit $$status

-include $(HOST_OBJS:.o=.d) $(HOST_TESTS:build/host/%=build/host/tests/host/%.d) \
         build/host/string_renamed.d
