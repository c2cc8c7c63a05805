#include <infiniband/verbs.h>
#include <linux/types.h>
#include <stdint.h>
