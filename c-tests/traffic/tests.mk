# C tests; included by the Makefile at the top, which has the target `lib`.
# Targets: c-tests, c-tests-valgrind, c-tests-programs.

CTESTS_CC ?= $(or $(CC),cc)
CTESTS_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror \
	$(if $(wildcard include/infiniband/verbs.h),-Iinclude) -Ic-tests/traffic
CTESTS_LDLIBS := $(if $(wildcard build/lib/libibverbs.so),-Lbuild/lib) -libverbs -lpthread -ldl
CTESTS_OBJECTS := build/c-tests/obj/harness.o build/c-tests/obj/nic.o build/c-tests/obj/echo.o
CTESTS_SOURCES := $(filter-out %/harness.c %/nic.c %/echo.c, \
	$(wildcard c-tests/traffic/*.c c-tests/verbs/*.c c-tests/null/*.c c-tests/compat/*.c \
	c-tests/vendor/*.c))
CTESTS_PROGRAMS := $(patsubst %.c,build/c-tests/%,$(notdir $(CTESTS_SOURCES)))

vpath %.c c-tests/traffic c-tests/verbs c-tests/null c-tests/compat c-tests/vendor

build/c-tests/obj/%.o: %.c $(wildcard c-tests/*/*.h include/infiniband/*.h)
	@mkdir -p $(@D)
	$(CTESTS_CC) $(CTESTS_CFLAGS) -c $< -o $@

build/c-tests/%: build/c-tests/obj/%.o $(CTESTS_OBJECTS)
	$(CTESTS_CC) $(LDFLAGS) $^ -o $@ $(CTESTS_LDLIBS)

# A program of libibverbs 1.0, so without the objects that use today's headers.
build/c-tests/compat: build/c-tests/obj/compat.o build/c-tests/obj/harness.o
	$(CTESTS_CC) $(LDFLAGS) $^ -o $@ $(CTESTS_LDLIBS)

.PRECIOUS: build/c-tests/obj/%.o
.PHONY: c-tests c-tests-valgrind c-tests-programs

c-tests-programs: $(CTESTS_PROGRAMS)

c-tests: lib
	$(MAKE) --no-print-directory c-tests-programs
	c-tests/run $(CTESTS_ARGS)

c-tests-valgrind: lib
	$(MAKE) --no-print-directory c-tests-programs
	c-tests/run --valgrind $(CTESTS_ARGS)
