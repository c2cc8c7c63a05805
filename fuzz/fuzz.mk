# Fuzzing, included by the Makefile at the top.
#
#   make fuzz                     each target for a few seconds, with what earlier runs found
#   make fuzz FUZZ_SECONDS=3600   for longer; findings are kept in build/fuzz
#
# The coverage that guides libFuzzer is a pass of LLVM which any compiler has, so it takes no
# nightly one. Overflow and debug assertions are on.

FUZZ_SECONDS ?= 10

.PHONY: fuzz

fuzz:
	FUZZ_SECONDS=$(FUZZ_SECONDS) CARGO=$(CARGO) fuzz/run.sh $(FUZZ_TARGETS)
