# Our library in the place of the system's, in a mount namespace; part of `abi`.

.PHONY: replace

replace: lib
	c-tests/demo/setup.sh test
	c-tests/replace/replace.sh
