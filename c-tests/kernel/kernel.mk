# The kernel path against real kernels; included by the Makefile at the top, which has `lib`.

.PHONY: kernel-test

# Debian's 6.1 and 6.12 under emulation, no root needed. KERNEL_ARGS='--kernels 6.1 devinfo unplug'
# runs some of it; what each guest left is in build/kernel/out-6.1 and out-6.12.
kernel-test: lib
	c-tests/demo/setup.sh kernel
	c-tests/kernel/run $(KERNEL_ARGS)
