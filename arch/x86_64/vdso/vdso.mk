# SPDX-License-Identifier: MIT
#
# build/vdso/vdso.so: the vDSO, which arch/x86_64/vdso_image.asm puts into the kernel.

VDSO_CFLAGS  := -std=gnu17 -O2 $(DENSE) -g -ffreestanding -fpic -fvisibility=hidden -m64 \
                -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
                -fasynchronous-unwind-tables -Wall -Wextra -Werror -I.
VDSO_LDFLAGS := -shared -nostdlib -soname=linux-vdso.so.1 -Bsymbolic --no-undefined \
                --hash-style=both --build-id=none --eh-frame-hdr -z noexecstack -z max-page-size=4096

$(BUILD)/vdso/vdso.o: arch/x86_64/vdso/vdso.c arch/x86_64/vdso/vdso.mk
	$(show) CC '$< (vDSO)'
	@mkdir -p $(@D)
	$(Q)$(CC) $(VDSO_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/vdso/vdso.so: $(BUILD)/vdso/vdso.o arch/x86_64/vdso/vdso.lds
	$(show) LD $@
	$(Q)$(LD) $(VDSO_LDFLAGS) -T arch/x86_64/vdso/vdso.lds -o $@.full $<
	$(Q)$(STRIP) -s -o $@ $@.full

$(BUILD)/kernel/arch/x86_64/vdso_image.asm.o: $(BUILD)/vdso/vdso.so

-include $(BUILD)/vdso/vdso.d
