# Targets on the C headers; included by the Makefile.

.PHONY: headers check-headers test-headers

HEADERS_TOOL = $(CARGO) run --quiet --features headers --example headers --target-dir $(TARGET_DIR) --

# Write include/infiniband/*.h from src/abi and include/gen.
headers:
	$(HEADERS_TOOL) write
	python3 c-tests/layout/asserts.py rust

# Fail if the committed headers, or the asserts of src/abi, are not what would be written.
check-headers:
	$(HEADERS_TOOL) check
	python3 c-tests/layout/asserts.py rust --check

# Compile the headers: alone, in C and C++, and against the measured layout.
test-headers:
	sh c-tests/layout/run.sh include
