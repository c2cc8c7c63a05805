# The two commands of the README, and the checks of form.

.PHONY: demo demo-all test check

# Debian's programs on the embedded device, one table; demo-all: three users, two ways of loading.
demo: lib
	c-tests/demo/setup.sh demo
	c-tests/demo/demo.sh $(DEMO_ARGS)

demo-all: lib
	c-tests/demo/setup.sh demo
	c-tests/demo/demo.sh --all

# Everything that must hold; PARTS="unit demo" runs some of it.
test:
	c-tests/demo/setup.sh test
	c-tests/test.sh $(PARTS)

check:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
