# SPDX-License-Identifier: MIT
# `make bench`: tables of what booting and single operations cost here, in ring 3 and ring 0, with
# Debian's Linux kernel as a guest beside them in the same run. The tables are also written to
# build/bench/results.txt. FULL=1 adds what takes long; BENCH='--only NAME' runs one part: see
# tools/bench/bench.py.

BENCH       ?=
FULL        ?=
BENCH_DIR   := tools/bench
BENCH_BUILD := build/bench
BENCH_LINUX := $(BENCH_BUILD)/vmlinuz

.PHONY: bench
bench: build/galette $(addprefix build/programs/,hello hello_asm big50) \
       $(addprefix $(BENCH_BUILD)/,micro threads sleeper stub linux_init) | $(BENCH_LINUX)
	/usr/bin/python3 $(BENCH_DIR)/bench.py $(if $(FULL),--full) $(BENCH)

$(BENCH_BUILD)/micro: $(wildcard $(BENCH_DIR)/micro*.c) $(BENCH_DIR)/micro.h
	@mkdir -p $(@D)
	gcc -std=gnu17 -O2 -Wall -Wextra -Werror -fPIE -static-pie -o $@ $(filter %.c,$^)

$(BENCH_BUILD)/threads: $(BENCH_DIR)/threads.c $(BENCH_DIR)/micro.h
	@mkdir -p $(@D)
	gcc -std=gnu17 -O2 -Wall -Wextra -Werror -fPIE -static-pie -pthread -o $@ $<

$(BENCH_BUILD)/%: $(BENCH_DIR)/%.c
	@mkdir -p $(@D)
	gcc -std=gnu17 -O2 -Wall -Wextra -Werror -fPIE -static-pie -o $@ $<

$(BENCH_BUILD)/stub: $(BENCH_DIR)/stub.asm
	@mkdir -p $(@D)
	nasm -f elf64 -o $@.o $<
	ld -n -Ttext=0x100000 --section-start=.note.pvh=0x100100 -z noexecstack -e start -o $@ $@.o

# The kernel that linux-image-amd64 stands for, unpacked and not installed. Without a network the
# bench goes on without its column.
$(BENCH_LINUX):
	@mkdir -p $(BENCH_BUILD)/linux
	@cd $(BENCH_BUILD)/linux && rm -f *.deb && apt-get -q -o APT::Sandbox::User=root download \
		"$$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: //p' | head -n 1)" && \
		dpkg-deb -x *.deb . && cp boot/vmlinuz-* ../vmlinuz && rm -rf *.deb boot lib usr || \
		echo 'no Linux kernel to be had: its column stays empty'
