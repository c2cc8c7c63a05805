/*
 * Looks names up in a library as programs do by hand: each line of the input is a name and a
 * version node; the output tells whether the pair is there and whether the name without a version
 * is the same thing.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	char name[256], node[64];

	if (!library)
		return fprintf(stderr, "%s\n", dlerror()), 1;
	while (scanf("%255s %63s", name, node) == 2) {
		void *versioned, *plain;
		int found, is_default;

		dlerror();
		versioned = dlvsym(library, name, node);
		/* A version node is a symbol whose value is 0. */
		found = !dlerror();
		plain = dlsym(library, name);
		is_default = !dlerror() && found && plain == versioned;
		printf("%s %s %s%s\n", name, node, found ? "found" : "missing",
		       is_default ? " default" : "");
	}
	return 0;
}
