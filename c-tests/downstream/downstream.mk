# Programs of others, built against what `make install` installs; PROJECTS="perftest" builds some.

.PHONY: downstream

downstream: lib
	c-tests/demo/setup.sh test
	c-tests/downstream/run.sh $(PROJECTS)
