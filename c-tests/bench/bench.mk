# Speed: ours beside the peers'. See bench.py for what is measured and how.

.PHONY: bench bench-check bench-setup

bench: lib bench-setup
	python3 c-tests/bench/bench.py

bench-check: lib bench-setup
	python3 c-tests/bench/bench.py --check

# The packages come first: the peer is compiled against one of them.
bench-setup:
	c-tests/demo/setup.sh bench
	python3 -m doctest c-tests/bench/pairs.py
	@$(MAKE) --no-print-directory build/bench/fabric_peer

build/bench/fabric_peer: c-tests/bench/fabric_peer.c
	@mkdir -p build/bench
	$(CC) -O2 -Wall -Wextra -Ibuild/deb/usr/include -o $@ $< \
	  $(addprefix -L,$(wildcard build/deb/usr/lib/*-linux-gnu)) -Wl,--allow-shlib-undefined -lfabric
