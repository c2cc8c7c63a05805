#include <linux/types.h>
#include <stdint.h>
