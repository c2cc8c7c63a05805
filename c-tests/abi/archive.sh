#!/bin/bash
# The static library: it has each default of the table under its plain name and no version, and a
# program that uses the headers links with it, dynamically to the C library and statically, as C and
# as C++, and runs.
# usage: archive.sh ARCHIVE TABLE
set -u
archive=$1 table=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

result() { # STATUS NAME
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok abi/archive/$2"
        head -n 30 "$work/out"
    fi
}

nm -g --defined-only "$archive" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$work/have"
awk -F'\t' '$3 == "@@" && $4 != "node" { print $1 }' <(tail -n +2 "$table") | sort >"$work/want"
comm -13 "$work/have" "$work/want" >"$work/out"
result "$(wc -l <"$work/out")" names
# What verbs.h refers to in programs that name their providers.
printf '%s\n' ibv_static_providers verbs_provider_all verbs_provider_none |
    sort -o "$work/want" - "$work/want"
grep -E '@|^(ibv_|_ibv_|verbs_|_verbs_|__verbs_)' "$work/have" | comm -23 - "$work/want" >"$work/out"
result "$(wc -l <"$work/out")" "no other names"

cat >"$work/user.c" <<'C'
#include <infiniband/verbs.h>
#include <stdio.h>
int main(void)
{
	int count = -1, inlines = 0;
	struct ibv_device **list = ibv_get_device_list(&count);
	struct ibv_context *context = list && count > 0 ? ibv_open_device(list[0]) : NULL;
	struct ibv_device_attr_ex attr;
	struct ibv_port_attr port;
	if (context) {
		inlines = ibv_query_device_ex(context, NULL, &attr) || ibv_query_port(context, 1, &port);
		ibv_close_device(context);
	}
	if (list)
		ibv_free_device_list(list);
	printf("%d %s\n", count, ibv_wc_status_str(IBV_WC_SUCCESS));
	return !context || inlines;
}
C
static_c="-static"
if ! echo 'int main(void) { return 0; }' | "${CC:-cc}" -x c -static -o "$work/try" - 2>/dev/null; then
    echo "skip abi/archive/static: no static C library"
    skipped=$((skipped + 1)) static_c=
fi
# C11 is the C of the headers' users, C++ calls what it links with by C names.
for how in "${CC:-cc} -x c|-lgcc_s" "${CXX:-c++} -x c++|-lgcc_s" \
    ${static_c:+"${CC:-cc} -static -x c|-lgcc_eh -lgcc -lc"}; do
    compiler=${how%|*} libraries=${how#*|} name=${how%% -x*}
    # shellcheck disable=SC2086  # words
    $compiler -Wall -Wextra -Werror -Iinclude -o "$work/user" "$work/user.c" -x none "$archive" \
        -lpthread -ldl $libraries >"$work/out" 2>&1
    status=$?
    # The linker warns that getaddrinfo and dlopen of a static program need the same C library.
    result "$status" "$name links"
    [ $status = 0 ] || continue
    VERBIUM_NIC=on timeout 60 "$work/user" >"$work/out" 2>&1
    result $? "$name runs"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
